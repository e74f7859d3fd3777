import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../../detectors/detector.ts'
import { Failure } from '../../../schemas/failure.ts'
import { blankInteraction, type Interaction } from '../../../schemas/interaction.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import type { History, HistoryRange } from '../../../schemas/ports.ts'
import { WORKER_DEFAULTS, type WarmUpProgress, type WorkerTelemetry } from '../contracts.ts'
import { Maintenance, type MaintenanceWindow } from '../maintenance/maintenance.ts'
import { homeOf } from '../route.ts'
import { type Wanted, WarmUp } from './warm-up.ts'

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
const START = 1_795_000_000n * SECOND
const RULE = {
  version: 1, title: '', description: '', severity: 'high', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [],
  maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
} as const

interface Sum {
  calls: number
  learnt: number
}
/** Counts calls of each actor, and says so at each; every second call is told to the lore of all. */
const counting: Detector<object, Sum> = {
  rule: { ...RULE, id: 'counting' },
  keysOf: ({ actor }) => [`actor:${actor}`, 'all'],
  begin: () => ({ calls: 0, learnt: 0 }),
  step(state, { tool }) {
    if (tool === 'bad') throw new TypeError('stranger')
    state.calls++
    return [{ about: [String(state.calls)], severity: 'high', title: 't', observed: 'o', expected: 'e', reasons: [] }]
  },
  lore: (key) => (key === 'all' ? '' : 'peers'),
  lesson: ({ calls }) => (calls % 2 === 0 ? 1 : 0),
  learn: (lore, lesson) => { lore.learnt += lesson },
}
const alone: Detector<object, Sum> = { rule: { ...RULE, id: 'alone' }, keysOf: ({ actor }) => [`actor:${actor}`], homeOf: (key) => `beside ${key}`, begin: () => ({ calls: 0, learnt: 0 }), step: (state) => { state.calls++; return [] } }
const armed = [arm(counting, {}), arm(alone, {})] as const

const call = (n: number, change: Partial<Interaction> = {}): Interaction => {
  const at = START + BigInt(n) * SECOND
  return { ...blankInteraction(), interaction_id: `i${n}`, version: 3, tenant: 'acme', actor: `a${n % 7}`, started_at: at, ended_at: at, sort_at: at, received_at: at, ...change }
}

function rig(pages: (range: HistoryRange) => AsyncIterable<readonly Interaction[]>, change: { partitions?: number; attempts?: number; windows?: MaintenanceWindow[] } = {}) {
  const { partitions = 1, attempts = 3 } = change
  const said: WarmUpProgress[] = []
  const ranges: HistoryRange[] = []
  const history: History = { interactions: (range) => { ranges.push(range); return pages(range) } }
  const config = { ...WORKER_DEFAULTS, partitions, recentInteractions: 5, warmUp: { days: 10, maxInteractions: 100, marginSeconds: 0, attempts } }
  const telemetry = { warmedUp: (progress: WarmUpProgress) => said.push(progress) } as unknown as WorkerTelemetry
  const keyedHash = { of: (_tenant: string, _purpose: string, text: string) => text }
  const warmUp = new WarmUp({ config, armed, maintenance: new Maintenance(change.windows ?? []), ports: { history, telemetry, keyedHash } })
  const warm = (partition: number, wanted: Partial<Wanted> = {}) =>
    warmUp.warm({ partition, detectors: new Set(['counting', 'alone']), until: START + DAY, resets: [], signal: new AbortController().signal, ...wanted })
  return { warm, said, ranges }
}
const inPages = (all: readonly Interaction[], size: number) => async function* (): AsyncGenerator<readonly Interaction[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
}

it('folds the past and says nothing of it, remembers what it has judged, and counts failures of detectors', async () => {
  const { warm, said, ranges } = rig(inPages([...Array.from({ length: 10 }, (_, n) => call(n)), call(10, { tool: 'bad' })], 4))
  const warmed = await warm(0)
  expect(ranges).toEqual([{ since: START - 9n * DAY, until: START + DAY, maxRows: 100 }])
  expect(warmed?.state.keys.get('counting')?.peek('acme', 'all')).toEqual({ calls: 10, learnt: 0 })
  expect(warmed?.state.keys.get('counting')?.peek('acme', 'actor:a1')).toEqual({ calls: 2, learnt: 0 })
  expect(warmed?.state.keys.get('counting')?.peek('acme', 'peers')).toEqual({ calls: 0, learnt: 3 })
  expect(warmed?.state.watermark).toBe(START + 10n * SECOND)
  expect(warmed?.judged).toEqual(['i6.1', 'i7.1', 'i8.1', 'i9.1', 'i10.1'])
  expect(said.map(({ stage }) => stage)).toEqual(['begun', 'done'])
  expect(said[1]).toMatchObject({ interactions: 11, suppressed: 20, defects: 1, detectors: ['counting', 'alone'], partitions: [0], reached: START + 10n * SECOND })
})

