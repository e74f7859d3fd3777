/**
 * The assembler as one fold: records of `events` in, versions of interactions out. No clock: time is the newest `received_at` or tick.
 */
import { createHash } from 'node:crypto'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction, InteractionFields } from '../../schemas/interaction.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import { addSeen, nothingSeen, type Seen } from '../../detectors/stats/seen.ts'
import { fillLineage, type Propagation } from './lineage.ts'
import { nameActor } from './merge.ts'
import { type Call, callAt, holds, isComplete, newTrace, observe, type Trace } from './trace.ts'

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
  readonly traces: Map<string, Trace>
  /** Traces with something to publish once quiet; a subset of `traces`, least recently touched first. */
  readonly pending: Set<string>
  habits: Map<string, Propagation>
  /** Keys of traces that were let go: a record of one of them may be a repetition. */
  gone: Seen
  counts: AssemblerCounts
  /** Offset of the envelope in hand. */
  offset: number
}

export const emptyState = (): AssemblerState => ({
  now: 0n, offset: 0, spans: 0, traces: new Map(), pending: new Set(), habits: new Map(), gone: nothingSeen(), counts: { duplicates: 0, overflowed: 0 },
})

const HABITS_LIMIT = 10_000

/** Records with the same key meet in one trace: trace id, else conversation, else the record alone. */
export const traceKey = (event: AuditEvent): string => {
  if (event.trace_id !== '') return `${event.tenant}\u0000t${event.trace_id}`
  return `${event.tenant}\u0000${event.conversation === '' ? `e${event.event_id}` : `c${event.conversation}`}`
}

const interactionId = (call: Call): string =>
  createHash('sha256').update(`interaction\u0000${call.merged.fields.tenant}\u0000${call.anchor}`).digest('hex').slice(0, 32)

/** Adds one record. Interactions that became ready are appended to `out`. */
export function fold(state: AssemblerState, record: EventRecord, limits: AssemblerLimits, out: Interaction[]): void {
  const { event } = record
  const moved = moveTime(state, record)
  if (event !== undefined && event.conflict_with === '') take(state, event, limits, out)
  if (moved) settle(state, limits, out)
}

/** What a record does to the others when it is not taken itself: time goes on. */
export function passTime(state: AssemblerState, record: EventRecord, limits: AssemblerLimits, out: Interaction[]): void {
  if (moveTime(state, record)) settle(state, limits, out)
}

function moveTime(state: AssemblerState, { event, tickAt }: EventRecord): boolean {
  const at = event === undefined ? tickAt : event.received_at
  if (at <= state.now) return false
  state.now = at
  return true
}

function settle(state: AssemblerState, limits: AssemblerLimits, out: Interaction[]): void {
  publishQuiet(state, limits, out)
  forgetOld(state, limits)
}

function take(state: AssemblerState, event: AuditEvent, limits: AssemblerLimits, out: Interaction[]): void {
  const key = traceKey(event)
  const trace = state.traces.get(key) ?? newTrace(key, event.tenant, state.offset)
  if (holds(trace, event)) {
    state.counts.duplicates++
    return
  }
  observe(trace, event)
  state.spans++
  touch(state, trace)
  publish(state, trace, trace.fresh, { out, ready: isComplete })
  if (trace.dirty.size > 0) state.pending.add(key)
  else state.pending.delete(key)
  if (trace.nodes.size + trace.logIds.size > limits.spansPerTrace) overflow(state, trace, out)
  while (state.spans > limits.spans) overflow(state, state.traces.values().next().value as Trace, out)
}

/** Moves the trace to the end of both queues, once for all the records that came at the same time. */
function touch(state: AssemblerState, trace: Trace): void {
  if (trace.touchedAt === state.now) return
  trace.touchedAt = state.now
  state.traces.delete(trace.key)
  state.traces.set(trace.key, trace)
  state.pending.delete(trace.key)
}

function overflow(state: AssemblerState, trace: Trace, out: Interaction[]): void {
  state.counts.overflowed++
  publish(state, trace, trace.dirty, { out, ready: always })
  drop(state, trace)
}

function drop(state: AssemblerState, trace: Trace): void {
  addSeen(state.gone, trace.key)
  state.traces.delete(trace.key)
  state.pending.delete(trace.key)
  state.spans -= trace.nodes.size + trace.logIds.size
}

function publishQuiet(state: AssemblerState, limits: AssemblerLimits, out: Interaction[]): void {
  for (const key of state.pending) {
    const trace = state.traces.get(key) as Trace
    if (state.now - trace.touchedAt < limits.quietNs) return
    publish(state, trace, trace.dirty, { out, ready: always })
    state.pending.delete(key)
  }
}

function forgetOld(state: AssemblerState, limits: AssemblerLimits): void {
  for (const trace of state.traces.values()) {
    if (state.now - trace.touchedAt < limits.lineageNs) return
    drop(state, trace)
  }
}

interface Publication {
  readonly out: Interaction[]
  ready(trace: Trace, call: Call): boolean
}
const always = (): boolean => true

function publish(state: AssemblerState, trace: Trace, indexes: ReadonlySet<number>, { out, ready }: Publication): void {
  for (const index of indexes) {
    const call = trace.calls[index] as Call
    if (!trace.dirty.has(index) || (call.into === index && !ready(trace, call))) continue
    trace.dirty.delete(index)
    if (call.into === index) publishCall(state, trace, call, out)
    else out.push(withdraw(trace, call))
  }
}

/** A published call that proved to be a part of an earlier one. */
function withdraw(trace: Trace, call: Call): Interaction {
  call.version++
  const fields = { ...call.merged.fields, interaction_id: interactionId(call), version: call.version, merged_into: interactionId(callAt(trace, call.index)) }
  nameActor(fields)
  return fields
}

function publishCall(state: AssemblerState, trace: Trace, call: Call, out: Interaction[]): void {
  const fields: InteractionFields = { ...call.merged.fields }
  nameActor(fields)
  fillLineage(fields, trace, call, state.habits.get(habitKey(fields)))
  const digest = digestOf(fields)
  if (digest === call.digest) return
  if (call.version === 0) {
    call.merged.fields.sort_at = fields.sort_at = fields.started_at
    learnHabit(state, fields)
  }
  call.digest = digest
  call.version++
  out.push({ ...fields, interaction_id: interactionId(call), version: call.version })
}

const habitKey = (fields: InteractionFields): string => `${fields.tenant}\u0000${fields.actor_kind}\u0000${fields.actor}`

function learnHabit(state: AssemblerState, fields: InteractionFields): void {
  if (fields.method !== 'tools/call' || fields.requested_by === 'none') return
  const key = habitKey(fields)
  const habit = state.habits.get(key) ?? { calls: 0, asked: 0 }
  habit.calls++
  if (fields.requested_by === 'user_turn') habit.asked++
  state.habits.delete(key)
  state.habits.set(key, habit)
  if (state.habits.size > HABITS_LIMIT) state.habits.delete(state.habits.keys().next().value as string)
}

/** What a version says, short enough to keep: only a version that says something else is published. */
function digestOf(fields: InteractionFields): string {
  return [
    fields.event_ids.length, fields.actor, fields.requested_by, fields.request_fit, fields.request_text.length, fields.argument_sources.size,
    fields.outcome, fields.arguments_hash, fields.result_hash, fields.server_internal,
  ].join('\u0000')
}
