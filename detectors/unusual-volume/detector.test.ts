import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm, type Draft } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { type Basis, limitOf } from './limit.ts'
import { unusualVolume } from './detector.ts'
import { factsOf } from './facts.ts'
import { addTo, emptyRunning, hourIn, logIn, METRICS, pack, valueOf } from './window.ts'

const HOUR = 3600
const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2) / 1000

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'bot', actor_kind: 'client', started_at: time, ended_at: time, received_at: time, ...fields }
}
const start = (params: unknown = {}) => rehearsal(arm(unusualVolume, params))
type Play = ReturnType<typeof start>

/** `calls` spread over one hour from `seconds`. */
const hourly = (play: Play, seconds: number, calls: number, fields: Partial<InteractionFields> = {}): readonly Draft[] =>
  Array.from({ length: calls }, (_, i) => play(at(seconds + (i * HOUR) / calls, fields))).flat()
const weeks = (play: Play, days: number, calls: number, fields: Partial<InteractionFields> = {}): readonly Draft[] =>
  Array.from({ length: days * 8 }, (_, i) => hourly(play, MONDAY + Math.floor(i / 8) * DAY + (9 + (i % 8)) * HOUR, calls, fields)).flat()

describe('unusual-volume', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(unusualVolume, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url),
    'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('speaks once a key, metric and hour, while the hour still runs', () => {
    const play = start()
    weeks(play, 5, 100)
    const said = hourly(play, MONDAY + 7 * DAY + 10 * HOUR, 3_000)
    expect(said).toHaveLength(1)
    expect(said[0]?.about).toEqual(['actor:bot', 'calls', String((MONDAY + 7 * DAY + 10 * HOUR) / HOUR)])
    expect(said[0]?.observed).toMatch(/^\d{3} calls in the first 1\d min/)
    expect(said[0]?.windowEnd).toBe(BigInt(MONDAY + 7 * DAY + 11 * HOUR) * 1_000_000_000n)
  })

  it('does not learn from an hour that it has told: the same again is told again', () => {
    const play = start()
    weeks(play, 5, 100)
    for (let hour = 9; hour < 17; hour++) expect(hourly(play, MONDAY + 7 * DAY + hour * HOUR, 3_000)).toHaveLength(1)
  })

  it('learns a peak that was not told, and lets it go with age', () => {
    const play = start()
    weeks(play, 5, 300)
    expect(hourly(play, MONDAY + 5 * DAY + 9 * HOUR, 1_200)).toEqual([])
    expect(hourly(play, MONDAY + 30 * DAY + 9 * HOUR, 1_900)).toEqual([])
    expect(hourly(play, MONDAY + 30 * DAY + 10 * HOUR, 2_500)[0]?.reasons[0]).toMatch(/^cold start/)
  })

  it('measures a newcomer by its peers once there are enough of them, and says so', () => {
    const play = start()
    for (let peer = 0; peer < 6; peer++) weeks(play, 1, 40 + peer, { actor: `peer-${peer}` })
    const said = hourly(play, MONDAY + 2 * DAY + 9 * HOUR, 900, { actor: 'new' })
    expect(said).toHaveLength(1)
    expect(said[0]?.reasons[0]).toMatch(/its peers \(cold start/)
    expect(said[0]?.severity).not.toBe('high')
    expect(hourly(play, MONDAY + 2 * DAY + 9 * HOUR, 900, { actor: 'person', actor_kind: 'principal' })).toEqual([])
  })

  it('tells many distinct resources apart from many calls of one', () => {
    const play = start()
    weeks(play, 5, 150, { resource: 'file:///a' })
    expect(hourly(play, MONDAY + 7 * DAY + 9 * HOUR, 150, { resource: 'file:///a' })).toEqual([])
    const said = Array.from({ length: 190 }, (_, i) => play(at(MONDAY + 7 * DAY + 10 * HOUR + i, { resource: `file:///${i}` }))).flat()
    expect(said.map(({ about }) => about[1])).toEqual(['distinct'])
  })

  it('takes missing sizes for unknown, neither for zero nor for usual', () => {
    const play = start()
    weeks(play, 5, 20, { result_bytes: -1n })
    expect(hourly(play, MONDAY + 7 * DAY + 9 * HOUR, 5, { result_bytes: 30_000_000n })).toEqual([])
    const sized = start()
    weeks(sized, 5, 20, { result_bytes: 1_000_000n })
    expect(hourly(sized, MONDAY + 7 * DAY + 9 * HOUR, 5, { result_bytes: 40_000_000n })).toHaveLength(1)
  })

  it('counts a late record in the hour that runs, and a wild clock no further than arrival', () => {
    const play = start()
    weeks(play, 5, 100)
    const now = MONDAY + 7 * DAY + 10 * HOUR
    const said: Draft[] = []
    for (let i = 0; i < 900; i++) {
      const wild = i % 3 === 0 ? at(now + i).received_at - 3_600_000_000_000n * 30n : BigInt(Date.UTC(2300, 0, 1)) * 1_000_000n
      said.push(...play(at(now + i, i % 3 === 1 ? {} : { started_at: wild, ended_at: wild })))
    }
    expect(said).toHaveLength(1)
    expect(hourly(play, now + HOUR, 100)).toEqual([])
  })

  it('goes on from a state that was written as JSON', () => {
    const armed = arm(unusualVolume, {})
    const tools = { hash: (text: string) => text }
    let state = armed.begin()
    const said: Draft[] = []
    for (let hour = 0; hour < 30; hour++) {
      state = JSON.parse(JSON.stringify(state))
      for (let i = 0; i < (hour === 29 ? 2_000 : 100); i++) said.push(...armed.step(state, at(MONDAY + hour * HOUR + i), 'actor:bot', tools))
    }
    expect(said).toHaveLength(1)
    expect(JSON.stringify(state).length).toBeLessThan(2_500)
  })

  it('forgets who has been away for longer than history counts', () => {
    const armed = arm(unusualVolume, {})
    const state = armed.begin()
    armed.step(state, at(MONDAY), 'actor:bot', { hash: (text) => text })
    expect(armed.forget(state, BigInt(MONDAY + 13 * DAY) * 1_000_000_000n)).toBe(false)
    expect(armed.forget(state, BigInt(MONDAY + 15 * DAY) * 1_000_000_000n)).toBe(true)
  })
})

