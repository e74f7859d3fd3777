import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { destructiveBurst } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'job', actor_kind: 'principal', method: 'tools/call', tool: 'delete_file', effect: 'delete', outcome: 'ok', started_at: time, ended_at: time,
    received_at: time, ...fields }
}
type Play = ReturnType<typeof rehearsal>
const burst = (play: Play, from: number, things: number, fields: Partial<InteractionFields> = {}) =>
  Array.from({ length: things }, (_, i) => play(at(from + i * 3, { arguments: `{"path":"/srv/${from}/${i}"}`, ...fields }))).flat()
const textOf = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))

describe('destructive-burst', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(destructiveBurst, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts.map(({ title, severity, observed }) => ({ title, severity, observed }))).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(textOf(drafts)).toContain(reason)
  })

  it('finds a job of each night usual after three nights, until it is twice as large', () => {
    const play = rehearsal(arm(destructiveBurst, {}))
    const worst = Array.from({ length: 8 }, (_, day) => burst(play, MONDAY + day * DAY, 50).map(({ severity }) => severity).join())
    expect(worst.slice(0, 3).every((said) => said.includes('medium'))).toBe(true)
    expect(worst.slice(4)).toEqual(['', '', '', ''])
    expect(burst(play, MONDAY + 8 * DAY, 110)).toHaveLength(1)
  })

  it('measures a newcomer by its peers', () => {
    const play = rehearsal(arm(destructiveBurst, {}))
    for (let peer = 0; peer < 30; peer++) for (let day = 0; day < 2; day++) burst(play, MONDAY + day * DAY + peer * 60, 10, { actor: `peer-${peer}` })
    expect(burst(play, MONDAY + 3 * DAY, 15, { actor: 'new' })).toEqual([])
    const [draft] = burst(play, MONDAY + 4 * DAY, 20, { actor: 'newer' })
    expect(draft?.severity).toBe('medium')
    expect(draft?.baselines?.peers).toContain('up to 16')
  })

  it('does not take a repository for its own because it made something in it', () => {
    const play = rehearsal(arm(destructiveBurst, {}))
    for (const repo of ['acme/site', 'acme/app']) play(at(MONDAY, { tool: 'create_issue', effect: 'write', arguments: `{"repo":"${repo}","title":"x"}`, result: '{"number":17}' }))
    for (const repo of ['acme/tmp-1', 'acme/tmp-2']) play(at(MONDAY, { tool: 'create_repository', effect: 'write', arguments: `{"repo":"${repo}"}` }))
    const drop = (repo: string) => play(at(MONDAY + 60, { tool: 'delete_repository', arguments: `{"repo":"${repo}"}` }))
    expect([...drop('acme/tmp-1'), ...drop('acme/tmp-2')]).toEqual([])
    expect([...drop('acme/site'), ...drop('acme/app')]).toHaveLength(1)
  })

  it('counts nothing that failed, was denied or is nobody\'s', () => {
    const play = rehearsal(arm(destructiveBurst, {}))
    expect(burst(play, MONDAY, 60, { outcome: 'tool_error' })).toEqual([])
    expect(burst(play, MONDAY, 60, { outcome: 'denied' })).toEqual([])
    expect(burst(play, MONDAY, 60, { actor: '' })).toEqual([])
  })

  it('never repeats an argument', () => {
    const play = rehearsal(arm(destructiveBurst, {}))
    expect(textOf(burst(play, MONDAY, 50, { tool: 'drop_table\u001b' }))).not.toMatch(/srv|drop_table/)
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const call = fc.record({ skip: fc.integer({ min: -1000, max: 100_000 }), tool: fc.constantFrom('delete_x', 'create_y', 'run_command', 'query', 'drop_db'), sent: fc.string({ maxLength: 3000, unit: 'grapheme' }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 80 }), (calls) => {
      const armed = arm(destructiveBurst, {})
      const state = armed.begin()
      let now = MONDAY
      for (const { skip, tool, sent } of calls) {
        now = Math.max(0, now + skip)
        armed.step(state, at(now, { tool, arguments: sent, event_ids: ['0123456789abcdef0123456789abcdef'] }), 'actor:job', { hash: String })
      }
      expect(textOf(state).length).toBeLessThan(1_600)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
