/**
 * Client and server of one session whose spans do not name each other, although they are in one trace: MCP Python SDK 1 sends its requests, and handles
 * them, in the context in which the session began. A session alone says nothing: that one call lies within the other, and in no further one, does, where
 * the HTTP requests of that moment show that there was no further one whose spans were lost.
 */
import type { Observation } from './observation.ts'
import { type Call, callAt, type Trace, unite } from './trace.ts'

/** So many calls of one tool in one session are not compared with each other. */
const CROWD = 256
/** Nor with so many requests of a trace. */
const BUSY = 4_096

interface Times {
  readonly start: bigint
  readonly end: bigint
}

interface Span extends Times {
  readonly call: Call
}

interface Ends {
  readonly callers: Span[]
  readonly servers: Span[]
}

const isNamed = ({ wire_session: session, method, signal }: Observation): boolean => session !== '' && method !== '' && signal === 'span'
const timesOf = ({ started_at: start, ended_at: end }: Observation): Times => ({ start, end })

/** The call as its only end saw it; undefined where both did, or a gateway. */
function endOf(call: Call, event: Observation): 'callers' | 'servers' | undefined {
  if (event.vantage !== 'client' && event.vantage !== 'server') return undefined
  const other = event.vantage === 'client' ? 'server' : 'client'
  if (call.observations.some(({ vantage, method }) => vantage === 'gateway' || (vantage === other && method !== ''))) return undefined
  return event.vantage === 'client' ? 'callers' : 'servers'
}

function endsIn(trace: Trace): ReadonlyMap<string, Ends> {
  const ends = new Map<string, Ends>()
  for (const call of trace.calls) {
    if (call.into !== call.index) continue
    const event = call.observations.find(isNamed)
    const end = event === undefined ? undefined : endOf(call, event)
    if (event === undefined || end === undefined) continue
    const key = `${event.wire_session}\u0000${event.method}\u0000${event.tool || event.prompt || event.resource}`
    const known = ends.get(key) ?? { callers: [], servers: [] }
    ends.set(key, known)
    known[end].push({ call, ...timesOf(event) })
  }
  return ends
}

const overlaps = (one: Times, other: Times): boolean => one.start <= other.end && other.start <= one.end
const isWithin = (inner: Times, outer: Times): boolean => inner.start >= outer.start && inner.end <= outer.end

/** What was under way in a trace: HTTP requests that may carry a call, as either side saw them, and what servers did in which session. */
interface Traffic {
  readonly posts: Readonly<Record<'client' | 'server', readonly Times[]>>
  readonly served: readonly (Times & { readonly session: string })[]
}

const isPost = ({ attributes }: Observation): boolean => (attributes.get('http.request.method') ?? attributes.get('http.method'))?.text === 'POST'

function trafficOf(trace: Trace): Traffic {
  const posts: Record<'client' | 'server', Times[]> = { client: [], server: [] }
  const served: (Times & { session: string })[] = []
  for (const event of trace.calls.flatMap(({ index, into, observations }) => (index === into ? observations : []))) {
    const { vantage, wire_session: session } = event
    if (vantage === 'server' && isNamed(event)) served.push({ ...timesOf(event), session })
    else if ((vantage === 'client' || vantage === 'server') && event.method === '' && isPost(event)) posts[vantage].push(timesOf(event))
  }
  return { posts, served }
}

/** Whether no session had more than one request under way while the server was at this one, as far as HTTP shows; where nobody saw a request, nothing does. */
function wasAlone(server: Times, { posts, served }: Traffic): boolean {
  const sessions = new Set(served.filter((other) => overlaps(server, other)).map(({ session }) => session)).size
  const requests = Math.max(...[posts.client, posts.server].map((side) => side.filter((post) => overlaps(server, post)).length))
  return requests > 0 && requests <= sessions
}

function only(spans: readonly Span[], fits: (span: Span) => boolean): Span | undefined {
  const fitting = spans.filter(fits)
  return fitting.length === 1 ? fitting[0] : undefined
}

/** Where clocks disagree, calls lie in none or in others' place, and one at least is left without: then none is believed. */
const clocksAgree = ({ callers, servers }: Ends): boolean =>
  servers.every((server) => callers.some((caller) => isWithin(server, caller))) && callers.every((caller) => servers.some((server) => isWithin(server, caller)))

function settleEnds(trace: Trace, ends: Ends, traffic: Traffic): void {
  const { callers, servers } = ends
  if (callers.length !== servers.length || callers.length > CROWD || !clocksAgree(ends)) return
  for (const server of servers) {
    const caller = only(callers, (other) => isWithin(server, other))
    if (caller === undefined || only(servers, (other) => isWithin(other, caller)) !== server || !wasAlone(server, traffic)) continue
    unite(trace, callAt(trace, caller.call.index).index, callAt(trace, server.call.index).index)
  }
}

/** Joins the ends of calls of one session. All records must be there, and all that parents and ids tell be joined. */
export function settleSessions(trace: Trace): void {
  if (trace.calls.length < 2) return
  const both = [...endsIn(trace).values()].filter(({ callers, servers }) => callers.length > 0 && servers.length > 0)
  if (both.length === 0) return
  const traffic = trafficOf(trace)
  if (traffic.posts.client.length + traffic.posts.server.length + traffic.served.length > BUSY) return
  for (const ends of both) settleEnds(trace, ends, traffic)
}