it('deals the same states out to partitions as one partition would have, and to each its own copy of what all know', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 60 })), fc.integer({ min: 2, max: 6 }), async (numbers, partitions) => {
    const all = [...new Set(numbers)].sort((a, b) => a - b).map((n) => call(n))
    const whole = await rig(inPages(all, 9)).warm(0)
    const parts = rig(inPages(all, 7), { partitions })
    const dealt = await Promise.all(Array.from({ length: partitions }, (_, partition) => parts.warm(partition)))
    // One for the first who came, one for all who came meanwhile.
    expect(parts.ranges.length).toBeLessThanOrEqual(2)
    for (const detector of armed) {
      const { id } = detector.rule
      const held = dealt.map((one) => one?.state.keys.get(id)?.entries() ?? [])
      const own = held.map((entries, partition) => entries.filter(([tenant, key]) => key !== 'peers' && partitionOf(homeOf(tenant, { detector, key }), partitions) === partition))
      const expected = (whole?.state.keys.get(id)?.entries() ?? []).filter(([, key]) => key !== 'peers')
      expect(own.flat().map(([, key, state]) => [key, state]).toSorted()).toEqual(expected.map(([, key, state]) => [key, state]).toSorted())
      for (const [partition, entries] of held.entries()) expect(entries.length - (own[partition]?.length ?? 0)).toBeLessThanOrEqual(1)
    }
    const lore = dealt.map((one) => one?.state.keys.get('counting')?.peek('acme', 'peers'))
    expect(new Set(lore).size).toBe(lore[0] === undefined ? 1 : partitions)
    for (const one of lore) expect(one).toEqual(whole?.state.keys.get('counting')?.peek('acme', 'peers'))
  }), { numRuns: 60 })
})

it('reads up to the earliest end of those who share a pass, and learns only for detectors that were asked for', async () => {
  const { warm, ranges } = rig(inPages([call(1)], 9), { partitions: 3 })
  const first = warm(0)
  const [, second] = await Promise.all([first, warm(1, { until: START + 5n * SECOND, detectors: new Set(['alone']) }), warm(2, { until: START + 9n * SECOND, detectors: new Set(['alone']) })])
  expect(ranges.map(({ until }) => until)).toEqual([START + DAY, START + 5n * SECOND])
  expect([...(second?.state.keys.keys() ?? [])]).toEqual(['alone'])
})

it('is asked again while the archive is away, and begins with nothing after so many times or for another reason', async () => {
  const away = rig(async function* () { throw new Failure('unavailable', 'store.query', 'away') }, { attempts: 3 })
  await expect(away.warm(0)).rejects.toMatchObject({ kind: 'unavailable' })
  await expect(away.warm(0)).rejects.toMatchObject({ kind: 'unavailable' })
  expect(await away.warm(0)).toBeUndefined()
  expect(away.said.at(-1)).toMatchObject({ stage: 'failed', cause: 'store.query' })
  const broken = rig(async function* () { throw new RangeError('stranger') })
  expect(await broken.warm(0)).toBeUndefined()
  expect(broken.said.at(-1)).toMatchObject({ stage: 'failed', cause: 'RangeError' })
})

it('forgets on the way what was to be forgotten, and learns nothing of planned work', async () => {
  const reset = { kind: 'reset', id: 'r', at: START + 14n * SECOND, tenant: 'acme', actor: 'a1', server: '', tool: '', detector: 'counting' } as const
  const windows: MaintenanceWindow[] = [{ reason: 'r', owner: '', when: { from: START, to: START + 5n * SECOND }, match: { actor: ['a2'] }, learn: false }]
  const { warm } = rig(inPages(Array.from({ length: 21 }, (_, n) => call(n)), 4), { windows })
  const warmed = await warm(0, { resets: [reset] })
  const calls = (detector: string, actor: string): unknown => warmed?.state.keys.get(detector)?.peek('acme', `actor:${actor}`)
  expect([calls('counting', 'a1'), calls('alone', 'a1'), calls('counting', 'a3')]).toEqual([{ calls: 1, learnt: 0 }, { calls: 3, learnt: 0 }, { calls: 3, learnt: 0 }])
  expect([calls('counting', 'a2'), calls('alone', 'a2')]).toEqual([{ calls: 2, learnt: 0 }, { calls: 2, learnt: 0 }])
  expect(warmed?.state.resets).toEqual([reset])
})

it('lets a partition go at once that goes elsewhere, and ends when all have', async () => {
  let pages = 0
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => { end = resolve })
  const { warm } = rig(async function* () {
    try {
      for (let n = 0; ; n++) {
        pages++
        yield [call(n)]
      }
    } finally {
      end()
    }
  })
  const controller = new AbortController()
  const warming = warm(0, { signal: controller.signal })
  controller.abort()
  await expect(warming).rejects.toMatchObject({ kind: 'unavailable', code: 'worker.warm_up_left' })
  await ended
  expect(pages).toBeGreaterThan(0)
})
