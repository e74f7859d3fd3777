import { ALL_AGENT, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Google's Gemini CLI: its log events, and the spans it sends with `telemetry.traces`. */
export const geminiCli: EmitterTable = {
  id: 'gemini-cli',
  version: '2',
  title: 'Gemini CLI',
  golden: 'built',
  recognise: { scopes: ['gemini-cli'], services: ['gemini-cli'] },
  keeps: 'all',
  vantage: ALL_AGENT,
  fields: {
    ...WATCHKEEPER,
    principal: [...WATCHKEEPER.principal, { key: 'user.email', trust: 'client_reported' }],
    agent: [{ key: 'gen_ai.agent.name', trust: 'self_declared' }],
    operation: [{ key: 'gen_ai.operation.name' }],
    tool: [{ key: 'function_name' }, { key: 'gen_ai.tool.name', from: ['log'] }],
    server: [{ key: 'mcp_server_name' }],
    tool_call_id: [{ key: 'gen_ai.tool.call.id' }, { key: 'gen_ai.tool.call_id' }],
    conversation: [{ key: 'gen_ai.conversation.id' }, { key: 'session.id' }],
    arguments: [{ key: 'function_args', reading: 'json' }, { key: 'gen_ai.input.messages', member: 'args', reading: 'json' }],
    result_bytes: [{ key: 'content_length' }],
    success: [{ key: 'success', reading: 'flag' }],
    duration_ms: [{ key: 'duration_ms' }],
    decision: [{ key: 'decision' }],
    error_type: [{ key: 'error_type' }, { key: 'error.type' }],
  },
  implied: [
    { when: { key: 'tool_type', is: ['mcp'] }, method: 'tools/call' },
    { when: { given: 'mcp_server_name' }, method: 'tools/call' },
  ],
  toolPrefixes: ['mcp_{server}_', '{server}__'],
  outcomes: [
    { name: 'gemini_cli.tool_call', field: 'decision', is: 'reject', outcome: 'denied' },
  ],
  agentFromService: true,
  resourcePrincipal: ['user.email', 'user.name'],
  versionOfRuntime: true,
  notes: [
    'The body of a log is a sentence: only `event.name` tells what it is. `tool_type` = `native` is a built-in tool and has no `method`.',
    '`installation.id` is an installation, not a person. `service.version` is that of Node and stays a resource attribute.',
    'The log is the call. The span `tool_call` has nothing in common with it by which they could be joined, and would be a second one: it is kept with ' +
      'its id and arguments, and its tool stays an attribute.',
  ],
}
