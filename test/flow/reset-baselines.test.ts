/** An administrator's order reaches the states of an actor wherever they live, is saved, and is shown in what a process tells of them. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../detectors/detector.ts'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { Bus, Snapshot, Snapshots } from '../../schemas/ports.ts'
import { interactions } from '../../schemas/topics.ts'
import { apiRig } from '../api/rig.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../../services/worker/contracts.ts'
import { createWorker, type WorkerService } from '../../services/worker/service.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-resets-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const counting: Detector<object, { calls: number }> = {
  rule: { id: 'counting', version: 1, title: '', description: '', severity: 'low', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [],
    maps: { owaspMcp2025: [], atlas5: [], attack19: [] } },
  keysOf: ({ actor, tool }) => [`actor:${actor}`, `both:${actor}:${tool}`, `tool:${tool}`],
  begin: () => ({ calls: 0 }),
  step(state) {
    state.calls++
    return []
  },
}
const call = (n: number, actor: string): Interaction => {
  const at = 1_795_003_200_000_000_000n + BigInt(n) * 1_000_000_000n
  return { ...blankInteraction(), interaction_id: `${actor}${n}`, tenant: 'acme', actor, server: 'files', tool: `tool-${n % 5}`, started_at: at, ended_at: at, received_at: at }
}
const nothing = (): void => undefined
const telemetry: WorkerTelemetry = {
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, detectorFailed: nothing, recordUndecodable: nothing, snapshotSaved: nothing,
  snapshotIgnored: nothing, statesReset: nothing, gapSeen: nothing, warmedUp: nothing, subscriptionFailed: (_topic, error) => { throw error },
}

async function caughtUp(bus: Bus): Promise<void> {
  for (;;) {
    const lag = (await bus.lag()).filter(({ group }) => group.startsWith('worker'))
    if (lag.length > 0 && lag.every(({ committed, end }) => committed === end)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function memory(): Snapshots {
  const kept = new Map<string, Snapshot>()
  return { load: async (name) => kept.get(name), save: async (name, snapshot) => void kept.set(name, snapshot) }
}

it.each([1, 4])('on %i partitions', async (partitions) => {
  const bus = await openEmbeddedLog({ directory: join(directory, randomUUID()), partitions, clock: { now: () => 0n } })
  const snapshots = memory()
  const open = async (): Promise<WorkerService> => {
    const worker = createWorker({ ...WORKER_DEFAULTS, partitions }, [arm(counting, {})], { bus, snapshots, keyedHash: { of: (_t, _p, text) => text }, telemetry })
    await worker.start()
    return worker
  }
  const give = async (...some: readonly Interaction[]): Promise<void> => {
    await bus.publish(interactions, some.map((record) => ({ key: record.actor, record })))
    await caughtUp(bus)
  }
  const keysOf = async ({ held }: WorkerService, actor: string): Promise<string[]> => {
    const { body } = await apiRig({ bus, baselines: { detectors: ['counting'], partitions, held } }).ask('GET', '/api/v1/baselines', { query: `tenant=acme&actor=${actor}` })
    return (body as { kept: { key: string }[] }).kept.map(({ key }) => key).toSorted()
  }

  const first = await open()
  await give(...Array.from({ length: 10 }, (_, n) => [call(n, 'ann'), call(n, 'bob')]).flat())
  const ann = ['actor:ann', ...Array.from({ length: 5 }, (_, n) => `both:ann:tool-${n}`)]
  expect(await keysOf(first, 'ann')).toEqual(ann)

  const { ask } = apiRig({ bus, baselines: { detectors: ['counting'], partitions, held: undefined } })
  expect((await ask('POST', '/api/v1/baselines/reset', { body: { tenant: 'acme', actor: 'ann', reason: 'another job' } })).status).toBe(202)
  await caughtUp(bus)
  expect(await keysOf(first, 'ann')).toEqual([])
  expect(await keysOf(first, 'bob')).toHaveLength(6)
  await give(call(20, 'ann'))
  await first.stop()

  const second = await open()
  await give(call(21, 'bob'))
  expect(await keysOf(second, 'ann')).toEqual(['actor:ann', 'both:ann:tool-0'])
  await second.stop()
  await bus.close()
})
