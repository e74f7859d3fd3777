/**
 * Whether a span and its parent are two views of one call. Never by session id or request id alone.
 */
import type { Vantage } from '../../schemas/vocabulary.ts'
import type { Observation } from './observation.ts'

/** What joining needs to know of a span that has to do with a call. */
export interface View {
  /** '' for a plain HTTP span of an MCP endpoint that names no method. */
  readonly method: string
  /** Tool, prompt or resource; '' where the span does not name it. */
  readonly object: string
  readonly vantage: Vantage
  readonly jsonrpcId: string
  readonly toolCallId: string
  readonly emitter: string
}

/** What is compared of two views, or of whole calls. */
export type Outline = Pick<View, 'method' | 'object' | 'vantage'>

/** The span below that of a call in which an agent says what came of it, and not what was called (Claude Code). */
const bringsResult = ({ vantage, signal, tool_call_id: id, result }: Observation): boolean => vantage === 'agent' && signal === 'span' && id !== '' && result !== ''

/** The event as a view of a call; undefined for agent runs, model calls and prompts, which are lineage and no calls. */
export function viewOf(event: Observation): View | undefined {
  const object = event.tool || event.prompt || event.resource
  const method = event.method || (event.vantage === 'agent' && event.tool !== '' ? 'tools/call' : '')
  if (method === '' && event.vantage !== 'server' && event.vantage !== 'client' && event.vantage !== 'gateway' && !bringsResult(event)) return undefined
  return { method, object, vantage: event.vantage, jsonrpcId: event.jsonrpc_request_id, toolCallId: event.tool_call_id, emitter: event.emitter }
}

/** Emitters of which a proxy says that it is one; every other server of theirs that calls out makes a call of its own, whatever its name. */
const TELLS_PROXIES: ReadonlySet<string> = new Set(['fastmcp'])

const SEPARATORS = '-_./:'

/** Whether a gateway, or an agent to its model, offers `own` under the name `offered`: with a prefix, and as some do, in lower case with hyphens. */
function isOfferedAs(own: string, offered: string): boolean {
  const at = offered.length - own.length
  if (at <= 0 || !SEPARATORS.includes(offered.charAt(at - 1))) return false
  return offered.slice(at).toLowerCase().replaceAll('_', '-') === own.toLowerCase().replaceAll('_', '-')
}

const renames = ({ vantage }: Outline): boolean => vantage === 'gateway' || vantage === 'agent'

/** Whether two views may be of the same tool, prompt or resource. */
export function sameObject(left: Outline, right: Outline): boolean {
  if (left.object === '' || right.object === '' || left.object === right.object) return true
  return (renames(left) || renames(right)) && (isOfferedAs(left.object, right.object) || isOfferedAs(right.object, left.object))
}

/** Whether `child`, whose parent span is `parent`, belongs to the same call. */
export function joins(parent: View, child: View): boolean {
  // A server that calls out starts another call, unless it passes on the very same one as a gateway does.
  const callsOut = child.vantage === 'client' || child.vantage === 'agent' || (child.vantage === 'gateway' && parent.method !== '' && child.method !== '')
  if (parent.vantage === 'server' && callsOut) {
    return parent.method === child.method && parent.method !== '' && parent.object === child.object && parent.object !== '' && !TELLS_PROXIES.has(parent.emitter)
  }
  if (parent.method === '' || child.method === '') return parent.method !== '' || child.vantage !== 'agent'
  return parent.method === child.method && sameObject(parent, child)
}

/** Whether two views below one HTTP request are of one call: a batch, or a stream of the whole session, carries several. */
export const isOneRequest = (left: View, right: View): boolean =>
  left.method === right.method && left.object === right.object && left.jsonrpcId !== '' && left.jsonrpcId === right.jsonrpcId

/** Key under which a caller's and a server's span of one trace find each other where the parent link is missing; '' where there is none. */
export function rpcKey(view: View): string {
  return view.jsonrpcId === '' || view.method === '' ? '' : `${view.method}\u0000${view.jsonrpcId}`
}

/** Whether two views with the same JSON-RPC id in one trace are the two ends of one request. A gateway has a connection on each side, with ids of its own. */
export const endsOfOneRequest = (left: Outline, right: Outline): boolean =>
  sameObject(left, right) && left.vantage !== 'gateway' && right.vantage !== 'gateway' && (left.vantage === 'server') !== (right.vantage === 'server')
