import { expect, it } from 'vitest'
import { built, eventOf, normaliseSpans } from '../sample-telemetry.ts'

const { events, counted } = built('http', 'traces-endpoint')

it('spans of an MCP endpoint say who was refused at which call, in old names and new', () => {
  expect(counted.skipped).toEqual(new Map([['not_mcp', 1]]))
  expect(events.slice(0, 2)).toMatchObject([
    {
      emitter: 'http', vantage: 'server', method: 'tools/call', tool: 'read_file', wire_session: 'w-1', outcome: 'unauthenticated', client_address: '203.0.113.9',
      client_address_trust: 'server_reported', user_agent: 'node', server: 'files-mcp', principal: '',
    },
    { emitter: 'http', vantage: 'server', method: 'tools/call', tool: 'éen', outcome: 'denied', client_address: '203.0.113.9', user_agent: 'python-httpx' },
  ])
})

it("a proxy's spans are a gateway's, in both directions", () => {
  expect(events.slice(2)).toMatchObject([
    {
      emitter: 'http-proxy', vantage: 'gateway', span_kind: 'server', outcome: 'denied', error_code: '403', client_address: '203.0.113.10',
      client_address_source: 'peer.address', user_agent: 'node', server: '', principal: '',
    },
    { emitter: 'http-proxy', vantage: 'gateway', span_kind: 'client', outcome: 'protocol_error', error_code: '503', client_address: '' },
  ])
})

it.each(['nginx', 'kong-internal', 'github.com/traefik/traefik'])('the scope %s is a proxy, of whose requests only those to MCP endpoints count', (scope) => {
  const request = (path: string) => ({ kind: 2, attributes: { 'http.method': 'POST', 'http.target': path, 'http.status_code': 401 } })
  expect(eventOf(request('/mcp'), { scope, mcpPaths: ['/mcp'] })).toMatchObject({ emitter: 'http-proxy', vantage: 'gateway', outcome: 'unauthenticated' })
  expect(normaliseSpans([request('/shop')], { scope, mcpPaths: ['/mcp'] }).events).toEqual([])
})
