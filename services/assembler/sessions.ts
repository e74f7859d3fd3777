/**
 * Client and server of one session whose spans do not name each other, although they are in one trace: MCP Python SDK 1 sends its requests, and handles
 * them, in the context in which the session began. A session alone says nothing: that one call lies within the other, and in no further one, does.
 */
import type { Observation } from './observation.ts'
import { type Call, callAt, type Trace, unite } from './trace.ts'

/** So many calls of one tool in one session are not compared with each other. */
const CROWD = 256

interface Span {
  readonly call: Call
  readonly start: bigint
  readonly end: bigint
}

interface Ends {
  readonly callers: Span[]
  readonly servers: Span[]
}

const isNamed = ({ wire_session: session, method, signal }: Observation): boolean => session !== '' && method !== '' && signal === 'span'

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
    known[end].push({ call, start: event.started_at, end: event.ended_at })
  }
  return ends
}

const isWithin = (inner: Span, outer: Span): boolean => inner.start >= outer.start && inner.end <= outer.end

function only(spans: readonly Span[], fits: (span: Span) => boolean): Span | undefined {
  const fitting = spans.filter(fits)
  return fitting.length === 1 ? fitting[0] : undefined
}

/** Where clocks disagree, calls lie in none or in others' place, and one at least is left without: then none is believed. */
const clocksAgree = ({ callers, servers }: Ends): boolean =>
  servers.every((server) => callers.some((caller) => isWithin(server, caller))) && callers.every((caller) => servers.some((server) => isWithin(server, caller)))

function settleEnds(trace: Trace, ends: Ends): void {
  const { callers, servers } = ends
  if (callers.length !== servers.length || callers.length > CROWD || !clocksAgree(ends)) return
  for (const server of servers) {
    const caller = only(callers, (other) => isWithin(server, other))
    if (caller === undefined || only(servers, (other) => isWithin(other, caller)) !== server) continue
    unite(trace, callAt(trace, caller.call.index).index, callAt(trace, server.call.index).index)
  }
}

/** Joins the ends of calls of one session. All records must be there, and all that parents and ids tell be joined. */
export function settleSessions(trace: Trace): void {
  if (trace.calls.length < 2) return
  for (const ends of endsIn(trace).values()) if (ends.callers.length > 0 && ends.servers.length > 0) settleEnds(trace, ends)
}
