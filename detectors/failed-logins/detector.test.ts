import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { failedLogins } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
const OFFICE = '90.1.1.1'

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds)) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', client_network: OFFICE, client_range: 'public', outcome: 'ok',
    started_at: time, ended_at: time, received_at: time, event_ids: [`event-${seconds}`], ...fields }
}
const REFUSED = { outcome: 'unauthenticated', error_code: '401' } as const
type Play = ReturnType<typeof rehearsal>

/** So many colleagues work in the office, and the first call of each day is refused as the token of yesterday has expired. */
function office(play: Play, from: number, days: number, people: number): readonly string[] {
  const told: string[] = []
  for (let day = from; day < from + days; day++) {
    for (let person = 0; person < people; person++) {
      const actor = `person-${person}`
      const start = MONDAY + day * DAY + ((person * 37) % 3000)
      for (const fields of [{ ...REFUSED, actor, token_fingerprint: `${person}-${day - 1}` }, { actor, token_fingerprint: `${person}-${day}` }]) {
        told.push(...play(at(start, fields)).map(({ severity }) => severity))
      }
    }
  }
  return told
}

describe('failed-logins', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(failedLogins, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it.each([12, 200, 500])('wakes nobody for an office of %i behind one address, whose tokens expire overnight', (people) => {
    const play = rehearsal(arm(failedLogins, {}))
    const told = office(play, 0, 10, people)
    expect(new Set(told)).toEqual(new Set(['low']))
    expect(told.length).toBeLessThanOrEqual(2)
  })

  it('wakes nobody when the identity provider of an office is out for an hour', () => {
    const play = rehearsal(arm(failedLogins, {}))
    office(play, 0, 8, 500)
    const told = Array.from({ length: 500 }, (_, person) => play(at(MONDAY + 9 * DAY + person * 4, { ...REFUSED, actor: `person-${person}` }))).flat()
    expect(told.filter(({ severity }) => severity !== 'low')).toEqual([])
  })

  it('sees strangers sprayed from the address of an office', () => {
    const play = rehearsal(arm(failedLogins, {}))
    office(play, 0, 8, 12)
    const told = Array.from({ length: 60 }, (_, person) => play(at(MONDAY + 9 * DAY + 18_000 + person * 10, { ...REFUSED, actor: `victim-${person}` }))).flat()
    expect(told.map(({ severity }) => severity)).toEqual(['medium'])
    expect(told[0]?.evidence?.length).toBe(5)
    expect(play(at(MONDAY + 9 * DAY + 19_000, { actor: 'person-3' }))).toEqual([])
    expect(play(at(MONDAY + 9 * DAY + 19_100, { actor: 'victim-41' })).map(({ severity }) => severity)).toEqual(['high'])
  })

  it('takes an agent that renews its token in vain for one broken thing', () => {
    const play = rehearsal(arm(failedLogins, {}))
    for (let day = 0; day < 7; day++) play(at(MONDAY + day * DAY))
    const told = Array.from({ length: 100 }, (_, i) => play(at(MONDAY + 8 * DAY + i * 30, { ...REFUSED, actor: 'assistant', actor_kind: 'agent', token_fingerprint: `new-${i}` }))).flat()
    expect(told.map(({ severity }) => severity)).toEqual(['low'])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const call = fc.record({ actor: fc.string(), token_fingerprint: fc.string(), client_asn: fc.nat({ max: 70_000 }), ok: fc.boolean(), skip: fc.integer({ min: -100_000, max: 100_000 }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 400 }), fc.constantFrom(OFFICE, 'who:ana', 'via:curl'), (calls, key) => {
      const params = failedLogins.rule.params.parse({})
      const state = failedLogins.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = MONDAY
      for (const { skip, ok, ...fields } of calls) {
        now = Math.max(0, now + skip)
        failedLogins.step?.(state, at(now, { ...fields, ...(ok ? {} : REFUSED) }), key, params, { hash: String })
      }
      expect(state.known.length).toBeLessThanOrEqual(128)
      expect(JSON.stringify(state).length).toBeLessThan(5_000)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
