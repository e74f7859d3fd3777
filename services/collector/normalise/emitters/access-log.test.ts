import { describe, expect, it } from 'vitest'
import { built, normaliseLogs } from '../sample-telemetry.ts'

const around = { mcpPaths: ['/mcp'], resource: { 'service.name': 'nginx' } }

describe('access logs of MCP endpoints', () => {
  const { events, counted } = built('http', 'logs-access')

  it('are kept where their path or headers are of MCP, and nothing else is', () => {
    expect(events.map(({ emitter, vantage, signal }) => [emitter, vantage, signal])).toEqual(Array(3).fill(['access-log', 'gateway', 'log']))
    expect(counted.skipped).toEqual(new Map([['not_mcp', 2]]))
  })

  it('of Envoy say who was refused, at which call and from where', () => {
    expect(events[0]).toMatchObject({
      method: 'tools/call', tool: 'read_file', outcome: 'unauthenticated', error_code: '401', wire_session: '', principal: '', user_agent: 'node',
      client_address: '203.0.113.9', client_address_source: 'downstream_remote_address', client_address_trust: 'server_reported',
      target: 'gw.example', server: '', source: 'edge', duration_ns: 12_000_000n, trace_id: '5b8efff798038103d269b633813fc601', span_id: 'a000000000000004',
    })
    expect(events[0]?.attributes.get('x-forwarded-for')?.text).toBe('198.51.100.77')
  })

  it('of nginx are read from the request line; the name that came with the request is no principal', () => {
    expect(events[1]).toMatchObject({
      method: 'tools/call', tool: 'run_command', outcome: 'denied', error_code: '403', wire_session: 'w-2', principal: '', actor: 'edge-2', actor_kind: 'host',
      client_address: '203.0.113.11', client_address_source: 'remote_addr', user_agent: 'curl/8.7.1', duration_ns: 12_000_000n,
      started_at: 1_795_225_724_108_000_000n, ended_at: 1_795_225_724_120_000_000n,
    })
    expect(events[1]?.attributes.get('remote_user')?.text).toBe('kim')
  })

  it('in the names of the conventions say nothing of how a call over HTTP ended', () => {
    expect(events[2]).toMatchObject({ method: '', outcome: 'unknown', client_address: '2001:db8::7', user_agent: '' })
  })

  it.each([
    ['a request line of one word', { request: '/mcp', status: '401' }],
    ['a path alone', { path: '/mcp', status: '401' }],
    ['headers that were not sent', { method: 'POST', path: '/x', 'mcp-method': '-' }],
    ['no attributes', {}],
  ])('are not made of %s', (_what, attributes) => {
    expect(normaliseLogs([{ attributes }], around).events).toEqual([])
  })

  it.each([
    ['500', 'protocol_error', '500'], [502, 'protocol_error', '502'], ['0', 'unknown', ''], ['-', 'unknown', ''], ['200', 'unknown', ''], ['401 ', 'unknown', ''],
  ] as const)('with status %o are %s', (status, outcome, code) => {
    expect(normaliseLogs([{ attributes: { method: 'POST', path: '/mcp', status } }], around).events[0]).toMatchObject({ outcome, error_code: code })
  })
})
