import { CONVENTIONS, GATEWAY } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Envoy AI Gateway in both of its vocabularies; all of its spans are of kind CLIENT. */
export const envoyAiGateway: EmitterTable = {
  id: 'envoy-ai-gateway',
  version: '1',
  title: 'Envoy AI Gateway',
  golden: 'built',
  recognise: { scopes: ['envoyproxy/ai-gateway'], services: ['ai-gateway'], marks: [{ keys: ['mcp.request.id', 'mcp.transport'] }] },
  keeps: 'recognised',
  vantage: GATEWAY,
  agentOperations: true,
  fields: {
    ...CONVENTIONS,
    principal: [
      ...CONVENTIONS.principal,
      { key: 'user.id', trust: 'self_declared' },
      { key: 'user.email', trust: 'self_declared' },
      { key: 'enduser.id', trust: 'self_declared' },
    ],
  },
  events: [{ name: 'route to backend', key: 'mcp.backend.name', field: 'server' }],
  names: ['{method} {target}'],
  implied: [
    { when: { name: ['CallTool'] }, method: 'tools/call' },
    { when: { name: ['ListTools'] }, method: 'tools/list' },
    { when: { name: ['ReadResource'] }, method: 'resources/read' },
    { when: { name: ['GetPrompt'] }, method: 'prompts/get' },
    { when: { name: ['Initialize'] }, method: 'initialize' },
  ],
  outcomes: [
    'unsupported_protocol_version', 'invalid_json_rpc', 'unsupported_method', 'unsupported_response', 'invalid_session_id',
  ].map((is) => ({ field: 'error_type', is, outcome: 'protocol_error' })),
  notes: [
    'Request ids stand in braces. `mcp.protocol.version` is a constant of Envoy, not what was agreed on.',
    'The server is the backend of event `route to backend`; where a list went to several there is none. The session in that event is the gateway\'s own with the backend.',
    'A user named by `OTEL_AIGW_SPAN_REQUEST_HEADER_ATTRIBUTES` is read from the message before the header, so any caller can name one: `self_declared`.',
  ],
}
