import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { deniedThenDone } from './detector.ts'

const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', principal: 'ana', method: 'tools/call', tool: 'delete_file', effect: 'delete', outcome: 'denied',
    arguments: '{"path":"/srv/data/q3.csv"}', started_at: time, ended_at: time, received_at: time, ...fields }
}
const around = { tool: 'run_command', effect: 'execute', outcome: 'ok', arguments: '{"command":"rm /srv/data/q3.csv"}' } as const
const textOf = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))

describe('denied-then-done', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(deniedThenDone, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(textOf(drafts)).toContain(reason)
  })

  it('tells each denial once, with the observations of both calls, and never an argument', () => {
    const play = rehearsal(arm(deniedThenDone, {}))
    play(at(MONDAY, { event_ids: ['e1'] }))
    const said = play(at(MONDAY + 60, { ...around, event_ids: ['e2'] }))
    expect(said).toHaveLength(1)
    expect(said[0]?.evidence).toEqual(['e1', 'e2'])
    expect(textOf(said)).not.toContain('q3')
    expect(play(at(MONDAY + 90, around))).toEqual([])
  })

  it('tells it once, too, where the denials arrive after the command, but not what was done before them', () => {
    const play = rehearsal(arm(deniedThenDone, {}))
    expect(play(at(MONDAY + 60, { ...around, event_ids: ['e2'] }))).toEqual([])
    expect(play(at(MONDAY + 90))).toEqual([])
    const [said] = play(at(MONDAY + 50, { event_ids: ['e1'] }))
    expect(said).toMatchObject({ severity: 'high', title: 'run_command did what had been denied', evidence: ['e1', 'e2'] })
    expect(play(at(MONDAY + 55))).toEqual([])
  })

  it('lets go what the person asked for after all: low', () => {
    const play = rehearsal(arm(deniedThenDone, {}))
    play(at(MONDAY))
    expect(play(at(MONDAY + 60, { ...around, requested_by: 'user_turn', request_fit: 'asked' }))[0]?.severity).toBe('low')
  })

  it('says nothing where neither principal nor conversation is shared, where nothing was done, or where objects have no name', () => {
    const play = rehearsal(arm(deniedThenDone, {}))
    play(at(MONDAY))
    expect(play(at(MONDAY + 60, { ...around, principal: 'bo', actor: 'bo' }))).toEqual([])
    expect(play(at(MONDAY + 60, { ...around, outcome: 'tool_error' }))).toEqual([])
    expect(play(at(MONDAY + 60, { ...around, outcome: 'unknown' }))).toEqual([])
    const nameless = rehearsal(arm(deniedThenDone, {}))
    nameless(at(MONDAY, { arguments: '{}' }))
    expect(nameless(at(MONDAY + 60, { ...around, arguments: '{}' }))).toEqual([])
  })

  it('keeps a bounded state, plain JSON, whatever comes, and forgets', () => {
    const call = fc.record({ skip: fc.integer({ min: -100, max: 900 }), sent: fc.string({ maxLength: 3000, unit: 'grapheme' }), denied: fc.boolean(), tool: fc.constantFrom('delete_x', 'Bash', 'run_command', 'send') })
    fc.assert(fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
      const armed = arm(deniedThenDone, {})
      const state = armed.begin()
      let now = MONDAY
      for (const { skip, sent, denied, tool } of calls) {
        now += skip
        armed.step(state, at(now, { tool, arguments: sent, outcome: denied ? 'denied' : 'ok' }), 'actor:ana', { hash: String })
      }
      // Four denials of 6 names each and four commands of 32: 350 and 700 characters.
      expect(textOf(state).length).toBeLessThan(4_500)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      expect(armed.forget(state, BigInt(now + 400_000) * 1_000_000_000n)).toBe(true)
    }))
  })
})
