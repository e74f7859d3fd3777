import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../detectors/detector.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { Keyed, Publisher } from '../../schemas/ports.ts'
import type { Notice, Step } from '../../schemas/step.ts'
import type { Topic } from '../../schemas/topics.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from './contracts.ts'
import { DefectGuard } from './defects.ts'
import { emptyFold, Fold, type FoldState } from './fold.ts'
import { Maintenance, type MaintenanceWindow } from './maintenance/maintenance.ts'
import { Outbox } from './outbox.ts'
import { Recent } from './recent.ts'
import { decodeFold, encodeFold } from './snapshot.ts'

const HOUR = 3_600_000_000_000n
const START = 1_795_003_200_000_000_000n
const RULE = {
  version: 1, title: '', description: '', severity: 'high', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [],
  maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
} as const
const said = (severity: Severity, ...about: string[]) => [{ about, severity, title: 't', observed: 'o', expected: 'e', reasons: ['first'] }]

/** Counts by actor, by server and by token; speaks of tool `bad`. */
const counting: Detector<object, { calls: number }> = {
  rule: { ...RULE, id: 'counting' },
  keysOf: ({ actor, server, token_fingerprint: token }) => [`actor:${actor}`, `server:${server}`, `token:${token}`],
  begin: () => ({ calls: 0 }),
  step(state, { tool, interaction_id: id }, key) {
    state.calls++
    return tool === 'bad' && key.startsWith('actor:') ? said('high', id) : tool === 'odd' ? said('low', id) : []
  },
}
/** Learns nothing while the actor is under doubt. */
const careful: Detector<object, { calls: number }> = {
  rule: { ...RULE, id: 'careful' }, keysOf: ({ actor }) => [actor], begin: () => ({ calls: 0 }),
  step(state, _interaction, _key, _params, tools) {
    if (tools.disputed?.() !== true) state.calls++
    return []
  },
}
const armed = [arm(counting, {}), arm(careful, {})]
let made = 0
const call = (hour: number, change: Partial<Interaction> = {}): Interaction => {
  const at = START + BigInt(Math.round(hour * 3_600)) * 1_000_000_000n
  return { ...blankInteraction(), interaction_id: `i${made++}`, tenant: 'acme', actor: 'ann', server: 'files', tool: 'read', token_fingerprint: 't1', started_at: at, ended_at: at, received_at: at, ...change }
}
const order = (change: Partial<Notice>): Notice => ({ kind: 'reset', id: 'r', at: START, tenant: 'acme', actor: '', server: '', tool: '', detector: '', ...change })

function rig({ windows = [], state = emptyFold(), teach }: { windows?: MaintenanceWindow[]; state?: FoldState; teach?: (step: Step) => void } = {}) {
  const nothing = (): void => undefined
  const resets: [string, number][] = []
  const telemetry = { keyEvicted: nothing, findingRepeated: nothing, findingPublished: nothing, detectorFailed: nothing, statesReset: (id: string, count: number) => resets.push([id, count]) } as unknown as WorkerTelemetry
  const maintenance = new Maintenance(windows)
  const outbox = new Outbox(new Recent(100), telemetry, maintenance)
  const fold = new Fold(state, { armed, config: WORKER_DEFAULTS, keyedHash: { of: (_t, _p, text) => text }, telemetry, maintenance, guard: new DefectGuard(5, telemetry), outbox, ...(teach === undefined ? {} : { teach }) })
  const place = { topic: 'interactions', partition: 0, offset: 0 }
  const findings: Finding[] = []
  const bus: Publisher = {
    async publish<T>(_topic: Topic<T>, batch: readonly Keyed<T>[]) {
      for (const { record } of batch) findings.push(record as unknown as Finding)
    },
    async broadcast() {},
  }
  return {
    state, fold, resets, findings,
    calls: (detector: string, key: string) => (state.keys.get(detector)?.peek('acme', key) as { calls: number } | undefined)?.calls,
    async give(...some: readonly Interaction[]) {
      for (const interaction of some) fold.apply({ interaction, keysFor: (detector) => detector.keysOf(interaction), reviews: true, lessons: [] }, place)
      await outbox.flush(bus)
    },
    heed: (...notices: readonly Notice[]) => fold.apply({ interaction: blankInteraction(), keysFor: () => [], reviews: false, lessons: [], notices }, place),
  }
}

describe('planned work', () => {
  const window: MaintenanceWindow = { reason: 'move', owner: 'ops', when: { from: START, to: START + HOUR }, match: { server: ['files'] }, learn: false }

  it('is judged and marked, and learned by no state, also none that is new', async () => {
    const { give, findings, calls } = rig({ windows: [window] })
    await give(call(-1), call(0.5, { tool: 'bad' }), call(0.5, { actor: 'bob' }), call(0.5, { server: 'mail', actor: 'eve' }), call(2, { tool: 'bad' }))
    expect(findings.map(({ severity, reasons }) => [severity, reasons[0]])).toEqual([['info', 'planned maintenance: move (ops); otherwise high'], ['high', 'first']])
    expect([calls('counting', 'actor:ann'), calls('counting', 'server:files'), calls('counting', 'actor:bob'), calls('counting', 'actor:eve')]).toEqual([2, 2, undefined, 1])
  })

  it('may be learned, or not by one detector', async () => {
    const lax = rig({ windows: [{ ...window, learn: true }] })
    await lax.give(call(0.5))
    expect(lax.calls('counting', 'actor:ann')).toBe(1)
    const some = rig({ windows: [{ ...window, match: { tenant: ['acme'], detector: ['careful'] } }] })
    await some.give(call(0.5))
    expect([some.calls('counting', 'actor:ann'), some.calls('careful', 'ann')]).toEqual([1, undefined])
  })
})

