/** What a server, or the gateway before it, tells of a call: five emitters with their own names for the same things. */
import { shown } from './catalogue.ts'
import type { Caller, Server } from './company.ts'
import type { Attributes, Span } from './otlp.ts'
import type { TimedCall } from './telling.ts'

export interface Above {
  readonly traceId: string
  /** Span of the caller, '' where none was sent along. */
  readonly parent: string
  hex(digits: number): string
}

const STATUS = { ok: 200, error: 200, timeout: 504, denied: 403, unauthenticated: 401 } as const
type Place = Pick<Span, 'traceId' | 'at' | 'end' | 'attributes' | 'resource'> & { readonly failed?: string }
const methodOf = ({ method }: TimedCall): string => method ?? 'tools/call'

/** What `tools/list` answers. */
const listing = ({ tools }: Server): string => JSON.stringify({ tools: tools.map(shown) })
const resultOf = (call: TimedCall): string => (call.method === 'tools/list' ? listing(call.server) : call.result)
const failure = ({ ending }: TimedCall): string | undefined => (ending === undefined || ending === 'ok' ? undefined : ending)
const httpStatus = ({ ending }: TimedCall): Attributes => (ending === 'denied' || ending === 'unauthenticated' ? [['http.response.status_code', STATUS[ending]], ['error.type', String(STATUS[ending])]] : [])

interface Seen {
  readonly call: TimedCall
  readonly caller: Caller
  readonly above: Above
}

const common = ({ call }: Seen): Attributes => [['mcp.method.name', methodOf(call)], ...(call.method === undefined ? [['gen_ai.tool.name', call.tool] as const] : call.tool === '' ? [] : [['mcp.resource.uri', call.tool] as const]), ['mcp.protocol.version', '2026-07-28']]
const content = ({ call }: Seen): Attributes => (call.method === undefined ? [['gen_ai.tool.call.arguments', JSON.stringify(call.args)], ...(call.result === '' ? [] : [['gen_ai.tool.call.result', call.result] as const])] : [])
const nameOf = (call: TimedCall): string => (call.tool === '' ? methodOf(call) : `${methodOf(call)} ${call.tool}`)

function place({ call, above }: Seen, attributes: Attributes): Place {
  const failed = failure(call)
  return { traceId: above.traceId, at: call.from + 4, end: call.to - 4, attributes, resource: call.server.resource, ...(failed === undefined ? {} : { failed }) }
}
const span = (seen: Seen, scope: readonly [string, string], kind: Span['kind'], rest: { readonly name: string; readonly attributes: Attributes; readonly parent?: string; readonly spanId?: string }): Span =>
  ({ signal: 'span', scope: scope[0], scopeVersion: scope[1], kind, name: rest.name, parent: rest.parent ?? seen.above.parent, spanId: rest.spanId ?? seen.above.hex(16), ...place(seen, rest.attributes) })

function fastmcp(seen: Seen): readonly Span[] {
  const { call, caller } = seen
  const error: Attributes = call.ending === 'error' ? [['error.type', 'ToolError']] : call.ending === 'timeout' ? [['error.type', 'TimeoutError']] : []
  return [span(seen, ['fastmcp', '4.0.1'], 2, { name: nameOf(call), attributes: [
    ...common(seen), ['fastmcp.server.name', call.server.name], ['fastmcp.component.type', 'tool'], ['enduser.id', caller.agent.client], ['enduser.scope', caller.scopes.join(' ')],
    ['watchkeeper.principal', caller.principal], ['watchkeeper.token.fingerprint', caller.token], ['client.address', caller.address], ['user_agent.original', caller.agent.userAgent],
    ...content(seen), ...httpStatus(call), ...error,
  ] })]
}

function logfire(seen: Seen): readonly Span[] {
  const { call, caller } = seen
  const method = methodOf(call)
  const params = call.method === undefined ? { name: call.tool, arguments: call.args } : call.tool === '' ? {} : { uri: call.tool }
  const response = call.method === 'tools/list' ? listing(call.server) : JSON.stringify({ content: [{ type: 'text', text: call.result }], isError: call.ending === 'error' || call.ending === 'timeout' })
  return [span(seen, ['logfire.mcp', '4.41.0'], 1, { name: `MCP server handle request: ${method}`, attributes: [
    ['rpc.method', method], ['mcp.server.name', call.server.name], ['request', JSON.stringify({ method, params, jsonrpc: '2.0', id: call.from % 100_000 | 0 })], ['response', response],
    ['watchkeeper.principal', caller.principal], ['watchkeeper.token.fingerprint', caller.token], ['watchkeeper.client', caller.agent.client], ['watchkeeper.token.scopes', caller.scopes.join(' ')],
    ['watchkeeper.client.address', caller.address], ['user_agent.original', caller.agent.userAgent], ...httpStatus(call),
  ] })]
}

