/** What docs/sql.md asks about lineage passes the SQL door, and shows a user of one tenant that tenant's rows alone. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SqlConfig } from '../../services/sql/config.ts'
import { createSqlEndpoint, type SqlEndpoint } from '../../services/sql/endpoint.ts'
import { openBench, type SqlBench, fillTenants } from './sql-engine.ts'

const PASSWORD = 'secret-a'
const QUESTIONS = [...readFileSync('docs/sql.md', 'utf8').split('\n## Lineage\n')[1]?.split('\n## ')[0]?.matchAll(/```sql\n([^`]*)```/g) ?? []].map(([, sql]) => sql ?? '')
let bench: SqlBench
let endpoint: SqlEndpoint

beforeAll(async () => {
  bench = await openBench()
  await fillTenants(bench.engine)
  for (const tenant of ['a', 'b']) {
    await bench.engine.write(`INSERT INTO watchkeeper.interaction_versions (tenant, interaction_id, version, method, tool, tool_call_id, started_at, sort_at, request_text, arguments, argument_sources, result)
      SELECT '${tenant}', '${tenant}1', 1, 'tools/call', 'read_mail', 'c1', now64(9), now64(9), 'the same sentence', '', map(), 'sent by nobody@mail.example'
      UNION ALL SELECT '${tenant}', '${tenant}2', 1, 'tools/call', 'send_mail', 'c2', now64(9), now64(9), 'the same sentence', '{"to":"nobody@mail.example"}', map('$.to', 'tool_result:c1'), ''`)
  }
  const users = [{ name: 'alice', password_sha256: createHash('sha256').update(PASSWORD).digest('hex'), tenant: 'a' }]
  endpoint = createSqlEndpoint(SqlConfig.parse({ users, max_execution_seconds: 20 }), {
    engine: bench.runner, loopback: true, now: () => performance.now(), audited: () => undefined, failed: (error) => { throw error },
  })
}, 60_000)
afterAll(async () => bench.close())

async function ask(query: string): Promise<{ tenant: string; tool: string }[]> {
  const parameters = 'param_sentence=nobody&param_address=nobody%40mail.example&default_format=JSONEachRow'
  const headers = new Map([['host', '127.0.0.1'], ['authorization', `Basic ${Buffer.from(`alice:${PASSWORD}`).toString('base64')}`]])
  const asked = { method: 'POST', path: '/', query: parameters, headers, body: Buffer.from(query), peer: '127.0.0.1', signal: new AbortController().signal }
  const answer = await endpoint.handle(asked)
  const text = Buffer.from(await new Response(answer.body as ConstructorParameters<typeof Response>[0]).arrayBuffer()).toString()
  expect([answer.status, text]).toEqual([200, text])
  return text.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { tenant: string; tool: string })
}

it('there are three questions', () => {
  expect(QUESTIONS).toHaveLength(3)
})

it.each(QUESTIONS.slice(1))('%s', async (question) => {
  expect((await ask(question)).map(({ tenant, tool }) => [tenant, tool])).toEqual([['a', 'send_mail']])
})

it('of a sentence of the user, and turns', async () => {
  expect((await ask((QUESTIONS[0] ?? '').replace('{sentence:String}', "'the same sentence'"))).map(({ tenant, tool }) => `${tenant} ${tool}`).sort()).toEqual(['a read_mail', 'a send_mail'])
  expect(await ask("SELECT tenant, turn, calls FROM turns WHERE turn = 'the same sentence'")).toEqual([{ tenant: 'a', turn: 'the same sentence', calls: 2 }])
})
