import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { hash32 } from '../stats/distinct.ts'
import { harvesting } from './detector.ts'
import { subjectOf } from './subject.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 8) / 1000
const read = (seconds: number, fields: Partial<InteractionFields>): Interaction => {
  const time = BigInt(Math.round(seconds * 1e9))
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', method: 'tools/call', tool: 'get', server: 'crm', effect: 'read',
    started_at: time, ended_at: time, received_at: time, ...fields }
}
const file = (seconds: number, folder: number, name: number, fields: Partial<InteractionFields> = {}): Interaction =>
  read(seconds, { resource: `file:///srv/${folder}/${hash32(String(name))}`, ...fields })

describe('harvesting', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(harvesting, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it.each([
    [{ resource: 'crm://customers/1234' }, 'id', 1234], [{ resource: 'file:///a/INV-0042.pdf' }, 'id', 42], [{ resource: 'file:///a/readme' }, '', -1], [{ resource: 'file:///a1/b' }, '', -1],
    [{ arguments: '{"limit": 50, "page": 7}' }, 'page', 7], [{ arguments: '{"customerId":"CUST-0099"}' }, 'id', 99], [{ arguments: '{"account_no": 77, "x": 1}' }, 'id', 77],
    [{ arguments: '{"offset":100}' }, 'page', 100], [{ arguments: '{"year":2026,"amount":3}' }, '', -1], [{ arguments: '{"id":"abc"}' }, '', -1],
    [{ arguments: '{"cursor":"x9"}' }, 'cursor', hash32('"x9')], [{ arguments: '{"id": "' }, '', -1],
  ] as const)('%j', (fields, kind, number) => { expect(subjectOf(read(0, fields))).toMatchObject({ kind, number }) })

  it('follows cursors, and walks backwards and with gaps', () => {
    for (const value of [(i: number) => `{"cursor":"${hash32(String(i))}"}`, (i: number) => `{"order_id":${5_000 - i}}`, (i: number) => `{"order_id":${i * 2 + (i % 2)}}`]) {
      const play = rehearsal(arm(harvesting, {}))
      let told = 0
      for (let i = 0; i < 120; i++) told += play(read(MONDAY + i, { arguments: value(i) })).length
      expect(told).toBe(2)
    }
  })

  it('gets used to a walk that comes daily, and tells of one that is much longer', () => {
    const play = rehearsal(arm(harvesting, {}))
    const walk = (day: number, length: number) => Array.from({ length }, (_, i) => play(read(MONDAY + day * DAY + i, { arguments: `{"order_id":${i}}` })).map(({ severity }) => severity)).flat()
    const told = Array.from({ length: 8 }, (_, day) => walk(day, 200).length)
    expect(told.slice(0, 3)).toEqual([2, 2, 1])
    expect(told.slice(3)).toEqual([0, 0, 0, 0, 0])
    expect(walk(9, 900)).toEqual(['low', 'medium'])
  })

  it('tells a day with many different things against the actor\'s own days, and of a newcomer against its peers\'', () => {
    const play = rehearsal(arm(harvesting, {}))
    const day = (at: number, things: number, actor = 'ana') => Array.from({ length: things }, (_, i) => play(file(MONDAY + at * DAY + i * 20, i % 5, i + at * 10_000, { actor }))).flat()
    for (let at = 0; at < 8; at++) for (const actor of ['ana', 'bo', 'cy', 'dee']) expect(day(at, 40, actor)).toEqual([])
    const wide = day(9, 600)
    expect(wide.map(({ about, severity }) => [about[1], severity])).toEqual([['things', 'low'], ['things', 'medium']])
    for (let at = 10; at < 14; at++) expect(day(at, 40)).toEqual([])
    expect(day(9, 1_500, 'new').map(({ reasons }) => reasons[0]?.includes('its peers'))).toEqual([true])
  })

  it('tells a day with many different tables', () => {
    const play = rehearsal(arm(harvesting, {}))
    const query = (at: number, table: number) => play(read(MONDAY + at, { tool: 'run_query', arguments: JSON.stringify({ sql: `SELECT * FROM schema_a.table_${table} LIMIT 10` }) }))
    for (let day = 0; day < 8; day++) for (let i = 0; i < 12; i++) expect(query(day * DAY + i * 300, i % 4)).toEqual([])
    const wide = Array.from({ length: 60 }, (_, i) => query(9 * DAY + i * 60, i)).flat()
    expect(wide.map(({ about, severity }) => [about[1], severity])).toEqual([['tables', 'low'], ['tables', 'medium']])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const armed = arm(harvesting, {})
    fc.assert(fc.property(fc.array(fc.record({ resource: fc.oneof(fc.constant(''), fc.string({ maxLength: 600 })), args: fc.oneof(fc.json(), fc.string(), fc.constant('{"id":')), skip: fc.integer({ min: -1_000, max: 200_000 }) }), { minLength: 1, maxLength: 120 }), (calls) => {
      const state = armed.begin()
      let at = MONDAY
      for (const { resource, args, skip } of calls) {
        const interaction = read(at += skip, { resource, arguments: args })
        for (const key of armed.keysOf(interaction)) armed.step(state, interaction, key, { hash: (text) => text })
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      expect(JSON.stringify(state).length).toBeLessThan(2_600)
    }))
    for (const args of ['"id":'.repeat(20_000), `{"id":"${'9'.repeat(60_000)}"}`, `${'"'.repeat(60_000)}":`]) subjectOf(read(0, { arguments: args }))
  })
})
