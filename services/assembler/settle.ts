/** What can be told only when all records of a trace are there: whose HTTP request it was, and which two ends carry one JSON-RPC id. */
import type { Vantage } from '../../schemas/vocabulary.ts'
import { endsOfOneRequest, isOneRequest, sameObject, type View } from './join.ts'
import type { Observation } from './observation.ts'
import { settleSessions } from './sessions.ts'
import { type Call, callAt, type Node, type Trace, unite, outlineOf, wasSeenBy } from './trace.ts'

/** So many calls of one trace with one JSON-RPC id: it tells nothing. */
const CROWD = 64
const ENDS: readonly Vantage[] = ['agent', 'client', 'server']

interface Carried {
  readonly node: Node
  readonly view: View
}

/** What a node itself was made of. */
const ownOf = (trace: Trace, { call }: Node): Observation => (trace.calls[call] as Call).observations[0] as Observation

/**
 * Nothing comes with a request that is over, by the clock of one process: a server that handles a whole session within its first request (MCP Python
 * SDK 1) has all the session's spans below it.
 */
const wasOver = (request: Observation, child: Observation): boolean =>
  request.source === child.source && request.ended_at > request.started_at && child.started_at >= request.ended_at

function carriedBy(trace: Trace, request: Node): readonly Carried[] {
  const asked = ownOf(trace, request)
  return (request.carries ?? []).flatMap((id) => {
    const node = trace.nodes.get(id) as Node
    return wasOver(asked, ownOf(trace, node)) ? [] : [{ node, view: node.view as View }]
  })
}

/** Of what came with a request: what its caller says was asked; else what is no list, which FastMCP looks up before a call. */
function askedOf(trace: Trace, request: Node, carried: readonly Carried[]): Carried | undefined {
  const known = outlineOf(callAt(trace, request.call))
  if (known.method !== '') return carried.find(({ view }) => view.method === known.method && sameObject(known, view))
  return carried.find(({ view }) => view.method !== 'tools/list') ?? carried[0]
}

/** A list that FastMCP makes itself, within the request of a call. */
function markLookUp(trace: Trace, { node, view }: Carried, { view: call }: Carried): void {
  if (view.method !== 'tools/list' || call.method !== 'tools/call' || view.vantage !== 'server' || view.emitter !== 'fastmcp') return
  const { observations } = callAt(trace, node.call)
  const event = ownOf(trace, node)
  const place = observations.indexOf(event)
  if (place !== -1) observations[place] = { ...event, server_internal: true }
}

/** An HTTP request belongs to one call, in as many views as there are. */
function settleRequest(trace: Trace, requestId: string): void {
  const request = trace.nodes.get(requestId) as Node
  const carried = carriedBy(trace, request)
  const first = askedOf(trace, request, carried)
  for (const one of carried) {
    if (first !== undefined && (one === first || isOneRequest(first.view, one.view))) unite(trace, request.call, one.node.call)
    else {
      callAt(trace, one.node.call).agentSpan ||= requestId
      if (first !== undefined) markLookUp(trace, one, first)
    }
  }
}

/** Within one session no id is used twice (MCP, base protocol): a request with the same id there is the same request. */
const isSentAgain = (one: Call, other: Call): boolean =>
  one.observations.some((event) => event.vantage === 'server' && event.wire_session !== '' &&
    other.observations.some((again) => again.vantage === 'server' && again.wire_session === event.wire_session && again.tool === event.tool))

const areEnds = (server: Call, caller: Call): boolean =>
  !ENDS.some((vantage) => wasSeenBy(server, vantage) && wasSeenBy(caller, vantage)) && endsOfOneRequest(outlineOf(server), outlineOf(caller))

/** The one that fits; undefined where several do. */
function onlyOne(calls: readonly Call[], fits: (call: Call) => boolean): Call | undefined {
  const fitting = calls.filter(fits)
  return fitting.length === 1 ? fitting[0] : undefined
}

const rootsOf = (trace: Trace, indexes: readonly number[]): readonly Call[] => [...new Set(indexes.map((index) => callAt(trace, index)))]

/** Whether spans of servers here name their callers': then one whose parent is not there has lost its caller, and another with its id is another request. */
function namesCallers({ nodes }: Trace): boolean {
  for (const { view, parent } of nodes.values()) {
    if (view?.vantage !== 'server' || view.method === '') continue
    const above = nodes.get(parent)?.view
    if (above?.vantage === 'client' && above.method === view.method) return true
  }
  return false
}

const sessionOf = (call: Call): string => call.observations.find(({ wire_session: session }) => session !== '')?.wire_session ?? ''

/** Whether one side counts an id twice here: two sessions, of which the other ends may be lost. */
const countsTwice = (trace: Trace, indexes: readonly number[]): boolean => {
  const calls = rootsOf(trace, indexes)
  return (['client', 'server'] as const).some((end) => calls.filter((call) => wasSeenBy(call, end)).length > 1)
}

/** Joins the two ends of a request whose spans do not name each other. Every session counts its own ids: where several ends fit, none is joined. */
function settleIds(trace: Trace, indexes: readonly number[], sessions: 'one' | 'several'): void {
  const all = rootsOf(trace, indexes).filter((call) => !wasSeenBy(call, 'gateway'))
  if (all.length < 2 || all.length > CROWD) return
  for (const call of all) for (const other of all) if (call.index < other.index && isSentAgain(call, other)) unite(trace, call.index, other.index)
  const calls = rootsOf(trace, all.map(({ index }) => index))
  const [servers, callers] = [calls.filter((call) => wasSeenBy(call, 'server')), calls.filter((call) => !wasSeenBy(call, 'server'))]
  if (servers.some(({ unresolved }) => unresolved > 0) && namesCallers(trace)) return
  const pairs = servers.flatMap((server) => {
    const caller = onlyOne(callers, (other) => areEnds(server, other))
    if (caller === undefined || onlyOne(servers, (other) => areEnds(other, caller)) !== server) return []
    const [one, other] = [sessionOf(server), sessionOf(caller)]
    return one !== '' && other !== '' ? (one === other ? [{ server, caller }] : []) : sessions === 'one' ? [{ server, caller }] : []
  })
  for (const { server, caller } of pairs) unite(trace, server.index, caller.index)
}

/** Joins what was left open. All records must be there. */
export function settleJoins(trace: Trace): void {
  for (const id of trace.requests) settleRequest(trace, id)
  const shared = [...trace.byRequest.values()].filter(({ length }) => length > 1)
  const sessions = shared.some((indexes) => countsTwice(trace, indexes)) ? 'several' : 'one'
  for (const indexes of shared) settleIds(trace, indexes, sessions)
  settleSessions(trace)
}
