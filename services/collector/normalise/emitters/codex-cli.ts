import { ALL_AGENT, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** An origin that is no address. */
const LOCAL = ['stdio', 'in_process'] as const
/** What newer versions write instead of a tool's name. */
const CATEGORIES = ['mcp', 'custom'] as const

/** OpenAI's Codex CLI: its log events, and the client span of a call of an MCP server. */
export const codexCli: EmitterTable = {
  id: 'codex-cli',
  version: '2',
  title: 'Codex CLI',
  golden: 'built',
  recognise: {
    scopes: ['codex_otel.log_only'],
    services: ['codex-cli', 'codex_cli_rs', 'codex_exec', 'codex-app-server'],
    marks: [{ keys: ['conversation.id', 'terminal.type'] }, { keys: ['mcp.server.origin', 'tool.call_id'] }],
  },
  keeps: 'recognised',
  vantage: { ...ALL_AGENT, client: 'client' },
  fields: {
    ...WATCHKEEPER,
    principal: [
      ...WATCHKEEPER.principal, { key: 'user.email', trust: 'client_reported' }, { key: 'user.account_id', trust: 'client_reported' },
    ],
    method: [{ key: 'rpc.method', reading: 'mcp-method' }],
    tool: [{ key: 'tool.name' }, { key: 'tool_name', except: CATEGORIES }],
    server: [{ key: 'mcp.server.name' }, { key: 'mcp_server' }],
    target: [{ key: 'mcp.server.origin', except: LOCAL }, { key: 'mcp_server_origin', except: LOCAL }, { key: 'server.address' }],
    tool_call_id: [{ key: 'tool.call_id' }, { key: 'call_id' }],
    conversation: [{ key: 'conversation.id' }, { key: 'session.id' }],
    arguments: [{ key: 'arguments', reading: 'json' }],
    result: [{ key: 'output', reading: 'json' }],
    arguments_bytes: [{ key: 'arguments_length' }],
    result_bytes: [{ key: 'output_length' }],
    success: [{ key: 'success', reading: 'flag' }],
    duration_ms: [{ key: 'duration_ms' }],
    decision: [{ key: 'decision' }],
    decision_by: [{ key: 'source' }],
    error_type: [{ key: 'error.type' }],
    rpc_status: [{ key: 'codex.mcp.error.code' }],
  },
  implied: [
    { when: { given: 'mcp_server' }, method: 'tools/call' },
    { when: { key: 'mcp_tool', is: ['true'] }, method: 'tools/call' },
    { when: { key: 'tool_name', startsWith: 'mcp__' }, method: 'tools/call' },
  ],
  splitTool: { prefix: 'mcp__', separator: '__' },
  eventName: { key: 'event.name', prefix: 'codex.' },
  outcomes: [
    { name: 'codex.tool_decision', field: 'decision', is: 'denied', outcome: 'denied' },
    { name: 'codex.tool_decision', field: 'decision', is: 'denied_with_network_policy_deny', outcome: 'denied' },
    { name: 'codex.tool_decision', field: 'decision', is: 'abort', outcome: 'denied' },
  ],
  agentFromService: true,
  successIsUnknown: true,
  resourcePrincipal: ['user.email', 'user.name'],
  notes: [
    'Of its many spans only those of MCP calls are kept; its logs all are. A span without failure says nothing of the tool: the log does.',
    '`mcp_server_origin` is the target, but for `stdio` and `in_process`. An approval that `timed_out` is no refusal by anybody: `unknown`.',
    'Newer versions write neither call id nor arguments, output or prompt, and a category (`mcp`) for the tool: what is not sent stays empty.',
    '`arguments_length` and `output_length` are counted as bytes.',
  ],
}
