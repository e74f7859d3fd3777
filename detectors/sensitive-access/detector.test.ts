import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { sensitiveAccess } from './detector.ts'
import { CLASSES, WORDS } from './lexicon.ts'
import { guardedIn } from './object.ts'
import { classIn } from './scan.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
const read = (seconds: number, path: string, fields: Partial<InteractionFields> = {}): Interaction => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', method: 'tools/call', tool: 'read_file', server: 'files', effect: 'read',
    arguments: JSON.stringify({ path }), started_at: time, ended_at: time, received_at: time, ...fields }
}
const word = (text: string): string => CLASSES[classIn(text, 1_000)]?.name ?? ''

describe('sensitive-access', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(sensitiveAccess, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it.each([['vault', 'credentials'], ['/srv/.env', 'credentials'], ['/home/a/.ssh/x', 'keys'], ['server.pem', 'keys'], ['id_rsa', 'keys'], ['getSalaryOf', 'payroll'], ['create_access_key', 'credentials'],
    ['PATIENT-records', 'health'], ['db/full-dump.sql', 'backups'], ['env', ''], ['keyboard', ''], ['customers', ''], ['customer_data', 'identity'], ['my.environment', ''], ['passwordless', '']] as const)('%s is %s', (text, kind) => {
    expect(word(text)).toBe(kind)
  })

  it('finds every word of the lexicon, alone and in a path', () => {
    for (const [words, at] of WORDS) {
      const text = words.startsWith('dot+') ? words.replace('dot+', '.') : words.replaceAll('+', '_')
      expect(classIn(text, 1_000), words).toBeGreaterThanOrEqual(0)
      expect(CLASSES[classIn(`/srv/a1/${text}/x`, 1_000)]?.points, words).toBe(CLASSES[at]?.points)
    }
  })

  it('names nothing of a value in a finding', () => {
    const play = rehearsal(arm(sensitiveAccess, { minCompany: 1, companyDays: 0 }))
    play(read(MONDAY, '/vault/other', { actor: 'bo' }))
    const [draft] = play(read(MONDAY + 9 * DAY, '/home/hunter2/.ssh/x', { request_fit: 'unrelated' }))
    expect(draft?.severity).toBe('high')
    expect(JSON.stringify(draft)).not.toContain('hunter2')
  })

  it('says nothing the third day on, and again after half a year', () => {
    const play = rehearsal(arm(sensitiveAccess, { minCompany: 1, companyDays: 0 }))
    play(read(MONDAY, '/wages/a', { actor: 'bo' }))
    expect([8, 8, 9, 10, 100, 300].map((day) => play(read(MONDAY + day * DAY, '/srv/secrets/x')).length)).toEqual([1, 0, 0, 0, 0, 1])
  })

  it('takes breadth for usual once it was told on three days', () => {
    const play = rehearsal(arm(sensitiveAccess, { minCompany: 1, companyDays: 0 }))
    const told = Array.from({ length: 9 }, (_, day) => Array.from({ length: 9 }, (__, i) => play(read(MONDAY + day * DAY + i, `/wages/d${day}-${i}`))).flat().filter(({ about }) => about[1] === 'breadth').length)
    expect(told).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0])
  })

  it('tells of searches for credentials in several places, not of one, nor of what the user asked for, and leaves those alone whose work it is', () => {
    const seek = (minute: number, server: string, query: string, fields: Partial<InteractionFields> = {}): Interaction =>
      read(MONDAY + minute * 60, '', { server, tool: 'search_messages', arguments: JSON.stringify({ query }), ...fields })
    const three = [['mail', 'password'], ['chat', 'api key'], ['chat', 'vpn secret']] as const
    const said = (searches: readonly (readonly [string, string])[], fields: Partial<InteractionFields> = {}, apart = 1): readonly string[] => {
      const play = rehearsal(arm(sensitiveAccess, {}))
      return searches.flatMap(([server, query], i) => play(seek(i * apart, server, query, fields)).map(({ severity }) => severity))
    }
    expect(said([['wiki', 'password'], ['wiki', 'roadmap'], ['wiki', 'password']])).toEqual([])
    expect(said(three)).toEqual(['low', 'medium'])
    expect(said(three.slice(0, 2), { requested_by: 'none' })).toEqual(['medium'])
    expect(said(three, { request_fit: 'asked' })).toEqual(['low'])
    expect(said(three, {}, 90)).toEqual([])
    expect(said(three, { tool: 'post_message' })).toEqual([])
    const play = rehearsal(arm(sensitiveAccess, {}))
    const days = Array.from({ length: 5 }, (_, day) => three.flatMap(([server, query], i) => play(seek(day * 1_440 + i, server, query)).filter(({ severity }) => severity === 'medium')).length)
    expect(days).toEqual([1, 1, 0, 0, 0])
    expect(JSON.stringify(rehearsal(arm(sensitiveAccess, {}))(seek(0, 'mail', 'password hunter2')))).not.toContain('hunter2')
  })

  it('is linear and bounded on hostile text', () => {
    const armed = arm(sensitiveAccess, { maxOwn: 16 })
    const state = armed.begin()
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 50 }), fc.integer({ min: 0, max: 400 }), (path, tool, day) => {
      const interaction = read(MONDAY + day * DAY, `${path}/secrets/${path}`, { tool })
      for (const key of armed.keysOf(interaction)) armed.step(state, interaction, key, { hash: (text) => text })
      expect(JSON.stringify(state).length).toBeLessThan(900)
    }))
    expect(guardedIn(read(0, '', { arguments: `{"path":"${'secret/'.repeat(50_000)}"}` }))?.kind).toBe(0)
    expect(guardedIn(read(0, '', { arguments: 'A.'.repeat(100_000), tool: 'B_'.repeat(50_000) }))).toBeUndefined()
  })
})
