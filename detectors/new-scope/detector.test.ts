import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { newScope } from './detector.ts'
import { tierOf } from './tier.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds)) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', method: 'tools/call', actor: 'ana', actor_kind: 'principal', scopes: ['files:read'], outcome: 'ok', effect: 'read',
    started_at: time, ended_at: time, received_at: time, ...fields }
}
type Play = ReturnType<typeof rehearsal>

function work(play: Play, from: number, days: number, fields: Partial<InteractionFields> = {}): readonly string[] {
  const told: string[] = []
  for (let i = 0; i < days * 10; i++) told.push(...play(at(MONDAY + (from + Math.floor(i / 10)) * DAY + (i % 10) * 1800, fields)).map(({ severity }) => severity))
  return told
}
const staff = (play: Play, count: number): void => {
  for (let person = 0; person < count; person++) work(play, 0, 5, { actor: `person-${person}` })
}

describe('new-scope', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(newScope, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('takes many who get the same within a day for a roll-out: the first three are told, the rest is weak', () => {
    const play = rehearsal(arm(newScope, {}))
    staff(play, 40)
    const told = Array.from({ length: 40 }, (_, person) => work(play, 6, 1, { actor: `person-${person}`, scopes: ['files:read', 'billing:manage'] })).flat()
    expect(told.filter((severity) => severity !== 'low')).toHaveLength(3)
  })

  it('says nothing of a plain scope that everybody gets, once five have it', () => {
    const play = rehearsal(arm(newScope, {}))
    staff(play, 40)
    const told = Array.from({ length: 40 }, (_, person) => work(play, 6, 1, { actor: `person-${person}`, scopes: ['files:read', 'wiki:read'] })).flat()
    expect(told).toEqual(['low', 'low', 'low'])
  })

  it('tells a scope once, and knows it after it came back on three days', () => {
    const play = rehearsal(arm(newScope, {}))
    staff(play, 30)
    expect(work(play, 6, 1, { actor: 'person-1', scopes: ['files:read', 'org:owner'] })).toEqual(['medium'])
    expect(work(play, 7, 5, { actor: 'person-1', scopes: ['files:read', 'org:owner'] })).toEqual([])
    expect(work(play, 12, 1, { actor: 'person-1', scopes: ['files:read', 'org:owner', 'vault:admin'] })).toEqual(['low'])
  })

  it('holds a new right against nobody who does not have it in that call', () => {
    const play = rehearsal(arm(newScope, {}))
    staff(play, 30)
    expect(play(at(MONDAY + 6 * DAY, { actor: 'person-1', scopes: ['files:read', 'org:admin'] })).map(({ severity }) => severity)).toEqual(['medium'])
    expect(play(at(MONDAY + 6 * DAY + 60, { actor: 'person-1', effect: 'delete' }))).toEqual([])
    expect(play(at(MONDAY + 6 * DAY + 120, { actor: 'person-1', effect: 'grant', scopes: ['files:read', 'org:admin'] })).map(({ severity }) => severity)).toEqual(['high'])
  })

  it('falls silent over scopes that name an object each', () => {
    const play = rehearsal(arm(newScope, {}))
    staff(play, 30)
    const told = Array.from({ length: 500 }, (_, i) => play(at(MONDAY + 6 * DAY + i * 60, { actor: 'person-1', scopes: [`read:${'abcdefghij'.repeat(i % 7)}${String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26))}`] }))).flat()
    expect(told.length).toBeLessThanOrEqual(12)
  })

  it('reads from its name what a scope allows', () => {
    expect(['files:read', 'openid', 'Mail.Read.All', 'https://www.example.com/auth/drive.readonly', ''].map(tierOf)).toEqual([1, 1, 1, 1, 1])
    expect(['files:write', 'Mail.ReadWrite', 'mail.send', 'repo:delete'].map(tierOf)).toEqual([2, 2, 2, 2])
    expect(['admin:org', 'files:*', 'Directory.FullControl', 'roles.update', 'user_impersonation', 'ADMIN'].map(tierOf)).toEqual([3, 3, 3, 3, 3, 3])
  })

  it('keeps a bounded state, plain JSON, and reads long scopes in time', () => {
    expect(tierOf('aA'.repeat(1_000_000))).toBe(1)
    const call = fc.record({ scopes: fc.array(fc.string(), { maxLength: 300 }), effect: fc.constantFrom('read' as const, 'grant' as const, 'write' as const), skip: fc.integer({ min: -1e5, max: 1e6 }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
      const params = newScope.rule.params.parse({ minEvents: 5 })
      const state = newScope.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = MONDAY
      for (const { skip, ...fields } of calls) {
        now = Math.max(0, now + skip)
        for (const { title } of newScope.step?.(state, at(now, fields), 'ana', params, { hash: String }) ?? []) expect(title.length).toBeLessThan(500)
        expect(state.rights.ids.length).toBeLessThanOrEqual(128)
        expect(state.rights.disputed.length).toBeLessThanOrEqual(128)
        expect(state.lessons.length).toBeLessThan(400)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