function semconv(seen: Seen): readonly Span[] {
  const { call, caller } = seen
  const error: Attributes = call.ending === 'error' ? [['error.type', 'tool_error']] : call.ending === 'timeout' ? [['error.type', 'timeout']] : []
  return [span(seen, ['acme-mcp-telemetry', '2.3.0'], 2, { name: nameOf(call), attributes: [
    ...common(seen), ['mcp.server.name', call.server.name], ['enduser.id', caller.principal], ['enduser.scope', caller.scopes.join(' ')], ['watchkeeper.client', caller.agent.client],
    ['watchkeeper.token.fingerprint', caller.token], ['client.address', caller.address], ['user_agent.original', caller.agent.userAgent], ...content(seen), ...httpStatus(call), ...error,
    ...(call.method === 'tools/list' ? [['mcp.response.value', resultOf(call)] as const] : []),
  ] })]
}

function agentgateway(seen: Seen): readonly Span[] {
  const { call, caller, above } = seen
  const own = above.hex(16)
  const known: Attributes = call.ending === 'unauthenticated' ? [] : [['jwt.sub', caller.principal], ['jwt.client_id', caller.agent.client], ['jwt.scope', caller.scopes.join(' ')]]
  const target: Attributes = [['mcp.target', call.server.name], ['mcp.method.name', methodOf(call)], ...(call.method === undefined ? [['gen_ai.tool.name', call.tool] as const] : [])]
  const front = span(seen, ['agentgateway', '1.4.1'], 2, { name: methodOf(call), spanId: own, attributes: [
    ['gateway', 'default'], ['listener', 'l0'], ['src.addr', `${caller.address}:${40_000 + (Math.floor(call.from) % 20_000)}`], ['http.method', 'POST'], ['http.host', 'mcp-gw.acme.example'], ['http.path', '/mcp'],
    ['http.status', STATUS[call.ending ?? 'ok']], ['protocol', 'mcp'], ...target, ...known, ['watchkeeper.token.fingerprint', caller.token], ['user_agent.original', caller.agent.userAgent],
    ...(call.method === undefined ? [['mcp.tool.arguments', JSON.stringify(call.args)] as const, ['mcp.tool.result', call.result] as const] : []), ...(call.ending === 'error' ? [['mcp.error.code', -32_603] as const] : []),
  ] })
  if (call.ending === 'denied' || call.ending === 'unauthenticated') return [front]
  return [front, span(seen, ['agentgateway', '1.4.1'], 3, { name: nameOf(call), parent: own, attributes: [['agentgateway.outbound.kind', 'primary'], ['agentgateway.outbound.subtype', 'mcp'], ...target] })]
}

function litellm(seen: Seen): readonly Span[] {
  const { call, caller, above } = seen
  return [span(seen, ['litellm', '1.98.0'], 3, { name: nameOf(call), attributes: [
    ...common(seen), ['litellm.call_id', above.hex(32)], ['litellm.mcp.server.name', call.server.name], ['litellm.metadata.user_api_key_user_id', caller.principal], ['litellm.api_key.hash', caller.token],
    ['litellm.metadata.requester_ip_address', caller.address], ['watchkeeper.token.scopes', caller.scopes.join(' ')], ['watchkeeper.client', caller.agent.client], ['user_agent.original', caller.agent.userAgent],
    ...content(seen), ...httpStatus(call), ...(call.ending === 'error' || call.ending === 'timeout' ? [['error.type', 'MCPToolCallError'] as const] : []),
  ] })]
}

const BY_EMITTER = { fastmcp, logfire, semconv, agentgateway, litellm } as const

export const tellServer = (call: TimedCall, caller: Caller, above: Above): readonly Span[] => BY_EMITTER[call.server.emitter]({ call, caller, above })