describe('a finished hour in one number', () => {
  it('keeps hour and sizes within a tenth on the log scale, and what was blind', () => {
    const fields = fc.record({ calls: fc.integer({ min: 1, max: 1_000_000 }), bytes: fc.integer({ min: -1, max: 1_000_000_000_000 }),
      hour: fc.integer({ min: 0, max: 3_000_000 }) })
    fc.assert(
      fc.property(fields, ({ calls, bytes, hour }) => {
        const running = { ...emptyRunning(hour), calls, bytes }
        const packed = pack(running)
        expect(Number.isSafeInteger(packed)).toBe(true)
        expect(hourIn(packed)).toBe(hour)
        for (const metric of METRICS) {
          const value = valueOf(running, metric)
          const log = logIn(packed, metric)
          if (value < 0) expect(log).toBeUndefined()
          else expect(Math.abs((log ?? NaN) - Math.min(Math.log1p(value), 25.4))).toBeLessThanOrEqual(0.0501)
        }
      }),
    )
  })

  it('never raises its limit by fewer than the floor, and tells its basis', () => {
    const params = unusualVolume.rule.params.parse({})
    const windows = (count: number, calls: number) => Array.from({ length: count }, (_, i) => {
      const running = emptyRunning(1_000 + i * 24)
      for (let n = 0; n < calls; n++) addTo(running, factsOf(at(0)))
      return pack(running)
    })
    const basis = (own: number, peers: number, hour: number): Basis => limitOf('calls', hour, { own: windows(own, 5), peers: windows(peers, 5) },
      { ...params, keepDays: 300 }).basis
    expect([basis(0, 0, 1_500), basis(3, 30, 1_900), basis(20, 0, 1_510), basis(20, 0, 1_505)]).toEqual(['none', 'peers', 'own', 'own_hours'])
    expect(limitOf('calls', 1_480, { own: windows(20, 1), peers: [] }, { ...params, keepDays: 300 }).value).toBe(params.minCalls)
  })
})
