/** Detectors on a bus of several partitions: all of one key meet, so that they say what they say on one. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { arm } from '../../detectors/detector.ts'
import { unusualVolume } from '../../detectors/unusual-volume/detector.ts'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { Bus, Snapshots } from '../../schemas/ports.ts'
import { decodeSteps, encodeSteps } from '../../schemas/step.ts'
import { findings, interactions } from '../../schemas/topics.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../../services/worker/contracts.ts'
import { createWorker } from '../../services/worker/service.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-rekeyed-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const HOUR = 3_600_000_000_000n
const START = 1_795_003_200_000_000_000n

/** Many actors, each little, who all use one token; on the last day the token is used forty times as much. */
function traffic(): Interaction[] {
  const made: Interaction[] = []
  const use = (actor: number, at: bigint): void => {
    made.push({
      ...blankInteraction(), interaction_id: made.length.toString(16).padStart(32, '0'), tenant: 'acme', method: 'tools/call', actor: `actor-${actor}`, actor_kind: 'client',
      token_fingerprint: 'shared', server: 'files', tool: 'read_file', started_at: at, ended_at: at, received_at: at, sort_at: at, trace_id: `t${made.length}`,
    })
  }
  for (let hour = 0n; hour < 40n; hour++) for (let actor = 0; actor < 25; actor++) use(actor, START + hour * HOUR + BigInt(actor) * 1_000_000_000n)
  for (let actor = 0; actor < 1_000; actor++) use(actor, START + 41n * HOUR + BigInt(actor) * 1_000_000_000n)
  return made
}

const nothing = (): void => undefined
const telemetry: WorkerTelemetry = {
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, detectorFailed: nothing,
  recordUndecodable: nothing, snapshotSaved: nothing, snapshotIgnored: nothing, gapSeen: nothing, warmedUp: nothing, statesReset: nothing, subscriptionFailed: (_topic, error) => { throw error },
}
const memory = (): Snapshots => ({ load: async () => undefined, save: async () => undefined })
const keyedHash = { of: (_tenant: string, _purpose: string, text: string) => text }

async function until(bus: Bus, done: () => boolean): Promise<void> {
  for (;;) {
    const lag = await bus.lag()
    if (done() && lag.length > 0 && lag.every(({ committed, end }) => committed === end)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function found(partitions: number, workers: number, all: readonly Interaction[] = traffic()): Promise<Finding[]> {
  const clock = { now: () => START }
  const bus = await openEmbeddedLog({ directory: join(directory, randomUUID()), partitions, clock })
  const running = Array.from({ length: workers }, () =>
    createWorker({ ...WORKER_DEFAULTS, partitions }, [arm(unusualVolume, {})], { bus, snapshots: memory(), keyedHash, telemetry }))
  for (const worker of running) await worker.start()
  for (let from = 0; from < all.length; from += 100) {
    await bus.publish(interactions, all.slice(from, from + 100).map((record) => ({ key: `${record.tenant}\u0000${record.actor}`, record })))
  }
  const said: Finding[] = []
  await bus.subscribe(findings, {
    group: 'test', async handle(envelopes) {
      for (const { records } of envelopes) said.push(...records)
    }, gap: async () => undefined, failed: (error) => { throw error },
  })
  await until({ ...bus, lag: async () => (await bus.lag()).filter(({ group }) => group.startsWith('worker')) } as Bus, () => said.length > 0)
  for (const worker of running) await worker.stop()
  await bus.close()
  return said
}

/** Between actors there is no order, so the minute in which a limit was passed may differ. */
const told = (some: readonly Finding[]): string[] => [...new Set(some.map(({ finding_id: id, observed }) => `${id} ${observed.split(' in ')[0]}`))].sort()

describe('a key that many actors share', () => {
  it('is counted as one on four partitions, by one worker and by three', async () => {
    const one = told(await found(1, 1))
    expect(one.join()).toMatch(/calls/)
    expect(told(await found(4, 1))).toEqual(one)
    expect(told(await found(4, 3))).toEqual(one)
  })
})

/** Six actors who have worked for a day, and then one whom nobody knows, in an hour that is ten times theirs. */
function newcomer(): Interaction[] {
  const made: Interaction[] = []
  const work = (actor: string, hour: number, calls: number): void => {
    for (let i = 0; i < calls; i++) {
      const at = START + BigInt(hour) * HOUR + (BigInt(i) * HOUR) / BigInt(calls)
      made.push({
        ...blankInteraction(), interaction_id: made.length.toString(16).padStart(32, '0'), tenant: 'acme', actor, actor_kind: 'client', method: 'tools/call',
        started_at: at, ended_at: at, received_at: at, sort_at: at, trace_id: `t${made.length}`,
      })
    }
  }
  for (let hour = 0; hour < 9; hour++) for (let actor = 0; actor < 6; actor++) work(`peer-${actor}`, hour, 40 + actor)
  work('new', 40, 900)
  return made
}

describe('a newcomer', () => {
  it('is measured by all the peers of the tenant, wherever their states are', async () => {
    const one = await found(1, 1, newcomer())
    expect(one.map(({ actor, reasons }) => [actor, /its peers/.test(reasons[0] ?? '')])).toEqual([['new', true]])
    expect(told(await found(4, 1, newcomer()))).toEqual(told(one))
    expect(told(await found(4, 3, newcomer()))).toEqual(told(one))
  })
})

describe('envelopes of steps', () => {
  it('give back what they were given, and refuse what is cut or continued', () => {
    const some = traffic().slice(0, 3).map((interaction) => ({ interaction, keys: [{ detector: 'unusual-volume', key: 'token:shared' }, { detector: 'x', key: '' }], lessons: [{ detector: 'unusual-volume', key: 'peers:token', lesson: 12_345_678_901 }],
      notices: [{ kind: 'reset' as const, id: 'n1', at: START, tenant: 'acme', actor: 'ann', server: '', tool: '', detector: '' }] }))
    const bytes = encodeSteps(some)
    expect(decodeSteps(bytes)).toEqual(some)
    expect(() => decodeSteps(bytes.subarray(0, -1))).toThrow(RangeError)
    expect(() => decodeSteps(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(RangeError)
  })
})
