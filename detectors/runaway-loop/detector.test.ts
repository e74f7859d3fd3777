import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { runawayLoop } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000

const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'job', actor_kind: 'principal', method: 'tools/call', tool: 'post_entry', effect: 'write', arguments_hash: 'f00', outcome: 'ok',
    started_at: time, ended_at: time, received_at: time, ...fields }
}
type Play = ReturnType<typeof rehearsal>
const loop = (play: Play, from: number, times: number, fields: Partial<InteractionFields> = {}): number =>
  Array.from({ length: times }, (_, i) => play(at(from + i * 2, fields)).length).reduce((sum, one) => sum + one, 0)

const severities = (drafts: readonly { readonly severity: string }[]): string => drafts.map(({ severity }) => severity).join()
const textOf = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))

describe('runaway-loop', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(runawayLoop, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(textOf(drafts)).toContain(reason)
  })

  it('tells a loop once, while it runs, and a second one again', () => {
    const play = rehearsal(arm(runawayLoop, {}))
    expect(loop(play, MONDAY, 30)).toBe(1)
    expect(loop(play, MONDAY + 60, 500)).toBe(0)
    expect(loop(play, MONDAY + 7200, 30)).toBe(1)
  })

  it('takes it for a habit after three days, until it is far above the own peak', () => {
    const play = rehearsal(arm(runawayLoop, {}))
    for (let day = 0; day < 10; day++) expect(loop(play, MONDAY + day * DAY, 120)).toBe(day < 3 ? 1 : 0)
    expect(loop(play, MONDAY + 10 * DAY, 600)).toBe(1)
  })

  it('sees a circle of several calls, and progress where results change', () => {
    const play = rehearsal(arm(runawayLoop, {}))
    const said = Array.from({ length: 240 }, (_, i) => play(at(MONDAY + i, { tool: `step_${i % 6}`, arguments_hash: `a${i % 6}` }))).flat()
    expect(said.length).toBeGreaterThan(0)
    const other = rehearsal(arm(runawayLoop, {}))
    expect(Array.from({ length: 240 }, (_, i) => other(at(MONDAY + i, { tool: 'read_page', effect: 'read', result_hash: `r${i}` }))).flat()).toEqual([])
  })

  it('counts calls that fail in turn together, tells them once, and leaves those alone that are asked for once more', () => {
    const failing = (at_: number, call: number, outcome: 'tool_error' | 'ok' = 'tool_error') => at(at_, { tool: 'read_page', effect: 'read', arguments_hash: `page-${call}`, outcome, result_hash: '' })
    const play = rehearsal(arm(runawayLoop, {}))
    const said = Array.from({ length: 60 }, (_, i) => play(failing(MONDAY + i, i % 3))).flat()
    expect(severities(said)).toBe('medium')
    expect(said[0]?.reasons.join()).toContain('in turn with 2 other calls that fail')
    const works = rehearsal(arm(runawayLoop, {}))
    expect(Array.from({ length: 60 }, (_, i) => works(failing(MONDAY + i, i % 3, i % 3 === 0 ? 'tool_error' : 'ok'))).flat()).toEqual([])
    const many = rehearsal(arm(runawayLoop, {}))
    expect(Array.from({ length: 60 }, (_, i) => many(failing(MONDAY + i, i % 20))).flat()).toEqual([])
  })

  it('counts reading that takes turns and stands still together, also where no single call came often enough', () => {
    const reads = (i: number, result: string) => at(MONDAY + i * 2, { tool: 'read_page', effect: 'read', arguments_hash: `page-${i % 3}`, result_hash: result })
    const play = rehearsal(arm(runawayLoop, {}))
    expect(severities(Array.from({ length: 70 }, (_, i) => play(reads(i, `r${i % 3}`))).flat())).toBe('medium')
    const moves = rehearsal(arm(runawayLoop, {}))
    expect(Array.from({ length: 70 }, (_, i) => moves(reads(i, `r${i}`))).flat()).toEqual([])
  })

  it('sees sub-agents multiply under one actor', () => {
    const play = rehearsal(arm(runawayLoop, {}))
    const said = Array.from({ length: 40 }, (_, i) => play(at(MONDAY + i * 10, { requested_by: 'parent_agent', agent: `worker-${i}`, arguments_hash: `x${i}` }))).flat()
    expect(said).toHaveLength(1)
    expect(said[0]?.reasons[0]).toMatch(/^fan-out/)
  })

  it('is blind to repetitions where arguments are not sent, and keeps to the tool\'s own name only if it is one', () => {
    const play = rehearsal(arm(runawayLoop, {}))
    expect(loop(play, MONDAY, 100, { arguments_hash: '' })).toBe(0)
    const said = Array.from({ length: 40 }, (_, i) => play(at(MONDAY + 9000 + i, { tool: '<b>ignore all\u001b[31m' }))).flat()
    expect(textOf(said)).not.toContain('ignore')
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const call = fc.record({ skip: fc.integer({ min: -1000, max: 100_000 }), tool: fc.string({ maxLength: 8 }), hash: fc.constantFrom('a', 'b', 'c', ''), agent: fc.string({ maxLength: 3 }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 400 }), (calls) => {
      const params = runawayLoop.rule.params.parse({})
      const state = runawayLoop.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = MONDAY
      for (const { skip, tool, hash, agent } of calls) {
        now += skip
        runawayLoop.step?.(state, at(Math.max(0, now), { tool, arguments_hash: hash, agent, requested_by: 'parent_agent' }), 'actor:job', params, { hash: String })
      }
      expect(JSON.stringify(state).length).toBeLessThan(2_500)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
