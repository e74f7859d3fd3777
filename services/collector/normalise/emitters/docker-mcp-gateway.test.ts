import { expect, it } from 'vitest'
import { built } from '../sample-telemetry.ts'

const { events, counted } = built('docker-mcp-gateway', 'traces-gateway')

it("gives a gateway's view of every step, and nothing of its own commands and interceptors", () => {
  expect(events.map(({ emitter, vantage, server_internal, principal }) => [emitter, vantage, server_internal, principal]))
    .toEqual(Array(7).fill(['docker-mcp-gateway', 'gateway', false, '']))
  expect(counted.skipped).toEqual(new Map([['not_mcp', 2]]))
})

it('sees that a tool was answered, not how', () => {
  expect(events).toMatchObject([
    { method: 'tools/call', tool: 'search', server: 'duckduckgo', outcome: 'unknown' },
    { method: 'tools/call', tool: 'search', server: 'duckduckgo', outcome: 'protocol_error' },
    { method: 'prompts/get', prompt: 'greet', server: 'prompts', target: 'https://prompts.example/mcp', outcome: 'protocol_error' },
    { method: 'resources/read', resource: 'file:///x', server: 'files', outcome: 'ok' },
    { method: 'tools/list', outcome: 'ok' },
    { method: 'resources/templates/list', outcome: 'ok' },
    { method: 'initialize', outcome: 'ok' },
  ])
})