describe('an actor under doubt', () => {
  it('is one of whom something of weight was said, from then on, for twelve hours', async () => {
    const { give, calls } = rig()
    await give(call(0), call(1, { tool: 'odd' }), call(2), call(3, { tool: 'bad' }), call(4), call(5, { actor: 'bob' }), call(14.9))
    expect([calls('careful', 'ann'), calls('careful', 'bob')]).toEqual([4, 1])
    await give(call(15))
    expect(calls('careful', 'ann')).toBe(5)
  })

  it('is none in planned work, and is still one after a snapshot', async () => {
    const planned = rig({ windows: [{ reason: 'r', owner: '', when: { from: START, to: START + HOUR }, match: { tenant: ['acme'] }, learn: true }] })
    await planned.give(call(0.5, { tool: 'bad' }), call(2))
    expect(planned.calls('careful', 'ann')).toBe(2)
    const first = rig()
    await first.give(call(0, { tool: 'bad' }))
    const kept = decodeFold(await encodeFold(first.state, { findings: [], interactions: [] }, armed), armed, { maxKeys: 100, partitions: 1 })
    const second = rig({ state: kept.state })
    await second.give(call(1))
    expect(second.calls('careful', 'ann')).toBe(1)
  })

  it('is told to all partitions where there are several', async () => {
    const told: Step[] = []
    const one = rig({ teach: (step) => told.push(step) })
    await one.give(call(0, { tool: 'bad' }))
    expect(told.flatMap(({ notices }) => notices)).toMatchObject([{ kind: 'dispute', tenant: 'acme', actor: 'ann', at: START }])
    const other = rig()
    other.heed(...told.flatMap(({ notices }) => notices))
    await other.give(call(1), call(1, { tenant: 'other' }))
    expect([other.calls('careful', 'ann'), (other.state.keys.get('careful')?.peek('other', 'ann') as { calls: number }).calls]).toEqual([0, 1])
  })
})

describe('an order to forget', () => {
  it('drops what was learned of an actor alone, its token too, and nothing that others share', async () => {
    const { give, heed, calls, resets } = rig()
    await give(call(0), call(1), call(1, { actor: 'bob', token_fingerprint: 't2' }), call(1, { actor: 'ann', token_fingerprint: 'shared' }), call(1, { actor: 'bob', token_fingerprint: 'shared' }))
    heed(order({ actor: 'ann' }))
    expect(['actor:ann', 'token:t1', 'actor:bob', 'token:t2', 'token:shared', 'server:files'].map((key) => calls('counting', key))).toEqual([undefined, undefined, 2, 1, 2, 5])
    expect(resets).toEqual([['counting', 2], ['careful', 1]])
    await give(call(2))
    expect(calls('counting', 'actor:ann')).toBe(1)
  })

  it('may be about a server, a tool or one detector, of one tenant, and ends doubt', async () => {
    const { give, heed, calls, state } = rig()
    await give(call(0), call(1, { server: 'mail', actor: 'eve', token_fingerprint: 't9' }), call(1, { tenant: 'other' }), call(2, { tool: 'bad' }))
    heed(order({ server: 'mail' }))
    expect([calls('counting', 'server:mail'), calls('counting', 'actor:eve'), calls('counting', 'server:files')]).toEqual([undefined, undefined, 2])
    heed(order({ actor: 'ann', detector: 'careful' }))
    expect([calls('careful', 'ann'), calls('counting', 'actor:ann')]).toEqual([undefined, 2])
    await give(call(3))
    expect(calls('careful', 'ann')).toBe(0)
    heed(order({ actor: 'ann' }))
    await give(call(4))
    expect(calls('careful', 'ann')).toBe(1)
    expect(state.keys.get('counting')?.peek('other', 'actor:ann')).toEqual({ calls: 1 })
    heed(order({}))
    expect(calls('counting', 'actor:ann')).toBe(1)
  })

  it('drops the same with a snapshot between as without', async () => {
    const actors = fc.constantFrom('a', 'b', 'c')
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ actor: actors, server: fc.constantFrom('s', 't'), token_fingerprint: actors }), { maxLength: 30 }), fc.nat(30), actors, async (script, cut, actor) => {
      const whole = rig()
      await whole.give(...script.map((change) => call(0, change)))
      const before = rig()
      await before.give(...script.slice(0, cut).map((change) => call(0, change)))
      const kept = decodeFold(await encodeFold(before.state, { findings: [], interactions: [] }, armed), armed, { maxKeys: 100, partitions: 1 })
      const after = rig({ state: kept.state })
      await after.give(...script.slice(cut).map((change) => call(0, change)))
      const left = [whole, after].map((each) => {
        each.heed(order({ actor }))
        return (each.state.keys.get('counting')?.entries() ?? []).map(([, key, state]) => [key, state])
      })
      expect(left[1]).toEqual(left[0])
      expect(left[0]?.map(([key]) => key)).not.toContain(`actor:${actor}`)
    }), { numRuns: 50 })
  })
})
