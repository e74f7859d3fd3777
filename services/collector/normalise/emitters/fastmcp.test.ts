import { describe, expect, it } from 'vitest'
import { recordedEvents } from '../sample-telemetry.ts'

const OBJECTS = ['prompts/get summarize', 'resources/read file:///reports/q3', 'tools/call fail', 'tools/call nope', 'tools/call read_file', 'tools/call run_command']

describe.each(['3', '4'])('FastMCP %s', (major) => {
  const events = recordedEvents(`fastmcp-${major}`)
  const of = (emitter: string, vantage: string) => events.filter((event) => event.emitter === emitter && event.vantage === vantage && !event.server_internal)
  const named = (found: typeof events) => [...new Set(found.map(({ method, tool, prompt, resource }) => `${method} ${tool}${prompt}${resource}`))].sort()

  it('is the requests of two clients on both sides', () => {
    expect(named(of('fastmcp', 'client'))).toEqual([...OBJECTS, 'tools/list '])
    expect(named(of('fastmcp', 'server'))).toEqual([...(major === '3' ? [] : ['server/discover ']), ...OBJECTS, 'tools/list '].sort())
  })

  it('names the OAuth client and its scopes at the server, and no person', () => {
    const calls = of('fastmcp', 'server').filter(({ method }) => method === 'tools/call')
    expect(calls.map(({ client, scopes, client_trust: trust, actor_kind: kind, server }) => [client, scopes.join(' '), trust, kind, server])).toEqual([
      ...Array(4).fill(['claude-desktop', 'files:read', 'server_reported', 'client', 'files']),
      ...Array(4).fill(['ci-bot', 'files:read files:write', 'server_reported', 'client', 'files']),
    ])
    expect(events.filter(({ principal }) => principal !== '')).toEqual([])
  })

  it('says on both sides what failed', () => {
    for (const side of ['client', 'server'] as const) {
      expect(of('fastmcp', side).filter(({ method }) => method === 'tools/call').map(({ tool, outcome }) => [tool, outcome]).sort()).toEqual([
        ['fail', 'tool_error'], ['fail', 'tool_error'], ['nope', 'tool_error'], ['nope', 'tool_error'],
        ['read_file', 'ok'], ['read_file', 'ok'], ['run_command', 'ok'], ['run_command', 'ok'],
      ])
    }
  })

  it("takes its own look-ups for the server's, and no client's list for one", () => {
    const lists = events.filter(({ emitter, vantage, method }) => emitter === 'fastmcp' && vantage === 'server' && method === 'tools/list')
    // One a client; in FastMCP 3 one more for the unknown tool, which looks like a client's.
    expect(lists.filter(({ server_internal: own }) => !own)).toHaveLength(major === '3' ? 4 : 2)
    expect(lists.filter(({ server_internal: own }) => own)).toHaveLength(major === '3' ? 0 : 8)
  })
})

it('FastMCP 4 is traced by the MCP SDK below it as well; who is refused is seen by the client alone', () => {
  const events = recordedEvents('fastmcp-4').filter(({ emitter }) => emitter === 'mcp-python-sdk')
  expect(new Set(events.map(({ vantage }) => vantage))).toEqual(new Set(['client']))
  expect(events.filter(({ outcome }) => outcome === 'protocol_error').map(({ method, error_code: code }) => [method, code])).toEqual([
    ['server/discover', '-32603'], ['initialize', '-32603'],
  ])
})
