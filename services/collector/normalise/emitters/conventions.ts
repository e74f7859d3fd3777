/** Attribute sources that several tables share: our own documented attributes and the OTel MCP, GenAI and HTTP conventions. */
import type { Sources } from './table.ts'

const SIDES = ['server', 'gateway'] as const

/** What any span processor or gateway may set on a span, a log record or a resource, whoever the emitter is. */
export const WATCHKEEPER = {
  principal: [{ key: 'watchkeeper.principal' }],
  token_fingerprint: [{ key: 'watchkeeper.token.fingerprint' }],
  client_address: [{ key: 'watchkeeper.client.address', reading: 'address' }],
  client: [{ key: 'watchkeeper.client' }],
  scopes: [{ key: 'watchkeeper.token.scopes', reading: 'words' }],
  caller_tenant: [{ key: 'watchkeeper.caller.tenant' }],
  delegation: [{ key: 'watchkeeper.delegation', reading: 'actors' }],
} as const satisfies Sources

/** The same attributes where a resource carries them. */
export const RESOURCE = {
  host: 'host.name',
  service: 'service.name',
  version: 'service.version',
  instance: 'service.instance.id',
  own: 'watchkeeper.telemetry',
} as const

const headers = (name: string) =>
  [
    { key: `http.request.header.${name}`, reading: 'header' },
    { key: `http.request.header.${name.replaceAll('-', '_')}`, reading: 'header' },
  ] as const

/** Headers that MCP 2026-07-28 requires of every request over HTTP. */
export const MCP_HEADERS = {
  method: headers('mcp-method'),
  object: headers('mcp-name').map((source) => ({ ...source, reading: 'mcp-name' as const })),
  wire_session: headers('mcp-session-id'),
} satisfies Sources

const lists = (name: string) => headers(name).map((source) => ({ ...source, reading: 'list' as const, from: SIDES }))

/** Who handed the request over, and what it said of those before: settled by client-address.ts. */
const HANDED_OVER = {
  peer: ['network.peer.address', 'net.sock.peer.addr', 'net.peer.ip', 'src.addr'].map((key) => ({ key, reading: 'address' as const, from: SIDES })),
  forwarded_for: lists('x-forwarded-for'),
  forwarded: lists('forwarded'),
} satisfies Sources

/** OTel HTTP conventions, stable and old. */
export const HTTP = {
  ...HANDED_OVER,
  target: [{ key: 'url.full' }, { key: 'http.url' }],
  http_status: [{ key: 'http.response.status_code' }, { key: 'http.status_code' }, { key: 'http.status' }],
  http_method: [{ key: 'http.request.method' }, { key: 'http.method' }],
  path: [
    { key: 'url.path', reading: 'path' },
    { key: 'http.target', reading: 'path' },
    { key: 'http.path', reading: 'path' },
    { key: 'http.route', reading: 'path' },
    { key: 'url.full', reading: 'path' },
    { key: 'http.url', reading: 'path' },
  ],
  client_address: [
    { key: 'client.address', reading: 'address', from: SIDES },
    { key: 'src.addr', reading: 'address', from: SIDES },
    { key: 'http.client_ip', reading: 'address', from: SIDES },
  ],
  user_agent: [{ key: 'user_agent.original' }, { key: 'http.user_agent' }, ...headers('user-agent')],
} as const satisfies Sources

/** OTel MCP and GenAI conventions, with the spellings that went before them. */
export const CONVENTIONS = {
  ...WATCHKEEPER,
  operation: [{ key: 'gen_ai.operation.name' }],
  method: [{ key: 'mcp.method.name' }, { key: 'rpc.method', reading: 'mcp-method' }],
  tool: [{ key: 'gen_ai.tool.name' }, { key: 'mcp.tool.name' }],
  prompt: [{ key: 'gen_ai.prompt.name' }, { key: 'mcp.prompt.name' }],
  resource: [{ key: 'mcp.resource.uri' }],
  server: [{ key: 'mcp.server.name' }],
  target: [...HTTP.target, { key: 'server.address', from: ['client', 'agent', 'gateway'] }],
  jsonrpc_request_id: [
    { key: 'jsonrpc.request.id', reading: 'braced' },
    { key: 'mcp.request.id', reading: 'braced' },
  ],
  tool_call_id: [{ key: 'gen_ai.tool.call.id' }, { key: 'gen_ai.tool.call_id' }],
  conversation: [{ key: 'gen_ai.conversation.id' }, { key: 'session.id' }],
  wire_session: [{ key: 'mcp.session.id' }],
  agent: [{ key: 'gen_ai.agent.name', trust: 'self_declared' }],
  client_address: [...WATCHKEEPER.client_address, ...HTTP.client_address],
  user_agent: HTTP.user_agent,
  arguments: [{ key: 'gen_ai.tool.call.arguments', reading: 'json' }],
  result: [{ key: 'gen_ai.tool.call.result', reading: 'json' }],
  error_type: [{ key: 'error.type' }],
  rpc_status: [{ key: 'rpc.response.status_code' }, { key: 'rpc.jsonrpc.error_code' }],
  http_status: HTTP.http_status,
  ...HANDED_OVER,
} as const satisfies Sources

export const BY_KIND = { '': 'client', internal: 'client', server: 'server', client: 'client', producer: 'client', consumer: 'server' } as const

/** Whatever the kind of its spans: they are those of a gateway. */
export const GATEWAY = {
  '': 'gateway', internal: 'gateway', server: 'gateway', client: 'gateway', producer: 'gateway', consumer: 'gateway',
} as const

/** An agent on somebody's machine: whatever it sends is its own word. */
export const ALL_AGENT = { '': 'agent', internal: 'agent', server: 'agent', client: 'agent', producer: 'agent', consumer: 'agent' } as const
