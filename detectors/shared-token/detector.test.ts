import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { sharedToken } from './detector.ts'
import { familyOf } from '../caller/fingerprint.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', token_fingerprint: 't', client: 'ide', client_asn: 100, effect: 'read',
    started_at: time, ended_at: time, received_at: time, event_ids: [`event-${seconds}`], ...fields }
}
type Play = ReturnType<typeof rehearsal>
const days = (play: Play, from: number, count: number, fields: Partial<InteractionFields> = {}): number =>
  Array.from({ length: count * 8 }, (_, i) => play(at(MONDAY + (from + Math.floor(i / 8)) * DAY + (i % 8) * 1800, fields)).length).reduce((sum, one) => sum + one, 0)
const THIEF = { client: 'curl', client_asn: 777 }

describe('shared-token', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(sharedToken, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('names the calls of the thief as evidence, and what token and tenant are like', () => {
    const play = rehearsal(arm(sharedToken, {}))
    days(play, 0, 4)
    play(at(MONDAY + 4 * DAY, {}))
    play(at(MONDAY + 4 * DAY + 1200, THIEF))
    const [draft] = play(at(MONDAY + 4 * DAY + 1260))
    expect(draft?.evidence).toContain(`event-${MONDAY + 4 * DAY + 1200}`)
    expect(draft?.title).toContain('client curl from AS777')
    expect(draft?.baselines?.self).toMatch(/one holder/)
  })

  it('sees a thief whose records arrive late, between those of the owner', () => {
    const play = rehearsal(arm(sharedToken, {}))
    days(play, 0, 4)
    for (const shift of [0, 600, 1200]) play(at(MONDAY + 4 * DAY + shift))
    expect(play(at(MONDAY + 4 * DAY + 300, THIEF)).map(({ severity }) => severity)).toEqual(['low', 'medium'])
  })

  it('judges a token of an hour by its peers, low as long as there are none', () => {
    const short = (peers: number): string | undefined => {
      const play = rehearsal(arm(sharedToken, {}))
      for (let peer = 0; peer < peers; peer++) for (let i = 0; i < 6; i++) play(at(MONDAY + i * 60, { actor: '', token_fingerprint: `peer-${peer}` }))
      for (let i = 0; i < 3; i++) play(at(MONDAY + DAY + i * 60, { actor: '', token_fingerprint: 'fresh' }))
      expect(play(at(MONDAY + DAY + 200, { actor: '', token_fingerprint: 'fresh', ...THIEF }))).toEqual([])
      return play(at(MONDAY + DAY + 260, { actor: '', token_fingerprint: 'fresh' }))[0]?.severity
    }
    expect(short(0)).toBe('low')
    expect(short(25)).toBe('medium')
  })

  it('knows a principal across its tokens, and lets it log in elsewhere with a token of its own', () => {
    const play = rehearsal(arm(sharedToken, {}))
    for (let day = 0; day < 6; day++) days(play, day, 1, { token_fingerprint: `token-${day}` })
    const own = [0, 60, 120, 180].flatMap((shift) => play(at(MONDAY + 6 * DAY + shift, shift % 120 === 0 ? { token_fingerprint: 'token-6' } : { ...THIEF, token_fingerprint: 'token-7' })))
    expect(own).toEqual([])
    const shared = [0, 60, 120].flatMap((shift) => play(at(MONDAY + 7 * DAY + shift, { token_fingerprint: 'token-8', ...(shift === 60 ? { client: 'wget', client_asn: 888 } : {}) })))
    expect(shared.map(({ severity }) => severity)).toEqual(['medium'])
  })

  it('takes a program that turns up beside many for one that was introduced: three are told', () => {
    const play = rehearsal(arm(sharedToken, {}))
    for (let person = 0; person < 12; person++) days(play, 0, 5, { actor: `person-${person}`, token_fingerprint: `token-${person}`, client_asn: 100 + person })
    const told = Array.from({ length: 12 }, (_, person) => [0, 60, 120].flatMap((shift) =>
      play(at(MONDAY + 5 * DAY + person * 600 + shift, { actor: `person-${person}`, token_fingerprint: `token-${person}`, ...(shift === 60 ? { client: 'hosted-agent', client_asn: 555 } : { client_asn: 100 + person }) })))).flat()
    expect(told.filter(({ severity }) => severity !== 'low')).toHaveLength(3)
  })

  it('says nothing of networks that colleagues use too', () => {
    const play = rehearsal(arm(sharedToken, {}))
    for (let person = 0; person < 5; person++) days(play, 0, 1, { actor: `person-${person}`, token_fingerprint: `token-${person}`, client_asn: 300 })
    days(play, 0, 3)
    const told = [0, 60, 120, 180, 240].flatMap((shift) => play(at(MONDAY + 4 * DAY + shift, shift % 120 === 0 ? {} : { client_asn: 300 })))
    expect(told).toEqual([])
  })

  it('gets used to a second holder after three days, told once', () => {
    const play = rehearsal(arm(sharedToken, {}))
    days(play, 0, 4)
    let told = 0
    for (let day = 4; day < 14; day++) {
      for (let i = 0; i < 6; i++) told += play(at(MONDAY + day * DAY + i * 600)).length + play(at(MONDAY + day * DAY + i * 600 + 300, THIEF)).length
    }
    expect(told).toBe(1)
    const third = [0, 60, 120, 180].flatMap((shift) => play(at(MONDAY + 14 * DAY + shift, shift === 120 ? { client: 'wget', client_asn: 888 } : shift === 60 ? THIEF : {})))
    expect(third.map(({ severity }) => severity)).toEqual(['medium'])
  })

  it('falls silent over the token of a gateway once its many callers are a habit', () => {
    const play = rehearsal(arm(sharedToken, {}))
    const rounds = (from: number, count: number, first: number): number => {
      let told = 0
      for (let i = 0; i < count * 30; i++) {
        const caller = first + (i % 6)
        told += play(at(MONDAY + (from + Math.floor(i / 30)) * DAY + (i % 30) * 60, { client: `program-${'abcdefghijklmnop'[caller]}`, client_asn: 100 + caller })).filter(({ severity }) => severity !== 'low').length
      }
      return told
    }
    expect(rounds(0, 5, 0)).toBe(0)
    expect(rounds(5, 3, 1)).toBe(0)
  })

  it('knows a program by its name without the version', () => {
    expect(['claude-code/2.0.1 (cli)', 'claude-code-1.2.3', 'claude-code_v2.0', 'client-12', 'Mozilla/5.0 (X11)', '3.1.4', ''].map(familyOf))
      .toEqual(['claude-code', 'claude-code-', 'claude-code_v', 'client-12', 'Mozilla', '3.1.4', ''])
  })

  it('learns no holder while the principal is in doubt', () => {
    const params = sharedToken.rule.params.parse({})
    const daysOf = (doubt: boolean): number | undefined => {
      const state = sharedToken.begin?.(params)
      if (state === undefined) throw new Error('no state')
      for (let day = 0; day < 6; day++) {
        for (const [shift, fields] of [[0, {}], [600, THIEF]] as const) {
          sharedToken.step?.(state, at(MONDAY + day * DAY + shift, fields), 'ana', params, { hash: String, disputed: () => doubt && day > 0 })
        }
      }
      return state.prints.at(-1)?.days
    }
    expect([daysOf(false), daysOf(true)]).toEqual([6, 1])
  })

  it('keeps a bounded state, plain JSON, and no odd text, whatever comes', () => {
    const call = fc.record({ client: fc.string({ maxLength: 400 }), user_agent: fc.string(), client_asn: fc.nat({ max: 4_294_967_295 }), client_network: fc.string(),
      skip: fc.integer({ min: -100_000, max: 900_000 }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
      const params = sharedToken.rule.params.parse({})
      const state = sharedToken.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = MONDAY
      for (const { skip, ...fields } of calls) {
        now = Math.max(0, now + skip)
        const drafts = sharedToken.step?.(state, at(now, { ...fields, client_range: 'public' }), 't', params, { hash: String }) ?? []
        expect(state.prints.length).toBeLessThanOrEqual(12)
        expect(state.lessons.length).toBeLessThanOrEqual(16)
        for (const { title } of drafts) expect(title.length).toBeLessThan(300)
      }
      expect(JSON.stringify(state).length).toBeLessThan(3_000)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
