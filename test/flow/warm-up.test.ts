/** State that is lost is learned again from the archive: what is said afterwards is what would have been said, on one partition and on four. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../detectors/detector.ts'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { Bus, History, Snapshot, Snapshots } from '../../schemas/ports.ts'
import { findings, interactions } from '../../schemas/topics.ts'
import { WORKER_DEFAULTS, type WarmUpProgress, type WorkerTelemetry } from '../../services/worker/contracts.ts'
import { createWorker } from '../../services/worker/service.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-warm-up-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const MINUTE = 60_000_000_000n
const START = 1_795_003_200_000_000_000n
const RULE = {
  version: 1, title: '', description: '', severity: 'low', params: z.strictObject({ name: z.string().default('') }), needs: [], blindSpots: [], benign: [], runbook: [],
  maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
} as const
/** Says at every fifth call of a tool how often it and all others were called: one interaction too many or too few shows in all that follows. */
const counting: Detector<{ name: string }, { calls: number; bytes: number }> = {
  rule: { ...RULE, id: 'counting' },
  keysOf: ({ tool, actor }) => [`tool:${tool}`, `actor:${actor}`],
  begin: () => ({ calls: 0, bytes: 0 }),
  step(state, { arguments_bytes: bytes }, key) {
    state.calls++
    state.bytes += Number(bytes)
    return state.calls % 5 === 0 ? [{ about: [key, String(state.calls), String(state.bytes)], severity: 'low', title: 't', observed: 'o', expected: 'e', reasons: [] }] : []
  },
}
const newcomer: typeof counting = { ...counting, rule: { ...RULE, id: 'newcomer' } }
const armed = [arm(counting, {})]
/** All interactions lie in one partition, so that they are routed in order; their keys live in all. */
const ONE_PLACE = 'acme'

const all: readonly Interaction[] = Array.from({ length: 600 }, (_, n) => {
  const at = START + BigInt(n) * MINUTE
  return {
    ...blankInteraction(), interaction_id: n.toString(16).padStart(32, '0'), tenant: 'acme', actor: `actor-${n % 11}`, tool: `tool-${n % 7}`, arguments_bytes: BigInt(n * n % 97),
    started_at: at, ended_at: at, sort_at: at, received_at: at,
  }
})
/** Everything is archived already, also what no worker has judged. */
const archive = (asked: Interaction[][] = []): History => ({
  async* interactions({ since, until }) {
    const page = all.filter(({ sort_at: at, received_at: received }) => at >= since && received < until)
    asked.push(page)
    yield page
  },
})
const nothing = (): void => undefined
const telemetry = (warmed: WarmUpProgress[]): WorkerTelemetry => ({
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, detectorFailed: nothing, recordUndecodable: nothing,
  snapshotSaved: nothing, snapshotIgnored: nothing, gapSeen: nothing, statesReset: nothing, warmedUp: (progress) => warmed.push(progress), subscriptionFailed: (_topic, error) => { throw error },
})
const keyedHash = { of: (_tenant: string, _purpose: string, text: string) => text }
function memory(): Snapshots {
  const kept = new Map<string, Snapshot>()
  return { load: async (name) => kept.get(name), save: async (name, snapshot) => void kept.set(name, snapshot) }
}

async function caughtUp(bus: Bus): Promise<void> {
  for (;;) {
    const lag = (await bus.lag()).filter(({ group }) => group.startsWith('worker'))
    if (lag.length > 0 && lag.every(({ committed, end }) => committed === end)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

interface Run {
  readonly partitions: number
  readonly history?: History
  /** Numbers of interactions before which the worker is stopped; `keeps`: its state is not lost. */
  readonly stops: readonly number[]
  readonly keeps?: boolean
  readonly marginSeconds?: number
  /** Detectors from the first stop on. */
  readonly later?: typeof armed
}

async function said({ partitions, history, stops, keeps = false, marginSeconds = 0, later = armed }: Run) {
  const bus = await openEmbeddedLog({ directory: join(directory, randomUUID()), partitions, clock: { now: () => START } })
  const told: Finding[] = []
  await bus.subscribe(findings, {
    group: 'test', gap: async () => undefined, failed: (error) => { throw error },
    async handle(envelopes) {
      for (const { records } of envelopes) told.push(...records)
    },
  })
  const warmed: WarmUpProgress[] = []
  let snapshots = memory()
  for (const [turn, from] of [0, ...stops].entries()) {
    const config = { ...WORKER_DEFAULTS, partitions, warmUp: { ...WORKER_DEFAULTS.warmUp, marginSeconds } }
    const worker = createWorker(config, turn === 0 ? armed : later, { bus, snapshots, keyedHash, telemetry: telemetry(warmed), history })
    await worker.start()
    const to = stops[turn] ?? all.length
    for (let at = from; at < to; at += 20) await bus.publish(interactions, all.slice(at, Math.min(at + 20, to)).map((record) => ({ key: ONE_PLACE, record })))
    await caughtUp(bus)
    await worker.stop()
    if (!keeps) snapshots = memory()
  }
  await bus.close()
  const of = (detector: string): Finding[] => told.filter((one) => one.detector === detector)
  return { all: of('counting').map(({ finding_id: id }) => id).toSorted(), old: of('counting'), new: of('newcomer'), warmed }
}

describe.each([1, 4])('on %i partitions', (partitions) => {
  it('goes on as if no state had been lost, and learns nothing twice that was archived before it was judged', async () => {
    const whole = await said({ partitions, stops: [] })
    expect(whole.all.length).toBeGreaterThan(150)
    const lost = await said({ partitions, stops: [200, 420], history: archive() })
    expect(lost.all).toEqual(whole.all)
    expect(lost.warmed.filter(({ stage }) => stage === 'done').length).toBeGreaterThanOrEqual(3)
    expect((await said({ partitions, stops: [200, 420] })).all).not.toEqual(whole.all)
  })

  it('learns nothing of the time in which what is still to come may have been received', async () => {
    const asked: Interaction[][] = []
    await said({ partitions, stops: [400], history: archive(asked), marginSeconds: 1_800 })
    const learned = asked.at(-1) ?? []
    expect(learned.length).toBeGreaterThan(300)
    expect(learned.length).toBeLessThanOrEqual(400 - 30)
  })

  it('lets a new detector learn, and leaves the states of the others as they are', async () => {
    const whole = await said({ partitions, stops: [] })
    const more = await said({ partitions, stops: [300], keeps: true, history: archive(), later: [...armed, arm(newcomer, {})] })
    expect(more.all).toEqual(whole.all)
    // Of the same interactions as the other, from the 300th on.
    const aboutLater = (some: readonly Finding[]): string[] => some.filter(({ created_at: at }) => at >= START + 300n * MINUTE).map(({ interaction_id: id }) => id).toSorted()
    expect(more.new.map(({ interaction_id: id }) => id).toSorted()).toEqual(aboutLater(whole.old))
    expect(more.warmed.filter(({ stage, detectors }) => stage === 'done' && detectors.join() === 'newcomer').length).toBeGreaterThanOrEqual(1)
  })
})
