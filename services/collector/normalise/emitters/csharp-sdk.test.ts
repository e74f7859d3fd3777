import { describe, expect, it } from 'vitest'
import { builtPoints, eventOf, goldenEvents } from '../sample-telemetry.ts'

const events = goldenEvents('csharp-sdk', 'session')
const of = (id: string, vantage: string) => events.find((event) => event.jsonrpc_request_id === id && event.vantage === vantage && event.method !== 'sampling/createMessage')

describe('MCP C# SDK', () => {
  it('is requests on both sides, the other way round where the server asks', () => {
    expect(events.map(({ emitter, vantage, method, tool, resource }) => `${emitter} ${vantage} ${method} ${tool}${resource}`).sort()).toEqual([
      'csharp-sdk agent tools/call search',
      'csharp-sdk client notifications/initialized ',
      'csharp-sdk client resources/read file:///reports/q3',
      'csharp-sdk client sampling/createMessage ',
      ...['broken', 'create_issue', 'nope', 'search', 'slow'].map((tool) => `csharp-sdk client tools/call ${tool}`),
      'csharp-sdk server resources/read file:///reports/q3',
      'csharp-sdk server sampling/createMessage ',
      ...['broken', 'create_issue', 'nope', 'search', 'search', 'slow'].map((tool) => `csharp-sdk server tools/call ${tool}`),
    ])
  })

  it('names the session that each side made up nowhere but among the attributes', () => {
    expect(events.filter(({ wire_session: session }) => session !== '')).toEqual([])
    expect(new Set(events.map(({ attributes }) => attributes.get('mcp.session.id')?.text)).size).toBe(2)
  })

  it('sees error results on both sides, and keeps what leaks of them', () => {
    for (const vantage of ['client', 'server']) {
      expect(of('12', vantage)).toMatchObject({
        outcome: 'tool_error', error_type: 'tool_error', error_code: '', status_message: '[{"type":"text","text":"Project SECRET-7 does not exist"}]', result: '', arguments: '',
      })
      expect(of('13', vantage)).toMatchObject({ outcome: 'ok', tool: 'search' })
    }
  })

  it('tells a refusal by its code, and who gave up', () => {
    for (const vantage of ['client', 'server']) {
      expect(of('14', vantage)).toMatchObject({ outcome: 'protocol_error', error_code: '-32602' })
      expect(of('15', vantage)).toMatchObject({ outcome: 'cancelled', error_code: '' })
    }
  })

  it('takes an exception around a tool for what it was answered with, a JSON-RPC error', () => {
    expect(of('17', 'server')).toMatchObject({ outcome: 'protocol_error', error_type: 'System.InvalidOperationException' })
    expect(of('17', 'client')).toMatchObject({ outcome: 'protocol_error', error_code: '-32603' })
  })

  it("adds itself to the agent's span of the call", () => {
    expect(of('18', 'agent')).toMatchObject({ tool_call_id: 'call_8Hq2', tool: 'search', method: 'tools/call', source: 'desk-agent', outcome: 'ok' })
    expect(eventOf({ name: 'execute_tool local', kind: 1, statusCode: 2, attributes: { 'gen_ai.operation.name': 'execute_tool', 'error.type': 'System.IO.IOException' } },
      { scope: 'Experimental.Microsoft.Extensions.AI' })).toMatchObject({ emitter: 'csharp-sdk', vantage: 'agent', method: 'tools/call', tool: 'local', outcome: 'tool_error' })
  })

  it('links the HTTP request, and has the caller for its parent', () => {
    expect(of('13', 'server')).toMatchObject({ parent_span_id: of('13', 'client')?.span_id, links: [`${of('13', 'client')?.trace_id}:c500000000000023`] })
  })

  it('names no person', () => {
    expect(events.filter(({ principal, client }) => principal !== '' || client !== '')).toEqual([])
  })

  it('of preview versions is read by the names of then', () => {
    expect(eventOf({ name: 'tools/call x', kind: 2, statusCode: 2, attributes: { 'mcp.method.name': 'tools/call', 'mcp.tool.name': 'x', 'mcp.request.id': '4', 'rpc.jsonrpc.error_code': '-32602' } },
      { scope: 'Experimental.ModelContextProtocol' })).toMatchObject({ emitter: 'csharp-sdk', tool: 'x', jsonrpc_request_id: '4', outcome: 'protocol_error', error_code: '-32602' })
  })
})

it('measures in seconds, and names as server only the side that is one', () => {
  const { points, counted } = builtPoints('csharp-sdk', 'metrics-session')
  expect(points.map(({ metric, method, tool, source, count, value_seconds: seconds }) => [metric, method, tool, source, count, seconds])).toEqual([
    ['mcp.server.operation.duration', 'tools/call', 'create_issue', 'issues-mcp', 1n, 0.034],
    ['mcp.server.operation.duration', 'tools/call', 'search', 'issues-mcp', 2n, 0.034],
    ['mcp.server.session.duration', '', '', 'issues-mcp', 1n, 12.5],
    ['mcp.client.operation.duration', 'resources/read', '', 'desk-agent', 1n, 0.04],
    ['mcp.client.session.duration', '', '', 'desk-agent', 1n, 12.5],
  ])
  expect(points.map(({ server }) => server)).toEqual(['issues-mcp', 'issues-mcp', 'issues-mcp', '', ''])
  expect(counted.skipped).toBe(0)
})
