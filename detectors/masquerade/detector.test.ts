import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { arm, type Draft } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { masquerade } from './detector.ts'
import { noHabits, shorten, use, usesOf } from './habits.ts'
import { hear, lessonOf, nothingTaught, othersOf } from './lore.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 9) / 1000
type Play = (interaction: Interaction) => readonly Draft[]

const call = (actor: string, tool: string, seconds: number): Interaction => {
  const time = BigInt(seconds) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor, actor_kind: 'principal', method: 'tools/call', tool, started_at: time, ended_at: time, received_at: time }
}
/** Calls of these tools in turn, a minute apart. */
const work = (play: Play, actor: string, tools: readonly string[], { day, calls }: { readonly day: number; readonly calls: number }): readonly Draft[] =>
  Array.from({ length: calls }, (_, i) => play(call(actor, tools[i % tools.length] ?? '', MONDAY + day * DAY + i * 60))).flat()

const ANA = ['read_file', 'search', 'list_items']
const BO = ['get_salary', 'export_table', 'send_mail', 'list_staff']

function company(params: unknown = {}): Play {
  const play = rehearsal(arm(masquerade, params))
  for (let day = 0; day < 10; day++) {
    work(play, 'ana', ANA, { day, calls: 80 })
    work(play, 'bo', BO, { day, calls: 80 })
  }
  return play
}

describe('masquerade', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(masquerade, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    for (const draft of drafts) expect(draft.severity).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('tells a session once, before it is over, and names what weighed most', () => {
    const said = work(company(), 'ana', BO, { day: 10, calls: 60 })
    expect(said).toHaveLength(1)
    expect(said[0]?.observed).toContain('get_salary')
    expect(Number((said[0]?.windowEnd ?? 0n) - (said[0]?.windowStart ?? 0n)) / 1e9).toBeLessThan(20 * 60)
  })

  it('does not learn what it told, until it came on so many days that it is a new job', () => {
    const play = company({ acceptDays: 3 })
    const told = Array.from({ length: 9 }, (_, i) => work(play, 'ana', BO, { day: 10 + i, calls: 60 }).length)
    expect(told.slice(0, 3)).toEqual([1, 1, 1])
    expect(told.slice(-3)).toEqual([0, 0, 0])
  })

  it('says nothing of a company of one, and nothing while there is no history', () => {
    const play = rehearsal(arm(masquerade, {}))
    for (let day = 0; day < 10; day++) expect(work(play, 'ana', ANA, { day, calls: 80 })).toEqual([])
    expect(work(play, 'ana', BO, { day: 10, calls: 60 })).toEqual([])
    expect(work(company(), 'newcomer', BO, { day: 10, calls: 60 })).toEqual([])
  })

  it('tells of several servers in one session that were never used, sooner with refusals or another machine, and learns them in three days', () => {
    const at = (seconds: number, server: string, fields: Partial<Interaction> = {}): Interaction => ({ ...call('ana', 'search', seconds), server, client: 'desk', outcome: 'ok', ...fields })
    const ofTwoWeeks = (): Play => {
      const play = rehearsal(arm(masquerade, {}))
      for (let i = 0; i < 140; i++) play(at(MONDAY + Math.floor(i / 10) * DAY + (i % 10) * 60, `own-${i % 3}`))
      return play
    }
    const told = (servers: readonly string[], fields: Partial<Interaction> = {}): readonly string[] =>
      servers.flatMap(function (this: Play, server, i) { return this(at(MONDAY + 14 * DAY + i * 60, server, fields)).map(({ severity }) => severity) }, ofTwoWeeks())
    expect(told(['own-0', 'other'])).toEqual([])
    expect(told(['other', 'other', 'other', 'other'])).toEqual(['low'])
    expect(told(['a', 'b', 'c', 'c'])).toEqual(['low', 'medium'])
    expect(told(['a', 'b'], { client: 'script', outcome: 'denied' })).toEqual(['low', 'medium'])
    const play = ofTwoWeeks()
    const days = Array.from({ length: 4 }, (_, day) => ['a', 'b', 'c', 'c'].flatMap((server, i) => play(at(MONDAY + (14 + day) * DAY + i * 60, server))).length)
    expect(days).toEqual([2, 0, 0, 0])
  })

  it('never prints a name that is not one', () => {
    const odd = ['x\u001b[31m', '<script>', 'ä ö', 'drop table']
    const play = rehearsal(arm(masquerade, {}))
    for (let day = 0; day < 10; day++) {
      work(play, 'ana', ANA, { day, calls: 80 })
      work(play, 'bo', odd, { day, calls: 80 })
    }
    const [draft] = work(play, 'ana', odd, { day: 10, calls: 60 })
    expect(draft?.observed).toContain('one with an odd name')
    for (const name of odd) expect([draft?.title, draft?.observed, ...draft?.reasons ?? []].join()).not.toContain(name)
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.record({ tool: fc.string(), skip: fc.integer({ min: 0, max: 200_000 }) }), { maxLength: 300 }), (calls) => {
      const params = masquerade.rule.params.parse({ maxActions: 32 })
      const state = masquerade.begin?.(params)
      if (state === undefined) throw new Error('no state')
      let at = MONDAY
      for (const { tool, skip } of calls) {
        at += skip
        masquerade.step?.(state, call('ana', tool, at), 'actor:ana', params, { hash: String })
        expect(state.habits.ids.length).toBeLessThanOrEqual(32)
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})

describe('habits', () => {
  it('count as a map would, in order', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (ids) => {
      const habits = noHabits()
      const wanted = new Map<number, number>()
      for (const id of ids) {
        use(habits, id, 1)
        wanted.set(id, (wanted.get(id) ?? 0) + 1)
      }
      expect(habits.ids).toEqual([...wanted.keys()].sort((one, other) => one - other))
      for (const [id, uses] of wanted) expect(usesOf(habits, id)).toBe(uses)
      expect(habits.total).toBe(ids.length)
    }))
  })

  it('give up what was used least when there are too many', () => {
    const habits = noHabits()
    for (let id = 1; id <= 40; id++) use(habits, id, id % 10 === 0 ? 8 : 1)
    shorten(habits, 32)
    expect(habits.ids).toEqual([10, 20, 30, 40])
    expect(habits.total).toBe(16)
  })

  it('are told to the peers by doubling twice, and one\'s own part can be taken out', () => {
    const [mine, hers, peers] = [nothingTaught(), nothingTaught(), noHabits()]
    const told: number[] = []
    for (let uses = 1; uses <= 60; uses++) for (const one of [mine, hers]) {
      const lesson = lessonOf(one, 77, uses, 32)
      if (lesson > 0) told.push(lesson)
      if (lesson > 0) hear(peers, lesson, 64)
    }
    expect(told).toHaveLength(6)
    expect(usesOf(peers, 77)).toBe(96)
    expect(othersOf(peers, mine, 77)).toEqual({ uses: 48, total: 48 })
  })
})
