import { CONVENTIONS, GATEWAY, HTTP } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** IBM ContextForge 1.0: an HTTP request's SERVER span, and below it half a dozen INTERNAL ones for one call. */
export const contextforge: EmitterTable = {
  id: 'contextforge',
  version: '3',
  title: 'IBM ContextForge',
  golden: 'built',
  recognise: { scopes: ['mcp-gateway'] },
  keeps: 'recognised',
  ownRequests: true,
  vantage: GATEWAY,
  agentOperations: true,
  fields: {
    ...CONVENTIONS,
    tool: [{ key: 'tool.name' }, { key: 'mcp.tool.name' }],
    prompt: [{ key: 'langfuse.observation.prompt.name' }, { key: 'prompt.id' }],
    resource: [{ key: 'resource.uri' }, { key: 'mcp.resource.uri' }],
    server: [{ key: 'contextforge.gateway_id' }, { key: 'tool.gateway_id' }],
    principal: [
      ...['jwt', 'bearer_token', 'api_token'].map((is) => (
        { key: 'user.email', except: ['anonymous'], where: { key: 'auth.method', is }, trust: 'verified' as const }
      )),
      ...CONVENTIONS.principal,
      { key: 'user.email', except: ['anonymous'] },
      { key: 'user', except: ['anonymous'] },
    ],
    caller_tenant: [...CONVENTIONS.caller_tenant, { key: 'tenant_id' }, { key: 'team.name' }, { key: 'team.scope' }],
    wire_session: [{ key: 'mcp.session.id' }, { key: 'mcp.session_id' }, { key: 'langfuse.session.id' }],
    conversation: [],
    arguments: [{ key: 'langfuse.observation.input', reading: 'json' }, { key: 'tool.invocation.args', reading: 'json' }],
    result: [{ key: 'langfuse.observation.output', reading: 'json' }, { key: 'tool.invocation.result', reading: 'json' }],
    success: [{ key: 'success', reading: 'flag' }, { key: 'upstream.response.success', reading: 'flag' }],
    duration_ms: [{ key: 'duration.ms' }],
    http_method: HTTP.http_method,
    path: HTTP.path,
  },
  implied: [
    {
      when: {
        name: [
          'tool.invoke', 'tool.lookup', 'tool.gateway_call', 'tool.post_process', 'mcp.client.call', 'mcp.client.request', 'mcp.client.response',
        ],
      },
      method: 'tools/call',
    },
    { when: { name: ['mcp.initialize', 'mcp.client.initialize'] }, method: 'initialize' },
    { when: { name: ['prompt.render'] }, method: 'prompts/get' },
    { when: { name: ['resource.read'] }, method: 'resources/read' },
  ],
  outcomes: [
    { field: 'error_type', is: 'PluginViolationError', outcome: 'denied' },
    { field: 'error_type', is: 'ToolNotFoundError', outcome: 'protocol_error' },
  ],
  internal: [{ kind: 'internal', method: 'initialize', parentless: false, name: 'mcp.client.initialize' }],
  successIsUnknown: true,
  notes: [
    'Only spans that say `success` say how a call ended; a call that a plugin stopped is `denied`.',
    '`user.email` needs identity capture and is `verified` where `auth.method` says that a token was; `anonymous` is nobody.',
    '`correlation_id` and `request_id` are those of the HTTP request, not of JSON-RPC: they stay attributes.',
    '`langfuse.session.id` is the MCP session. Servers have only their id here: `contextforge.gateway_id`.',
    '`mcp.client.initialize` is the gateway\'s own: `server_internal`.',
  ],
}
