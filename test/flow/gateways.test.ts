/** One call through a gateway, seen by caller, gateway and server, is one interaction; two calls never are, whatever they came over. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEvent, AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { built, normaliseLogs, normaliseSpans, spanOf, type SpanLike } from '../../services/collector/normalise/sample-telemetry.ts'
import { Cluster, finish } from './across-traces/cluster.ts'
import { meaning, newest, SECOND, START } from './across-traces/stories.ts'

const arrived = (events: readonly AuditEventFields[]): AuditEvent[] => events.map((event) => ({ ...event, received_at: START + 200n * SECOND }))
const bodies = (...names: readonly (readonly [string, string])[]): AuditEvent[] => arrived(names.flatMap(([folder, name]) => built(folder, name).events))

function assembled(events: readonly AuditEvent[], partitions = 1): readonly Interaction[] {
  const cluster = new Cluster(partitions)
  cluster.send(events)
  finish(cluster, () => 0)
  return cluster.out
}

const AGENTGATEWAY = bodies(['agentgateway', 'traces-call'], ['agentgateway', 'logs-access'])
const CONTEXTFORGE = bodies(['contextforge', 'traces-call'])
const ENVOY = bodies(['envoy-ai-gateway', 'traces-default'], ['envoy-ai-gateway', 'traces-genai'])

const callsOf = (interactions: readonly Interaction[]) => newest(interactions).filter(({ method }) => method === 'tools/call')

describe.each([1, 4])('on %i partitions', (partitions) => {
  it('agentgateway: both of its spans and its access log are one call with that of caller and server', () => {
    const [call, refused, ...rest] = callsOf(assembled(AGENTGATEWAY, partitions)).sort((left, right) => right.event_ids.length - left.event_ids.length)
    expect(call).toMatchObject({
      vantages: ['client', 'gateway', 'server'], tool: 'echo', server: 'everything', principal: 'alice', principal_trust: 'verified', actor: 'alice',
      client_address: '10.1.2.3', host: 'laptop-7', arguments: '{"message":"hello"}', outcome: 'ok', wire_session: 's-1',
    })
    expect(call?.event_ids).toHaveLength(5)
    expect(refused).toMatchObject({ principal: 'bob', tool: 'nothing', outcome: 'protocol_error', vantages: ['gateway'] })
    expect(rest).toEqual([])
    expect(newest(assembled(AGENTGATEWAY, partitions)).filter(({ method }) => method === '').map(({ outcome, principal }) => [outcome, principal]).sort())
      .toEqual([['denied', 'mallory'], ['unauthenticated', '']])
  })

  it('IBM ContextForge: eight spans, and those of caller and server, are one call; its own handshake is another', () => {
    const interactions = newest(assembled(CONTEXTFORGE, partitions))
    const [call, ...rest] = interactions.filter(({ method }) => method === 'tools/call')
    expect(rest).toEqual([])
    expect(call).toMatchObject({
      vantages: ['client', 'gateway', 'server'], tool: 'create_issue', server: 'jira', principal: 'a@ex.org', principal_trust: 'verified',
      client_address: '10.1.2.3', user_agent: 'node', host: 'laptop-7', arguments: '{"title":"x"}', outcome: 'ok', wire_session: 'w-9',
    })
    expect(call?.event_ids).toHaveLength(10)
    expect(interactions.filter(({ method }) => method === 'initialize').map(({ server_internal: internal, vantages }) => [vantages.join(), internal]).sort())
      .toEqual([['gateway', true], ['server', false]])
  })

  it('Envoy AI Gateway: in both vocabularies its span is one call with those of caller and server', () => {
    const calls = callsOf(assembled(ENVOY, partitions))
    expect(calls.map(({ vantages, tool, event_ids }) => [vantages.join(), tool, event_ids.length])).toEqual(Array(2).fill(['client,gateway,server', 'search', 3]))
    expect(calls.map(({ server, jsonrpc_request_id: id, outcome }) => [server, id, outcome])).toEqual(Array(2).fill(['ctx7', '3', 'ok']))
  })
})

it.each([['agentgateway', AGENTGATEWAY], ['contextforge', CONTEXTFORGE], ['envoy-ai-gateway', ENVOY]] as const)('%s: in any order, and twice', (_name, events) => {
  const expected = meaning(assembled(events))
  fc.assert(fc.property(fc.shuffledSubarray([...events, ...events.slice(0, 3)], { minLength: events.length + 3 }), (shuffled) => {
    expect(meaning(assembled(shuffled))).toEqual(expected)
  }), { numRuns: 60 })
})

const REQUEST = { spanId: 'e'.repeat(16), name: 'POST /mcp', kind: 2, attributes: { 'http.request.method': 'POST', 'url.path': '/mcp', 'client.address': '10.1.2.3' } }
const below = (digit: string, tool: string, more: Record<string, string> = {}): SpanLike => ({
  spanId: digit.repeat(16), parentSpanId: REQUEST.spanId, name: `tools/call ${tool}`, kind: 2, attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool, ...more },
})
const spread = (spans: readonly SpanLike[], partitions = 1) => newest(assembled(arrived(normaliseSpans(spans, { mcpPaths: ['/mcp'] }).events), partitions))

describe('an HTTP request', () => {
  it.each([
    ['a batch of two tools', below('1', 'read'), below('2', 'write')],
    ['a stream with the same tool twice', below('1', 'read'), below('2', 'read')],
    ['the same tool under two request ids', below('1', 'read', { 'jsonrpc.request.id': '1' }), below('2', 'read', { 'jsonrpc.request.id': '2' })],
  ])('that carries %s makes no one call of them, in any order', (_what, first, second) => {
    fc.assert(fc.property(fc.shuffledSubarray([REQUEST, first, second], { minLength: 3 }), (spans) => {
      const calls = spread(spans)
      expect(calls.map(({ method, event_ids }) => [method, event_ids.length]).sort()).toEqual([['tools/call', 1], ['tools/call', 2]])
    }), { numRuns: 12 })
  })

  it('that two instrumentations saw the same request in is one call', () => {
    expect(spread([REQUEST, below('1', 'read', { 'jsonrpc.request.id': '1' }), below('2', 'read', { 'jsonrpc.request.id': '1' })])).toMatchObject([
      { tool: 'read', client_address: '10.1.2.3', event_ids: [expect.anything(), expect.anything(), expect.anything()] },
    ])
  })
})

const PROXY = { component: 'proxy', 'http.method': 'POST', 'http.url': 'https://gw.example/mcp', 'http.status_code': '200', 'upstream_cluster': 'mcp', response_flags: '-' }
const CALL = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'read' }

it.each([[false], [true]])('a call through a proxy is one, with its access log (that names the method: %s)', (named) => {
  const spans: SpanLike[] = [
    { spanId: '1'.repeat(16), name: 'tools/call read', kind: 3, attributes: { ...CALL, 'jsonrpc.request.id': '1' } },
    { spanId: '2'.repeat(16), parentSpanId: '1'.repeat(16), name: 'ingress', kind: 2, attributes: { ...PROXY, 'peer.address': '10.1.2.3:99' } },
    { spanId: '3'.repeat(16), parentSpanId: '2'.repeat(16), name: 'router', kind: 3, attributes: PROXY },
    { ...REQUEST, parentSpanId: '3'.repeat(16), attributes: { ...REQUEST.attributes, 'client.address': '' } },
    below('4', 'read', { 'jsonrpc.request.id': '1' }),
  ]
  const { traceId } = spanOf({})
  const log = { traceId, spanId: '2'.repeat(16), attributes: { method: 'POST', path: '/mcp', response_code: '200', downstream_remote_address: '10.1.2.3:99', ...(named ? { 'mcp-method': 'tools/call', 'mcp-name': 'read' } : {}) } }
  const around = { mcpPaths: ['/mcp'] }
  const events = arrived([...normaliseSpans(spans, around).events, ...normaliseLogs([log], around).events])
  expect(events).toHaveLength(6)
  fc.assert(fc.property(fc.shuffledSubarray(events, { minLength: 6 }), (shuffled) => {
    const [call, ...rest] = newest(assembled(shuffled))
    expect(rest).toEqual([])
    expect(call).toMatchObject({ tool: 'read', client_address: '10.1.2.3', vantages: ['client', 'gateway', 'server'], outcome: 'ok' })
    expect(call?.event_ids).toHaveLength(6)
  }), { numRuns: 60 })
})

it("ids that a gateway gives on its own side are not its callers': two calls of one tool stay two", () => {
  const call = (first: string, ids: readonly [string, string]): SpanLike[] => {
    const [caller, gateway, server] = [0, 1, 2].map((step) => (Number(first) + step).toString().repeat(16)) as [string, string, string]
    return [
      { spanId: caller, name: 'c', kind: 3, attributes: { ...CALL, 'jsonrpc.request.id': ids[0] } },
      { spanId: gateway, parentSpanId: caller, name: 'g', kind: 2, attributes: { ...CALL, 'litellm.call_id': first, 'jsonrpc.request.id': ids[0] } },
      { spanId: server, parentSpanId: gateway, name: 's', kind: 2, attributes: { ...CALL, 'jsonrpc.request.id': ids[1] } },
    ]
  }
  expect(spread([...call('1', ['3', '9']), ...call('4', ['9', '3'])]).map(({ event_ids: ids }) => ids.length)).toEqual([3, 3])
})

describe('a tool under another name', () => {
  const through = (offered: string, own: string, kinds: readonly [number, number] = [3, 2]): SpanLike[] => [
    { spanId: '1'.repeat(16), name: 'x', kind: kinds[0], attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': offered, 'litellm.call_id': 'c' } },
    { spanId: '2'.repeat(16), parentSpanId: '1'.repeat(16), name: 'y', kind: kinds[1], attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': own } },
  ]

  it.each([['jira-create-issue', 'create_issue'], ['ctx7__search', 'search'], ['weather_Get', 'Get'], ['x.y', 'y']])('is the same where a gateway put a prefix before it: %s', (offered, own) => {
    expect(spread(through(offered, own))).toHaveLength(1)
  })

  it.each([['research', 'search'], ['search', 'research'], ['search_all', 'search'], ['read', 'write'], ['-', 'x']])('is another tool: %s, %s', (offered, own) => {
    expect(spread(through(offered, own))).toHaveLength(2)
  })

  it('is another call where a server calls out through a gateway', () => {
    const outward = through('my_search', 'search').map((span, index) => ({ ...span, attributes: { ...span.attributes } as Record<string, string>, kind: index === 0 ? 2 : 3 }))
    delete outward[0]?.attributes['litellm.call_id']
    Object.assign(outward[1]?.attributes ?? {}, { 'litellm.call_id': 'c' })
    expect(spread(outward)).toHaveLength(2)
  })
})
