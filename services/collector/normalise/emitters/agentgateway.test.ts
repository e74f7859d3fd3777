import { describe, expect, it } from 'vitest'
import { built, eventOf } from '../sample-telemetry.ts'

describe('agentgateway spans', () => {
  const events = built('agentgateway', 'traces-call').events.filter(({ emitter }) => emitter === 'agentgateway')

  it("are a gateway's, inwards and outwards; other traffic is not kept", () => {
    expect(events.map(({ span_id, vantage, method }) => [span_id, vantage, method])).toEqual([
      ['a100000000000002', 'gateway', 'tools/call'], ['a100000000000003', 'gateway', 'tools/call'], ['a100000000000012', 'gateway', 'tools/call'],
      ['a100000000000022', 'gateway', ''],
    ])
  })

  it('name the person whose token was checked, from where, and the server behind', () => {
    expect(events[0]).toMatchObject({
      tool: 'echo', server: 'everything', target: 'gw.example', principal: 'alice', principal_source: 'jwt.sub', principal_trust: 'verified', actor_kind: 'principal',
      client_address: '10.1.2.3', client_address_source: 'src.addr', client_address_trust: 'server_reported', wire_session: 's-1', duration_ns: 120_000_000n,
    })
  })

  it('do not know what a result said, but what the protocol did', () => {
    expect(events.map(({ outcome, error_code }) => [outcome, error_code])).toEqual([
      ['unknown', ''], ['unknown', ''], ['protocol_error', '-32602'], ['unauthenticated', '401'],
    ])
  })

  it('are known under another name of service and scope', () => {
    const attributes = { 'src.addr': '10.0.0.1:1', 'mcp.target': 'x', 'mcp.method.name': 'tools/list', 'jwt.sub': 'kim' }
    expect(eventOf({ kind: 2, attributes }, { resource: { 'service.name': 'edge' } })).toMatchObject({
      emitter: 'agentgateway', vantage: 'gateway', principal: 'kim', principal_trust: 'verified',
    })
  })
})

describe('agentgateway access log', () => {
  const { events, counted } = built('agentgateway', 'logs-access')

  it('says what its spans say, with content where that was added', () => {
    expect(events[0]).toMatchObject({
      emitter: 'agentgateway', signal: 'log', vantage: 'gateway', method: 'tools/call', tool: 'echo', server: 'everything', principal: 'alice',
      principal_trust: 'verified', client_address: '10.1.2.3', client_address_trust: 'server_reported', trace_id: '5b8efff798038103d269b633813fc601',
      span_id: 'a100000000000002', arguments: '{"message":"hello"}', result: '{"content":[]}', outcome: 'unknown', duration_ns: 120_000_000n,
    })
  })

  it('keeps what was refused before anything of MCP was read, and nothing of other traffic', () => {
    expect(events.slice(1)).toMatchObject([
      { method: '', outcome: 'denied', error_code: '403', principal: 'mallory', principal_trust: 'verified', client_address: '2001:db8::9' },
    ])
    expect(counted.skipped).toEqual(new Map([['not_mcp', 1]]))
  })
})
