import { describe, expect, it } from 'vitest'
import { eventOf, normaliseSpans, type Values } from '../sample-telemetry.ts'

const POST: Values = {
  'http.request.method': 'POST',
  'url.path': '/mcp',
  'http.response.status_code': 200,
  'client.address': '10.1.2.3',
  'user_agent.original': 'node',
}
const around = { mcpPaths: ['/mcp/'], scope: '@opentelemetry/instrumentation-http', resource: { 'service.name': 'gw', 'host.name': 'gw-1' } }

describe('HTTP spans of MCP endpoints', () => {
  it.each([
    [200, 'unknown', ''],
    [401, 'unauthenticated', '401'],
    ['403', 'denied', '403'],
    [404, 'protocol_error', '404'],
    [503, 'protocol_error', '503'],
  ] as const)('are kept whatever the status (%o)', (status, outcome, code) => {
    expect(eventOf({ name: 'POST /mcp', kind: 2, attributes: { ...POST, 'http.response.status_code': status } }, around)).toMatchObject({
      emitter: 'http',
      vantage: 'server',
      method: '',
      server: 'gw',
      outcome,
      error_code: code,
      client_address: '10.1.2.3',
      client_address_trust: 'server_reported',
      user_agent: 'node',
      actor: 'gw-1',
      actor_kind: 'host',
    })
  })

  it('are known by the headers of MCP wherever they are served', () => {
    const headers = {
      'http.request.header.mcp-method': ['tools/call'],
      'http.request.header.mcp-name': ['=?base64?w6llbg==?='],
      'http.request.header.mcp-session-id': ['w-1'],
    }
    const event = eventOf({ kind: 2, attributes: { ...POST, 'url.path': '/elsewhere', 'http.response.status_code': 401, ...headers } }, around)
    expect(event).toMatchObject({ method: 'tools/call', tool: 'éen', wire_session: 'w-1', outcome: 'unauthenticated' })
    expect(event.attributes.get('http.request.header.mcp-name')).toEqual({ type: 'json', text: '["=?base64?w6llbg==?="]' })
    expect(
      eventOf(
        { kind: 2, attributes: { 'http.request.header.mcp_method': ['resources/read'], 'http.request.header.mcp_name': ['file:///x'] } },
        around,
      ),
    ).toMatchObject({ method: 'resources/read', resource: 'file:///x' })
  })

  it.each([
    ['url.full', 'https://mcp.example/mcp?x=1'],
    ['http.url', 'https://mcp.example/mcp/a'],
    ['http.target', '/mcp?token=1'],
    ['http.route', '/mcp/{id}'],
    ['url.path', '/mcp'],
  ])('are found by %s', (key, path) => {
    expect(normaliseSpans([{ kind: 3, attributes: { 'http.method': 'POST', [key]: path } }], around).events).toHaveLength(1)
  })

  it("give the target on the client's side and no claimed address", () => {
    expect(eventOf({ kind: 3, attributes: { ...POST, 'url.full': 'https://mcp.example/mcp' } }, around)).toMatchObject({
      vantage: 'client',
      target: 'https://mcp.example/mcp',
      server: '',
      client_address: '',
    })
  })

  it.each(['/mcpx', '/v1/mcp', '/', ''])('are not those of %o', (path) => {
    expect(normaliseSpans([{ kind: 2, attributes: { ...POST, 'url.path': path } }], around).counted.skipped.get('not_mcp')).toBe(1)
  })

  it('are not made of a path alone', () => {
    expect(normaliseSpans([{ kind: 2, attributes: { 'url.path': '/mcp' } }], around).events).toEqual([])
  })
})
