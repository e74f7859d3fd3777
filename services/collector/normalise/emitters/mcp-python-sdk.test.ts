import { expect, it } from 'vitest'
import { recordedEvents } from '../sample-telemetry.ts'

const events = recordedEvents('mcp-python-sdk')
const call = (tool: string, vantage: string) => events.find((event) => event.tool === tool && event.vantage === vantage)

it('is eight requests of client and server', () => {
  expect(events.map(({ emitter, vantage, method, tool, prompt }) => `${emitter} ${vantage} ${method} ${tool}${prompt}`).sort()).toEqual(
    ['client', 'server'].flatMap((vantage) => [
      `mcp-python-sdk ${vantage} prompts/get summarize`,
      `mcp-python-sdk ${vantage} resources/read `,
      `mcp-python-sdk ${vantage} server/discover `,
      `mcp-python-sdk ${vantage} tools/call fail`,
      `mcp-python-sdk ${vantage} tools/call nope`,
      `mcp-python-sdk ${vantage} tools/call read_file`,
      `mcp-python-sdk ${vantage} tools/call run_command`,
      `mcp-python-sdk ${vantage} tools/list `,
    ]),
  )
})

it('reads the request on both sides', () => {
  expect(call('read_file', 'server')).toMatchObject({
    server: 'files-mcp', jsonrpc_request_id: '3', outcome: 'ok', host: 'agent-01', actor_kind: 'host', principal: '', client: '', arguments: '', result: '',
  })
  expect(call('read_file', 'client')).toMatchObject({ server: '', jsonrpc_request_id: '3', name: 'MCP send tools/call read_file' })
  expect(call('read_file', 'client')?.span_id).toBe(call('read_file', 'server')?.parent_span_id)
})

it('believes the server that a tool failed; the client does not say so, and so says nothing', () => {
  for (const tool of ['fail', 'nope']) {
    expect(call(tool, 'server')).toMatchObject({ outcome: 'tool_error', error_type: 'tool_error' })
    expect(call(tool, 'client')).toMatchObject({ outcome: 'unknown', error_type: '' })
  }
  expect(call('read_file', 'client')?.outcome).toBe('unknown')
  expect(events.find(({ vantage, method }) => vantage === 'client' && method === 'resources/read')?.outcome).toBe('ok')
})
