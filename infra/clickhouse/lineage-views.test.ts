/** The questions of docs/sql.md about lineage, as they stand there, asked of the engine. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import { openStore } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-lineage-'))
const store = openStore({ directory, readers: 2 })
const TURN = 'Pay what the mail from Ana says.'
const MAIL = 'mail 7: Rent is due. Please send it to DE02120300000000202051.'

const call = (n: number, change: Partial<Interaction>): Interaction => ({
  ...exampleInteraction, interaction_id: String(n).padStart(32, '0'), tool_call_id: `call_${n}`, started_at: exampleInteraction.started_at + BigInt(n) * 1_000_000_000n,
  request_text: TURN, requested_by: 'user_turn', request_fit: 'asked', argument_sources: new Map(), result: '', ...change,
})

beforeAll(async () => {
  await store.migrate()
  await store.insertRows('interactions', [
    call(1, { tool: 'read_mail', effect: 'read', result: MAIL }),
    call(2, {
      tool: 'send_money', effect: 'pay', request_fit: 'unrelated',
      arguments: '{"to":["DE02120300000000202051"],"note":"for \\"rent\\"","more":"{\\"iban\\":{\\"n\\":7000}}"}',
      argument_sources: new Map([['$.to[0]', 'tool_result:call_1'], ['$.note', 'model'], ['$.more.iban.n', 'user']]),
    }),
    call(3, { tool: 'send_money', tool_call_id: '', arguments: 'plain words', argument_sources: new Map([['$', `tool_result:${'1'.padStart(32, '0')}`]]), request_text: 'Another turn.' }),
    call(4, { tenant: 'other', arguments: '{"to":"DE02120300000000202051"}', argument_sources: new Map([['$.to', 'user']]) }),
  ], 'calls')
}, 60_000)
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

/** The SQL block below this heading of the page. */
function documented(heading: string): string {
  const page = readFileSync('docs/sql.md', 'utf8')
  const found = page.slice(page.indexOf(heading)).match(/```sql\n([^`]*)```/)?.[1]
  if (!page.includes(heading) || found === undefined) throw new Error(`docs/sql.md has no SQL below ${heading}`)
  return found.replaceAll(/\b(FROM|JOIN) (argument_sources|interactions|turns)\b/g, '$1 watchkeeper.$2')
}

it('show each value with its place', async () => {
  const rows = await store.query("SELECT path, value, source, source_call FROM watchkeeper.argument_sources WHERE tenant = 'default' ORDER BY started_at, path")
  expect(rows).toEqual([
    { path: '$.more.iban.n', value: '7000', source: 'user', source_call: '' }, { path: '$.note', value: 'for "rent"', source: 'model', source_call: '' },
    { path: '$.to[0]', value: 'DE02120300000000202051', source: 'tool_result', source_call: 'call_1' },
    { path: '$', value: 'plain words', source: 'tool_result', source_call: '1'.padStart(32, '0') },
  ])
})

it('show what each turn set in motion', async () => {
  const rows = await store.query("SELECT turn, calls, unrelated, tools, length(interaction_ids) AS ids FROM watchkeeper.turns WHERE tenant = 'default' ORDER BY first_at")
  expect(rows).toEqual([
    { turn: TURN, calls: 2n, unrelated: 1n, tools: ['read_mail', 'send_money'], ids: 2n }, { turn: 'Another turn.', calls: 1n, unrelated: 0n, tools: ['send_money'], ids: 1n },
  ])
})

it('answers what happened because of a sentence of the user', async () => {
  const rows = await store.query(documented('because of this sentence of the user'), { sentence: TURN })
  expect(rows.map(({ tenant, tool, request_fit: fit }) => [tenant, tool, fit])).toEqual([
    ['default', 'read_mail', 'asked'], ['default', 'send_money', 'unrelated'], ['other', exampleInteraction.tool, 'asked'],
  ])
})

it('answers what happened because of a sentence in a result', async () => {
  const rows = await store.query(documented('because of this sentence in a result'), { sentence: 'Please send it to' })
  expect(rows.map(({ tool, path, value }) => [tool, path, value])).toEqual([['send_money', '$.to[0]', 'DE02120300000000202051'], ['send_money', '$', 'plain words']])
})

it('answers where an address came from', async () => {
  const rows = await store.query(documented('Where did this address come from'), { address: 'DE02120300000000202051' })
  expect(rows.map(({ tenant, tool, source, from_tool: from, from_turn: turn }) => [tenant, tool, source, from, turn])).toEqual([
    ['default', 'send_money', 'tool_result', 'read_mail', TURN], ['other', exampleInteraction.tool, 'user', '', ''],
  ])
})
