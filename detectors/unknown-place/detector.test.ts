import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { unknownPlace } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000

const at = (seconds: number, country: string, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', client_country: country, started_at: time, ended_at: time, received_at: time, ...fields }
}
type Play = ReturnType<typeof rehearsal>
const days = (play: Play, from: number, count: number, country: string, fields: Partial<InteractionFields> = {}): number =>
  Array.from({ length: count * 5 }, (_, i) => play(at(MONDAY + (from + Math.floor(i / 5)) * DAY + (i % 5) * 3600, country, fields)).length).reduce((sum, one) => sum + one, 0)

describe('unknown-place', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(unknownPlace, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('never gets used to visits that lie between days of the owner', () => {
    const play = rehearsal(arm(unknownPlace, {}))
    days(play, 0, 8, 'AT')
    for (let week = 0; week < 10; week++) {
      expect(play(at(MONDAY + (8 + week * 3) * DAY + 12 * 3600, 'BR'))).toHaveLength(1)
      expect(days(play, 9 + week * 3, 2, 'AT')).toBe(0)
    }
  })

  it('says nothing of who is in two countries each day from the beginning', () => {
    const play = rehearsal(arm(unknownPlace, {}))
    for (let day = 0; day < 12; day++) {
      expect(days(play, day, 1, 'AT')).toBe(0)
      expect(play(at(MONDAY + day * DAY + 12 * 3600, 'DE'))).toEqual([])
    }
  })

  it('tells quick changes between known places three times, then they are a habit', () => {
    const play = rehearsal(arm(unknownPlace, {}))
    let told = 0
    for (let day = 0; day < 20; day++) told += days(play, day, 1, 'AT') + play(at(MONDAY + day * DAY + 5 * 3600, 'DE')).length
    expect(told).toBe(3)
  })

  it('tells one trip once, whatever tokens are taken along, and a token that somebody else uses there by itself', () => {
    const play = rehearsal(arm(unknownPlace, {}))
    for (const token of ['one', 'two']) days(play, 0, 10, 'AT', { token_fingerprint: token })
    const told = ['one', 'two'].flatMap((token, hours) => play(at(MONDAY + 11 * DAY + hours * 3600, 'BR', { token_fingerprint: token })))
    expect(told.map(({ severity, about: [key] }) => [key, severity])).toEqual([['actor:ana', 'medium'], ['token:one', 'low'], ['token:two', 'low']])
    const [stolen] = play(at(MONDAY + 12 * DAY, 'CN', { token_fingerprint: 'one', actor: '' }))
    expect([stolen?.about[0], stolen?.severity]).toEqual(['token:one', 'medium'])
  })

  it('measures a newcomer by its peers, once ten of them have a place', () => {
    const play = rehearsal(arm(unknownPlace, {}))
    for (let person = 0; person < 10; person++) days(play, 0, 5, 'AT', { actor: `person-${person}` })
    const [draft] = play(at(MONDAY + 6 * DAY, 'BR', { actor: 'new' }))
    expect(draft?.severity).toBe('low')
    expect(draft?.reasons[0]).toMatch(/^cold start/)
    expect(play(at(MONDAY + 6 * DAY, 'AT', { actor: 'newer' }))).toEqual([])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.record({ country: fc.stringMatching(/^[A-Z]{2}$/), skip: fc.integer({ min: -100_000, max: 9_000_000 }) }), { maxLength: 300 }), (calls) => {
      const params = unknownPlace.rule.params.parse({ maxPlaces: 4 })
      const state = unknownPlace.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = MONDAY
      for (const { country, skip } of calls) {
        now += skip
        unknownPlace.step?.(state, at(Math.max(0, now), country), 'actor:ana', params, { hash: String })
        expect(state.places.list.length).toBeLessThanOrEqual(4)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
