import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm, type Draft } from '../detector.ts'
import { diceOf } from '../quiet-day.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { beaconing } from './detector.ts'

const DAY = 86_400
const START = Date.UTC(2026, 2, 2, 9) / 1000
const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', method: 'tools/call', server: 'web', tool: 'fetch_url', effect: 'read', outcome: 'ok',
    result_bytes: 90n, started_at: time, ended_at: time, received_at: time, ...fields }
}
const fetch = (seconds: number, url: string, fields: Partial<InteractionFields> = {}): InteractionFields => at(seconds, { arguments: JSON.stringify({ url }), ...fields })
type Play = ReturnType<typeof rehearsal>
const begin = (actor = 'ana', play: Play = rehearsal(arm(beaconing, {}))): Play => {
  for (let day = 0; day < 6; day++) play(at(START + day * DAY + day * day * 100, { actor }))
  return play
}
/** Beats with evenly spread jitter, of which some are missed, and other work in between. */
function beats(play: Play, { period, jitter, count, missed = 0, noise = 0, actor = 'ana' }: { period: number; jitter: number; count: number; missed?: number; noise?: number; actor?: string }): readonly Draft[] {
  const dice = diceOf(7)
  const calls = []
  let now = START + 7 * DAY
  for (let i = 0; i < count; i++) {
    now += period * (1 + (dice() * 2 - 1) * jitter)
    if (dice() >= missed) calls.push(fetch(now, `https://c2.example/t?n=${i}`, { actor }))
    for (let j = 0; j < noise; j++) calls.push(fetch(now + dice() * period, `https://site-${Math.floor(dice() * 50)}.example`, { actor }))
  }
  return calls.sort((one, other) => Number(one.ended_at - other.ended_at)).flatMap(play)
}

describe('beaconing', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(beaconing, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it.each([[60, 0], [60, 0.1], [300, 0.2], [1800, 0.2], [7200, 0.05]])('finds a beat every %i s with a jitter of %f, among other work and though some are missed', (period, jitter) => {
    expect(beats(begin(), { period, jitter, count: 40, missed: 0.1, noise: 5 }).filter(({ title }) => title.includes('c2.example'))).toHaveLength(1)
  })

  it('is quiet about calls that come by chance', () => {
    for (const seed of [1, 2, 3]) {
      const dice = diceOf(seed)
      const play = begin()
      let now = START + 7 * DAY
      const said = Array.from({ length: 4000 }, () => play(fetch(now += -Math.log(1 - dice()) * 300, `https://site-${Math.floor(dice() * 4)}.example`)).length)
      expect(said.reduce((sum, one) => sum + one, 0)).toBe(0)
    }
  })

  it('learns what three others do as well', () => {
    const play = rehearsal(arm(beaconing, {}))
    for (const actor of ['p1', 'p2', 'p3']) for (let i = 0; i < 20; i++) play(fetch(START + i * 300, 'https://status.vendor.example/ping', { actor, argument_sources: new Map([['$.url', 'user']]) }))
    const cold = [0, 1, 2].map((i) => beats(begin(`p${i + 4}`, play), { period: 300, jitter: 0, count: 30, actor: `p${i + 4}` }).length)
    expect(cold).toEqual([1, 1, 1])
  })

  it('looks at sizes', () => {
    const sized = (size: (i: number) => bigint) => {
      const play = begin()
      return Array.from({ length: 30 }, (_, i) => play(fetch(START + 7 * DAY + i * 300, 'https://c2.example', { result_bytes: size(i) })).length).reduce((sum, one) => sum + one, 0)
    }
    expect([sized(() => 500n), sized((i) => 500n + BigInt((i * 7919) % 4) * 900n), sized(() => -1n)]).toEqual([1, 0, 1])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const hostile = fc.record({ server: fc.string({ maxLength: 3 }), tool: fc.string({ unit: 'binary', maxLength: 3 }), arguments: fc.oneof(fc.string(), fc.webUrl().map((url) => JSON.stringify({ url }))),
      result_bytes: fc.bigInt({ min: -1n, max: 2n ** 60n }), skip: fc.oneof(fc.integer({ min: -100_000, max: 900_000 }), fc.constant(300)) })
    fc.assert(fc.property(fc.array(hostile, { maxLength: 60 }), (calls) => {
      const params = beaconing.rule.params.parse({ maxStreams: 4, maxKnown: 4, minDays: 1 })
      const state = beaconing.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = START
      for (const { skip, ...fields } of calls) {
        const call = at(now += skip, fields)
        for (const key of beaconing.keysOf?.(call, params) ?? []) beaconing.step?.(state, call, key, params, { hash: String })
        expect(state.streams.length).toBeLessThanOrEqual(28)
        expect(state.rings.length).toBeLessThanOrEqual(3)
        for (const { intervals } of state.rings) expect(intervals.length).toBeLessThanOrEqual(9)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }), { numRuns: 50 })
  })
})
