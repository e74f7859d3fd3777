import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { misplacedToken } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds)) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', method: 'tools/call', token_fingerprint: 't', server: 'git', outcome: 'ok', effect: 'read', vantages: ['server'],
    started_at: time, ended_at: time, received_at: time, ...fields }
}
type Play = ReturnType<typeof rehearsal>

/** Tokens that live for a day each, at one server or at all. */
function company(play: Play, days: number, servers: readonly string[], habit: 'own' | 'all'): number {
  let told = 0
  for (let day = 0; day < days; day++) {
    for (let person = 0; person < 10; person++) {
      for (let i = 0; i < 24; i++) {
        const server = servers[(habit === 'own' ? person : Math.floor(i / 8) + person) % servers.length] as string
        told += play(at(MONDAY + day * DAY + person * 60 + i * 600, { token_fingerprint: `${person}-${day}`, server })).length
      }
    }
  }
  return told
}

describe('misplaced-token', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(misplacedToken, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it.each(['own', 'all'] as const)('says nothing of tokens of a day that go to %s servers', (habit) => {
    expect(company(rehearsal(arm(misplacedToken, {})), 12, ['git', 'crm', 'wiki'], habit)).toBe(0)
  })

  it('sees a token of an hour passed on where tokens keep to their server', () => {
    const play = rehearsal(arm(misplacedToken, {}))
    company(play, 8, ['git', 'crm'], 'own')
    play(at(MONDAY + 9 * DAY, { token_fingerprint: 'fresh', server: 'git' }))
    const [draft] = play(at(MONDAY + 9 * DAY + 60, { token_fingerprint: 'fresh', server: 'crm' }))
    expect(draft?.severity).toBe('medium')
    expect(draft?.title).toBe('A token of git is used at crm')
    expect(draft?.features?.[0]?.expected).toBe('one')
  })

  it('does not forget who comes every day among many who come once', () => {
    const play = rehearsal(arm(misplacedToken, {}))
    play(at(MONDAY, { token_fingerprint: 'job', scopes: ['job:run'] }))
    let told = 0
    for (let i = 0; i < 600; i++) {
      told += play(at(MONDAY + i * 600, { token_fingerprint: `person-${i}`, scopes: ['files:read'] })).length
      if (i % 20 === 0) told += play(at(MONDAY + i * 600 + 1, { token_fingerprint: 'job', scopes: ['job:run'] })).length
    }
    expect(told).toBe(0)
  })

  it('believes no agent that says itself which token it has', () => {
    const play = rehearsal(arm(misplacedToken, {}))
    company(play, 8, ['git', 'crm'], 'own')
    play(at(MONDAY + 9 * DAY, { token_fingerprint: 'fresh', server: 'git' }))
    expect(play(at(MONDAY + 9 * DAY + 60, { token_fingerprint: 'fresh', server: 'crm', token_trust: 'client_reported' }))).toEqual([])
  })

  it('takes a planned change of scopes for one: two are told, the rest is weak until it is the habit', () => {
    const play = rehearsal(arm(misplacedToken, {}))
    for (let i = 0; i < 30; i++) play(at(MONDAY + i, { token_fingerprint: `old-${i}`, scopes: ['files:read'] }))
    const told = Array.from({ length: 100 }, (_, i) => play(at(MONDAY + 7 * DAY + i, { token_fingerprint: `new-${i}`, scopes: ['documents:read'] }))).flat()
    expect(told.filter(({ severity }) => severity !== 'low')).toHaveLength(2)
    expect(told.length).toBeLessThan(8)
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const call = fc.record({ server: fc.string({ minLength: 1 }), token_fingerprint: fc.string({ minLength: 1 }), scopes: fc.array(fc.string(), { maxLength: 100 }), ok: fc.boolean(), skip: fc.integer({ min: -1e5, max: 1e6 }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 150 }), fc.constantFrom('token', 's:a'), (calls, key) => {
      const params = misplacedToken.rule.params.parse({})
      const state = misplacedToken.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = MONDAY
      for (const { skip, ok, ...fields } of calls) {
        now = Math.max(0, now + skip)
        misplacedToken.step?.(state, at(now, { ...fields, outcome: ok ? 'ok' : 'denied' }), key, params, { hash: String })
        expect(state.token?.visits.length ?? 0).toBeLessThanOrEqual(8)
        expect(state.server?.scopes.length ?? 0).toBeLessThanOrEqual(64)
        expect(state.lessons.length).toBeLessThan(20)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
