/** What gateway, proxy and server say of one call comes out of the tables: who, on whose behalf, from where, who disagrees, and in how many rounds. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openStore } from '../../infra/clickhouse/store.ts'
import { openAddressBook } from '../../infra/mmdb/address-book.ts'
import { interactions } from '../../schemas/topics.ts'
import { locator } from '../../services/assembler/place/locate.ts'
import { placeRules } from '../../services/collector/normalise/client-address.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { ARRIVAL, type SpanLike, spanOf } from '../../services/collector/normalise/sample-telemetry.ts'
import { writeMmdb } from '../mmdb/write-mmdb.ts'
import { assemble } from './assembling.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-place-'))
const store = openStore({ directory: join(directory, 'db'), readers: 1 })
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const normaliser = createNormaliser({ mcpPaths: ['/mcp'], place: placeRules({ proxies: ['10.0.0.0/8'], header: 'x-forwarded-for', besideCaller: [] }) })
const eventsOf = (service: string, scope: string, spans: readonly SpanLike[]) => normaliser.traces([{
  resource: { attributes: new Map([['service.name', service]]) }, scope: { name: scope, version: '', attributes: new Map() }, items: spans.map(spanOf),
}], ARRIVAL).events

const CALL = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'drop', 'gen_ai.tool.call.arguments': '{"name":"q3"}' }
const ASK = '{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create"}},"requestState":"s"}'
const at = (seconds: number, id: string, parent: string): Pick<SpanLike, 'startedAt' | 'endedAt' | 'spanId' | 'parentSpanId'> =>
  ({ startedAt: BigInt(seconds) * 1_000_000_000n, endedAt: BigInt(seconds + 1) * 1_000_000_000n, spanId: id.repeat(16), parentSpanId: parent === '' ? '' : parent.repeat(16) })

it('in columns, and rows of identity_conflicts', { timeout: 60_000 }, async () => {
  const mmdb = join(directory, 'lite.mmdb')
  writeFileSync(mmdb, writeMmdb({ type: 'ipinfo lite', networks: { '2606:4700::/32': { country_code: 'US', asn: 'AS64500', as_name: 'Example' } } }))
  const book = await openAddressBook([mmdb], { replaced: () => undefined, broken: () => undefined, unreadable: () => undefined })
  const whole = assemble([
    ...eventsOf('app', 'pydantic-ai', [{ ...at(1, 'a', ''), kind: 1, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'drop', 'gen_ai.tool.call.id': 'call_identity_1', 'watchkeeper.principal': 'bob' } }]),
    ...eventsOf('gw', 'agentgateway', [
      {
        ...at(2, 'b', 'a'), kind: 2,
        attributes: {
          ...CALL, 'http.request.method': 'POST', 'http.path': '/mcp', 'network.peer.address': '10.0.0.1', 'http.request.header.x-forwarded-for': '1.1.1.1, 2606:4700:1:2::3',
          'jwt.sub': 'ann', 'jwt.act': '{"sub":"planner","act":{"sub":"chat"}}', 'jwt.tid': 'acme', 'jwt.scope': 'q:drop',
        },
      },
    ]),
    ...eventsOf('files', 'fastmcp', [
      { ...at(3, 'c', 'b'), kind: 2, attributes: { ...CALL, 'gen_ai.tool.call.result': ASK } }, { ...at(5, 'd', 'b'), kind: 2, attributes: { ...CALL, 'gen_ai.tool.call.result': 'gone' } },
    ]),
  ]).map(locator(book))
  book.close()
  await store.migrate()
  await store.insertRows('interactions', interactions.codec.decode(interactions.codec.encode(whole)), 'token')
  const facts = `principal, principal_trust, delegation, delegation_source, caller_tenant, scopes_trust, client_address, client_network, client_range, client_country, client_asn, client_as_org,
    client_hosting, rounds, attempts, input_requests, result`
  expect((await store.query(`SELECT ${facts} FROM watchkeeper.interactions`)).map((row) => ({ ...row }))).toEqual([{
    principal: 'ann', principal_trust: 'verified', delegation: ['planner', 'chat'], delegation_source: 'jwt.act', caller_tenant: 'acme', scopes_trust: 'verified',
    client_address: '2606:4700:1:2::3', client_network: '2606:4700:1:2::/64', client_range: 'public', client_country: 'US', client_asn: 64_500, client_as_org: 'Example',
    client_hosting: '', rounds: 2, attempts: 1, input_requests: ['elicitation/create'], result: 'gone',
  }])
  expect((await store.query('SELECT tenant, tool, field, value, source, trust, said_by, holds FROM watchkeeper.identity_conflicts ORDER BY holds DESC')).map((row) => ({ ...row }))).toEqual([
    { tenant: 'default', tool: 'drop', field: 'principal', value: 'ann', source: 'jwt.sub', trust: 'verified', said_by: 'gw', holds: true },
    { tenant: 'default', tool: 'drop', field: 'principal', value: 'bob', source: 'watchkeeper.principal', trust: 'client_reported', said_by: 'app', holds: false },
  ])
})
