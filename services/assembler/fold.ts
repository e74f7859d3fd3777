/**
 * The assembler as one fold: envelopes of `events` in, versions of interactions out. No clock: time is the newest `received_at` or tick.
 * What is published depends on the envelopes alone, so that reading them again makes the same.
 */
import { isAdminEvent } from '../../schemas/admin-action.ts'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Envelope } from '../../schemas/ports.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import { addSeen, nothingSeen, type Seen } from '../../detectors/stats/seen.ts'
import { type HeldTrace, keep, newHeldTrace, open, shut } from './held-trace.ts'
import type { Propagation } from './lineage.ts'
import { publishCalls, type Ready } from './publish.ts'
import { isComplete } from './trace.ts'

export interface AssemblerLimits {
  /** Quiet time of a trace after which its calls are published as they are, nanoseconds. */
  readonly quietNs: bigint
  /** How long a published trace is kept for late parts, nanoseconds after its last record. */
  readonly lineageNs: bigint
  /** Spans in one trace, and in all traces together. Over either, the oldest is published as it is and let go. */
  readonly spansPerTrace: number
  readonly spans: number
}

/** Named outcomes that are counted, never silent. */
export interface AssemblerCounts {
  duplicates: number
  /** Traces let go before their wait was over, because of a limit. */
  overflowed: number
}

export interface AssemblerState {
  now: bigint
  spans: number
  /** Least recently touched first. */
  readonly traces: Map<string, HeldTrace>
  /** Traces with something to publish once quiet; a subset of `traces`, least recently touched first. */
  readonly pending: Set<string>
  habits: Map<string, Propagation>
  /** Keys of traces that were let go: a record of one of them may be a repetition. */
  gone: Seen
  counts: AssemblerCounts
}

export const emptyState = (): AssemblerState => ({
  now: 0n, spans: 0, traces: new Map(), pending: new Set(), habits: new Map(), gone: nothingSeen(), counts: { duplicates: 0, overflowed: 0 },
})

export interface FoldOptions {
  readonly limits: AssemblerLimits
  /** Interactions that became ready are appended. */
  readonly out: Interaction[]
  /** Which records are taken; of the others only the time counts. */
  takes(event: AuditEvent): boolean
}

/** Records with the same key meet in one trace: trace id, else conversation, else the record alone. */
export const traceKey = (event: AuditEvent): string => {
  if (event.trace_id !== '') return `${event.tenant}\u0000t${event.trace_id}`
  return `${event.tenant}\u0000${event.conversation === '' ? `e${event.event_id}` : `c${event.conversation}`}`
}

/** Adds the records of one envelope. */
export function fold(state: AssemblerState, { offset, records }: Pick<Envelope<EventRecord>, 'offset' | 'records'>, options: FoldOptions): void {
  const arrived = new Map<string, EventRecord[]>()
  let now = state.now
  for (const record of records) {
    const { event } = record
    const at = event === undefined ? record.tickAt : event.received_at
    if (at > now) now = at
    if (event === undefined || event.conflict_with !== '' || isAdminEvent(event) || !options.takes(event)) continue
    const key = traceKey(event)
    const known = arrived.get(key)
    if (known === undefined) arrived.set(key, [record])
    else known.push(record)
  }
  const moved = now > state.now
  state.now = now
  for (const [key, own] of arrived) take(state, held(state, key, offset), { ...options, records: own })
  if (moved) settle(state, options)
}

/** The trace, moved to the end of both queues. */
function held(state: AssemblerState, key: string, offset: number): HeldTrace {
  const trace = state.traces.get(key) ?? newHeldTrace(key, offset)
  trace.touchedAt = state.now
  state.traces.delete(key)
  state.traces.set(key, trace)
  state.pending.delete(key)
  return trace
}

function take(state: AssemblerState, trace: HeldTrace, options: FoldOptions & { readonly records: readonly EventRecord[] }): void {
  const { records, limits } = options
  keep(trace, records)
  state.spans += records.length
  trace.rooted ||= records.some(({ event }) => event?.signal === 'span' && event.parent_span_id === '')
  state.pending.add(trace.key)
  if (trace.rooted && worthOpening(trace)) publish(state, trace, { ...options, ready: isComplete })
  if (trace.records > limits.spansPerTrace) overflow(state, trace, options)
  while (state.spans > limits.spans) overflow(state, state.traces.values().next().value as HeldTrace, options)
}

/** A long trace is opened again only when it has grown by a part of itself, so that many late records cost no more than they are. */
const SHORT_TRACE = 256
const worthOpening = ({ records, opened }: HeldTrace): boolean => records <= SHORT_TRACE || (records - opened) * 8 >= records

const always: Ready = () => true

function publish(state: AssemblerState, held: HeldTrace, { out, ready }: FoldOptions & { readonly ready: Ready }): void {
  const before = held.records
  const { trace, duplicates } = open(held)
  state.counts.duplicates += duplicates
  state.spans -= before - held.records
  publishCalls(trace, { habits: state.habits, out, ready })
  shut(held, trace)
  if (trace.dirty.size === 0) state.pending.delete(held.key)
}

/** Lets go of a trace that is too long, or of the oldest where there are too many; repetitions alone do not make one too long. */
function overflow(state: AssemblerState, trace: HeldTrace, options: FoldOptions): void {
  if (state.pending.has(trace.key)) publish(state, trace, { ...options, ready: always })
  if (trace.records <= options.limits.spansPerTrace && state.spans <= options.limits.spans) return
  state.counts.overflowed++
  drop(state, trace)
}

function drop(state: AssemblerState, trace: HeldTrace): void {
  addSeen(state.gone, trace.key)
  state.traces.delete(trace.key)
  state.pending.delete(trace.key)
  state.spans -= trace.records
}

function settle(state: AssemblerState, options: FoldOptions): void {
  const { quietNs, lineageNs } = options.limits
  for (const key of state.pending) {
    const trace = state.traces.get(key) as HeldTrace
    if (state.now - trace.touchedAt < quietNs) break
    publish(state, trace, { ...options, ready: always })
  }
  for (const trace of state.traces.values()) {
    if (state.now - trace.touchedAt < lineageNs) return
    drop(state, trace)
  }
}
