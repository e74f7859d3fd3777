/** The same conversation as each emitter records it: one call is one interaction, with every side that was instrumented. */
import { expect, it } from 'vitest'
import { goldenEvents, recordedEvents } from '../../services/collector/normalise/sample-telemetry.ts'
import { assemble } from './assembling.ts'

/** What became of a call, who saw it, in how many observations. */
type Seen = readonly [outcome: string, vantages: string, observed: number]

interface Case {
  readonly folder: string
  readonly read_file: Seen
  readonly run_command: Seen
  readonly fail: Seen
  /** No agent can call it. */
  readonly nope: Seen | undefined
}

const TOOLS = ['read_file', 'run_command', 'fail', 'nope'] as const
const alike = (folder: string, ok: Seen, failed: Seen): Case => ({ folder, read_file: ok, run_command: ok, fail: failed, nope: failed })
const OK: Seen = ['ok', 'client server', 2]
const FAILED: Seen = ['tool_error', 'client server', 2]

const CASES: readonly Case[] = [
  alike('mcp-python-sdk', OK, FAILED),
  alike('logfire', OK, FAILED),
  { ...alike('traceloop', ['ok', 'client server', 5], ['tool_error', 'client server', 5]), nope: ['tool_error', 'client', 3] },
  { ...alike('openinference', ['ok', 'agent client server', 3], ['tool_error', 'agent client server', 3]), nope: undefined },
  alike('mcp-sentinel-proxy', ['ok', 'client gateway server', 3], ['tool_error', 'client gateway server', 3]),
]

it.each(CASES)('$folder: a call is one interaction', ({ folder, ...expected }) => {
  const interactions = assemble(recordedEvents(folder)).filter(({ server_internal: internal }) => !internal)
  const calls = interactions.filter(({ method }) => method === 'tools/call')
  expect(calls.map(({ tool }) => tool).sort()).toEqual(TOOLS.filter((tool) => expected[tool] !== undefined).sort())
  expect(interactions.filter(({ method }) => method === '')).toEqual([])
  for (const call of calls) {
    expect([call.outcome, call.vantages.join(' '), call.event_ids.length], call.tool).toEqual(expected[call.tool as (typeof TOOLS)[number]])
  }
})

it('MCP C# SDK: one call with the HTTP spans of both sides, of which the server links its own', () => {
  const calls = assemble(goldenEvents('csharp-sdk', 'session', ['/mcp'])).filter(({ method }) => method !== 'notifications/initialized')
  expect(calls.map(({ method, tool, outcome, vantages, event_ids: ids }) => [method, tool, outcome, vantages.join(' '), ids.length]).sort()).toEqual([
    ['resources/read', '', 'ok', 'client server', 4],
    ['sampling/createMessage', '', 'ok', 'client server', 2],
    ['tools/call', 'broken', 'protocol_error', 'client server', 4],
    ['tools/call', 'create_issue', 'tool_error', 'client server', 4],
    ['tools/call', 'nope', 'protocol_error', 'client server', 4],
    ['tools/call', 'search', 'ok', 'agent client server', 4],
    ['tools/call', 'search', 'ok', 'client server', 4],
    ['tools/call', 'slow', 'cancelled', 'client server', 4],
  ])
})

it.each([['3', 2], ['4', 3]] as const)('FastMCP %s: a call of each of two clients is one interaction, in %i observations', (major, observed) => {
  const calls = assemble(recordedEvents(`fastmcp-${major}`)).filter(({ method }) => method === 'tools/call')
  expect(calls.map(({ client, tool, outcome, vantages, event_ids: ids }) => [client, tool, outcome, vantages.join(' '), ids.length]).sort()).toEqual(
    ['ci-bot', 'claude-desktop'].flatMap((client) => [
      [client, 'fail', 'tool_error'], [client, 'nope', 'tool_error'], [client, 'read_file', 'ok'], [client, 'run_command', 'ok'],
    ].map((said) => [...said, 'client server', observed])),
  )
})

it('Claude Code: a call in a log and in spans is one, in the trace of the spans and with the result that the lower one brings', () => {
  const events = goldenEvents('claude-code', 'session')
  const traces = new Set(events.map(({ trace_id: trace }) => trace).filter((trace) => trace !== ''))
  const calls = assemble(events).filter(({ tool }) => tool === 'create_issue')
  expect(calls.map(({ vantages, trace_id: trace, result }) => [vantages.join(' '), traces.has(trace), result])).toEqual([['agent log', true, 'issue 8']])
})
