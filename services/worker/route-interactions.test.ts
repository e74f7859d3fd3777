import { expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../detectors/detector.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import type { WrittenInteraction } from '../../schemas/interaction-codec.ts'
import type { Envelope, Keyed, SubscribeOptions } from '../../schemas/ports.ts'
import { findings, type Topic } from '../../schemas/topics.ts'
import { WORKER_DEFAULTS, type WorkerParts, type WorkerTelemetry } from './contracts.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import { routeInteractions } from './route-interactions.ts'

const shouter: Detector<object, null> = {
  rule: {
    id: 'shouter', version: 1, title: '', description: '', severity: 'low', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [],
    maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
  },
  review: ({ tool, trace_id }) => (tool === 'rm' ? [{ about: [trace_id], severity: 'low', title: 't', observed: 'o', expected: 'e', reasons: [] }] : []),
}
const envelope = (partition: number, offset: number, tool: string): Envelope<WrittenInteraction> => {
  const id = `${partition}${offset}`.padStart(32, '0')
  const interaction = { ...blankInteraction(), tenant: 'acme', actor: `a${partition}`, trace_id: `t${partition}`, tool, interaction_id: id }
  return { partition, offset, records: [{ interaction, bytes: undefined }] }
}
const nothing = (): void => undefined
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('what one partition says does not go with what another has just written', async () => {
  const said: Finding[] = []
  const answers: (() => void)[] = []
  let options: SubscribeOptions<WrittenInteraction> | undefined
  const bus = {
    async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]) {
      if (topic.name !== findings.name) return
      await new Promise<void>((resolve) => answers.push(resolve))
      said.push(...batch.map(({ record }) => record as Finding))
    },
    broadcast: async () => undefined,
    async subscribe<T>(_: Topic<T>, given: SubscribeOptions<T>) {
      options = given as unknown as SubscribeOptions<WrittenInteraction>
      return { commit: async () => undefined, stop: async () => undefined }
    },
  }
  const telemetry = { recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing } as unknown as WorkerTelemetry
  const parts: WorkerParts = {
    config: { ...WORKER_DEFAULTS, partitions: 2 }, armed: [arm(shouter, {})], maintenance: new Maintenance([]), failed: nothing,
    ports: { bus, telemetry, keyedHash: { of: (_tenant, _purpose, text) => text }, snapshots: { load: async () => undefined, save: async () => undefined } },
  }
  await routeInteractions(parts)
  const give = (...envelopes: Envelope<WrittenInteraction>[]): Promise<void> => options!.handle(envelopes, new AbortController().signal)
  const first = give(envelope(0, 0, 'rm'))
  await turn()
  const second = give(envelope(1, 0, 'rm'), envelope(1, 1, 'ls'))
  // The other's answer comes between its two envelopes.
  for (let i = 0; i < 5; i++) await Promise.resolve()
  answers.shift()!()
  await first
  for (let i = 0; i < 10; i++) await turn()
  answers.shift()?.()
  await second
  expect(said.map(({ trace_id }) => trace_id)).toEqual(['t0', 't1'])
})
