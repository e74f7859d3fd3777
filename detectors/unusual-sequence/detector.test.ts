import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm, type Draft } from '../detector.ts'
import { diceOf } from '../quiet-day.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { type Counts, countOf, use } from './counts.ts'
import { unusualSequence } from './detector.ts'

const DAY = 86_400
const START = Date.UTC(2026, 2, 2, 9) / 1000
const EFFECTS: Readonly<Record<string, InteractionFields['effect']>> = { send_reply: 'send', run_command: 'execute', delete_ticket: 'delete', close_ticket: 'write' }
const at = (seconds: number, tool: string, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds)) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', agent: 'desk', method: 'tools/call', tool, effect: EFFECTS[tool] ?? 'read', outcome: 'ok',
    started_at: time, ended_at: time, received_at: time, ...fields }
}
/** How people of a help desk work: a walk in which each tool has its usual next ones. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  '': ['list_tickets', 'list_tickets', 'search_wiki'], list_tickets: ['read_ticket', 'read_ticket', 'search_wiki'], read_ticket: ['search_wiki', 'read_customer', 'send_reply'],
  search_wiki: ['read_wiki', 'read_wiki', 'read_ticket'], read_wiki: ['send_reply', 'search_wiki', 'read_ticket'], read_customer: ['send_reply', 'search_wiki'],
  send_reply: ['close_ticket', 'list_tickets'], close_ticket: ['list_tickets', 'list_tickets', 'delete_ticket'], delete_ticket: ['list_tickets'],
}
/** Operators, so that commands are well known to the tenant. */
const OPERATE: Readonly<Record<string, readonly string[]>> = { '': ['read_host'], read_host: ['run_command', 'read_host'], run_command: ['run_command', 'read_host'] }

function* work(dice: () => number, from: number, actor: string, next = NEXT): Generator<Interaction> {
  for (let day = 0; day < 12; day++) {
    let tool = ''
    for (let i = 0; i < 30; i++) {
      const list = next[tool] ?? ['list_tickets']
      tool = list[Math.floor(dice() * list.length)] as string
      yield at(from + day * DAY + i * 120, tool, { actor })
    }
  }
}

type Play = (interaction: Interaction) => readonly Draft[]
function grown(seed: number): { readonly play: Play; readonly said: readonly Draft[] } {
  const play = rehearsal(arm(unusualSequence, {}))
  const dice = diceOf(seed)
  const people = Array.from({ length: 12 }, (_, i) => [...work(dice, START, i === 0 ? 'ana' : `person-${i}`, i > 7 ? OPERATE : NEXT)])
  const calls = people.flat().sort((one, other) => Number(one.ended_at - other.ended_at))
  return { play, said: calls.flatMap(play) }
}
const run = (play: Play, tools: readonly string[], fields: Partial<InteractionFields> = {}, day = 13): readonly Draft[] =>
  tools.flatMap((tool, i) => play(at(START + day * DAY + i * 60, tool, fields)))

describe('unusual-sequence', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(unusualSequence, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it.each([1, 2, 3])('learns how people work without a word (seed %i), and tells what is far from it', (seed) => {
    const { play, said } = grown(seed)
    expect(said).toEqual([])
    expect(run(play, ['list_tickets', 'read_ticket', 'search_wiki', 'read_wiki', 'send_reply', 'close_ticket'])).toEqual([])
    const [leap] = run(play, ['list_tickets', 'read_ticket', 'run_command'], { request_fit: 'unrelated' }, 14)
    expect(leap).toMatchObject({ severity: 'medium', observed: expect.stringContaining('read_ticket → run_command') as string })
    expect(run(play, ['list_tickets', 'read_ticket', 'run_command'], { actor: 'person-3', request_fit: 'asked' }, 14).map(({ severity }) => severity)).toEqual(['low'])
  })

  it('does not learn what was told, and tells each run', () => {
    const { play } = grown(4)
    for (let day = 14; day < 17; day++) expect(run(play, ['list_tickets', 'read_ticket', 'run_command'], { request_fit: 'unrelated' }, day)).toHaveLength(1)
  })

  it('tells runs that are unlikely as a whole', () => {
    const { play } = grown(5)
    const odd = ['read_wiki', 'close_ticket', 'read_customer', 'delete_ticket', 'read_wiki', 'delete_ticket', 'close_ticket', 'read_customer', 'close_ticket']
    const drafts = run(play, odd)
    expect(drafts.find(({ title }) => title.endsWith('unusual order'))).toMatchObject({ severity: 'low' })
    expect(drafts.every(({ severity }) => severity !== 'high')).toBe(true)
  })

  it('takes a new tool of the tenant, and a new version of the agent, for nothing strange', () => {
    const { play } = grown(6)
    expect(run(play, ['list_tickets', 'brand_new_tool', 'brand_new_tool', 'list_tickets', 'brand_new_tool'], { effect: 'execute', request_fit: 'unrelated' })).toEqual([])
    expect(run(play, ['list_tickets', 'read_ticket'], { user_agent: 'desk/2' }, 15)).toEqual([])
    expect(run(play, ['list_tickets', 'read_ticket', 'run_command'], { user_agent: 'desk/3', request_fit: 'unrelated' }, 16)).toEqual([])
    expect(run(play, ['list_tickets', 'read_wiki', 'run_command'], { user_agent: 'desk/4', request_fit: 'unrelated' }, 18)).toHaveLength(1)
  })

  it('counts as a list of pairs would, in bounded space', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 30 - 1 }), { maxLength: 200 }), (ids) => {
      const many: { counts: Counts } = { counts: [] }
      for (const id of ids) use(many, id, 1000)
      for (const id of ids) expect(countOf(many.counts, id)).toBe(ids.filter((one) => one === id).length)
      const few: { counts: Counts } = { counts: [] }
      for (const id of ids) {
        use(few, id, 16)
        expect(few.counts.length).toBeLessThanOrEqual(16)
      }
    }))
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const hostile = fc.record({ tool: fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), conversation: fc.string({ maxLength: 2 }), agent: fc.string({ maxLength: 2 }),
      skip: fc.integer({ min: -100_000, max: 900_000 }) })
    fc.assert(fc.property(fc.array(hostile, { maxLength: 120 }), (calls) => {
      const params = unusualSequence.rule.params.parse({ maxSteps: 16, minCalls: 20, minDays: 1 })
      const state = unusualSequence.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let now = START
      for (const { skip, tool, ...fields } of calls) {
        const call = at(now += skip, tool, fields)
        for (const key of unusualSequence.keysOf?.(call, params) ?? []) unusualSequence.step?.(state, call, key, params, { hash: String })
        expect(state.counts.length).toBeLessThanOrEqual(16)
        expect(state.runs.length).toBeLessThanOrEqual(3)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }), { numRuns: 50 })
  })
})
