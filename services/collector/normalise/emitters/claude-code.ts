import { ALL_AGENT, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Claude Code's log events, and its beta spans. */
export const claudeCode: EmitterTable = {
  id: 'claude-code',
  version: '5',
  title: 'Claude Code',
  golden: 'built',
  recognise: { scopes: ['com.anthropic.claude_code.events', 'com.anthropic.claude_code'], services: ['claude-code'] },
  keeps: 'all',
  vantage: ALL_AGENT,
  fields: {
    ...WATCHKEEPER,
    principal: [
      { key: 'user.id', where: { key: 'identity.source', is: 'gateway-oidc' }, trust: 'verified' },
      ...WATCHKEEPER.principal,
      { key: 'user.email', trust: 'client_reported' },
      { key: 'user.account_uuid', trust: 'client_reported' },
      { key: 'user.account_id', trust: 'client_reported' },
    ],
    caller_tenant: [...WATCHKEEPER.caller_tenant, { key: 'organization.id' }],
    method: [{ key: 'mcp.method.name' }],
    tool: [{ key: 'tool_parameters', member: 'mcp_tool_name' }, { key: 'gen_ai.tool.name' }, { key: 'tool_name', except: ['mcp_tool'] }],
    server: [{ key: 'tool_parameters', member: 'mcp_server_name' }, { key: 'mcp_server_name' }, { key: 'server_name' }],
    tool_call_id: [{ key: 'tool_use_id' }, { key: 'gen_ai.tool.call.id' }],
    conversation: [{ key: 'session.id' }],
    sequence: [{ key: 'event.sequence' }],
    arguments: [{ key: 'tool_input', reading: 'json' }],
    arguments_bytes: [{ key: 'tool_input_size_bytes' }],
    result_bytes: [{ key: 'tool_result_size_bytes' }],
    success: [{ key: 'success', reading: 'flag' }],
    status: [{ key: 'status' }],
    duration_ms: [{ key: 'duration_ms' }],
    decision: [{ key: 'decision' }, { key: 'decision_type' }],
    decision_by: [{ key: 'source' }, { key: 'decision_source' }],
    error_code: [{ key: 'error_code' }],
    error_type: [{ key: 'error_type' }, { key: 'error.type' }, { key: 'error_class' }],
  },
  events: [{ name: 'tool.output', key: 'content', field: 'result' }],
  implied: [
    { when: { key: 'tool_name', is: ['mcp_tool'] }, method: 'tools/call' },
    { when: { key: 'tool_name', startsWith: 'mcp__' }, method: 'tools/call' },
    { when: { key: 'tool_source', is: ['mcp', 'sdk_host_builtin_mcp'] }, method: 'tools/call' },
  ],
  splitTool: { prefix: 'mcp__', separator: '__' },
  eventName: { key: 'event.name', prefix: 'claude_code.' },
  outcomes: [
    { name: 'claude_code.tool_decision', field: 'decision', is: 'reject', outcome: 'denied' },
    { name: 'claude_code.mcp_server_connection', field: 'status', is: 'connected', outcome: 'ok' },
    { name: 'claude_code.mcp_server_connection', field: 'status', is: 'failed', outcome: 'protocol_error' },
  ],
  agentFromService: true,
  successIsUnknown: true,
  resourcePrincipal: ['user.email', 'user.name'],
  notes: [
    'Everything it sends is kept, so that `event.sequence` has no holes of our making. Built-in tools have no `method`.',
    '`user.id` is an installation and stays an attribute, but where `identity.source` is `gateway-oidc`: there it is the subject that the vendor\'s ' +
      'gateway verified. `user.email` and the account ids are the account the client is logged in to.',
    'Of a span only `success` says how the tool ended: the span of a refused call has no failure either.',
    '`tool_input` is cut by the client: `arguments_bytes` is its own `tool_input_size_bytes` where it sends that.',
    'A result is dated by its end: `started_at` is the record\'s time less `duration_ms`.',
  ],
}
