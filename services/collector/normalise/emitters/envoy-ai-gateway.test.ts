import { describe, expect, it } from 'vitest'
import { built } from '../sample-telemetry.ts'

const ownOf = (name: string) => built('envoy-ai-gateway', name).events.filter(({ emitter }) => emitter === 'envoy-ai-gateway')

describe('Envoy AI Gateway', () => {
  it.each(['traces-default', 'traces-genai'])("gives a gateway's view of a call though its kind is CLIENT (%s)", (name) => {
    expect(ownOf(name)).toMatchObject([{
      vantage: 'gateway', span_kind: 'client', method: 'tools/call', tool: 'ctx7__search', server: 'ctx7', jsonrpc_request_id: '3', outcome: 'ok', client_address: '',
    }])
  })

  it("takes the caller's session from the span and never the gateway's own from the event", () => {
    expect(ownOf('traces-default')[0]?.wire_session).toBe('')
    expect(ownOf('traces-genai')[0]).toMatchObject({ wire_session: 'c-1', arguments: '{"q":"x"}', result: '{"content":[]}' })
  })

  it('believes no more of a user than that the caller named him', () => {
    expect(ownOf('traces-default')[0]).toMatchObject({ principal: 'kim', principal_source: 'user.id', principal_trust: 'self_declared' })
    expect(ownOf('traces-genai')[0]?.principal).toBe('')
  })

  it('tells how steps ended by types and codes, whatever messages say', () => {
    expect(ownOf('traces-outcomes')).toMatchObject([
      { method: 'tools/list', server: '', outcome: 'ok', jsonrpc_request_id: '1' },
      { method: 'initialize', outcome: 'ok', jsonrpc_request_id: 'init-1', agent: '' },
      { method: 'tools/call', tool: 'gone', outcome: 'protocol_error', error_code: '-32602', error_type: 'invalid_param' },
      { method: 'tools/call', server: 'ctx7', outcome: 'tool_error', error_type: 'internal_error' },
      { method: 'tools/call', outcome: 'protocol_error', error_type: 'invalid_session_id' },
      { method: 'resources/read', resource: 'file:///x', outcome: 'ok', jsonrpc_request_id: 'a' },
    ])
  })

  it("is told by Envoy's access log where that has its metadata", () => {
    const { events, counted } = built('envoy-ai-gateway', 'logs-access')
    expect(events).toMatchObject([{
      emitter: 'access-log', vantage: 'gateway', method: 'tools/call', server: 'context7', jsonrpc_request_id: '3', wire_session: '', client_address: '127.0.0.1',
      outcome: 'unknown', duration_ns: 653_000_000n,
    }])
    expect(counted.skipped).toEqual(new Map([['not_mcp', 1]]))
  })
})
