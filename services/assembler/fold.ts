/**
 * The assembler as one fold: envelopes of `events` in, versions of interactions out. No clock: time is the newest `received_at` or tick.
 * What is published depends on the envelopes alone, so that reading them again makes the same.
 */
import { isAdminEvent } from '../../schemas/admin-action.ts'
import type { EventHead } from '../../schemas/event-head.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Envelope } from '../../schemas/ports.ts'
import type { Part, Relay, Word } from '../../schemas/relay.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import { addSeen, nothingSeen, type Seen } from '../../detectors/stats/seen.ts'
import { type HeldTrace, keep, lastOpened, newHeldTrace, open, shut } from './held-trace.ts'
import { heardOf, wordsOf } from './part.ts'
import { publishCalls, type Ready, toldPart } from './publish.ts'
import type { RelatedLimits, Sink } from './related/contracts.ts'
import { actorKey, conversationKey, forward, homeAfter, leave, say } from './related/forward.ts'
import { learn, neverAsked, type Propagation } from './related/habits.ts'
import { traceKeeper } from './related/keeper.ts'
import { emptyRelated, relate, type RelatedState, settleRelated } from './related/relate.ts'
import type { Tokens } from './tokens.ts'
import { Touched } from './touched.ts'
import { isComplete, type Trace } from './trace.ts'
import { TraceKeys } from './trace-keys.ts'

/** `quietNs` also is the quiet time of a trace after which its calls are published as they are, `lineageNs` how long it is kept after that. */
export interface AssemblerLimits extends RelatedLimits {
  /**
   * Spans in one trace, in all of one tenant and in all together. Over the first the trace, else the tenant's oldest, over the last the oldest of the
   * tenant that has most, is published as it is and let go: who has less than an equal part is never made to pay for another.
   */
  readonly spansPerTrace: number
  readonly spansPerTenant: number
  readonly spans: number
}

/** Named outcomes that are counted, never silent. */
export interface AssemblerCounts {
  duplicates: number
  /** Traces let go before their wait was over, because of the limit of all, of their tenant, or their own. */
  overflowed: number
  tenantOverflowed: number
  traceOverflowed: number
}

type Overflow = Exclude<keyof AssemblerCounts, 'duplicates'>
export const nothingCounted = (): AssemblerCounts => ({ duplicates: 0, overflowed: 0, tenantOverflowed: 0, traceOverflowed: 0 })

/** What one tenant has of the traces. */
interface Holding {
  spans: number
  readonly traces: Touched<HeldTrace>
}

export interface AssemblerState {
  now: bigint
  spans: number
  readonly traces: Touched<HeldTrace>
  /** Whose they are; who holds none is not there. */
  readonly holdings: Map<string, Holding>
  /** Those with something to publish once quiet. */
  readonly pending: Touched<HeldTrace>
  readonly keys: TraceKeys
  /** Of the calls of this partition that have no home before their actor's. */
  habits: Map<string, Propagation>
  /** Stage 2, where there is one partition. */
  readonly related: RelatedState
  /** Keys of traces that were let go: a record of one of them may be a repetition. */
  gone: Seen
  counts: AssemblerCounts
}

export const emptyState = (): AssemblerState => ({
  now: 0n, spans: 0, traces: new Touched(), holdings: new Map(), pending: new Touched(), keys: new TraceKeys(), habits: new Map(), related: emptyRelated(), gone: nothingSeen(),
  counts: nothingCounted(),
})

const tenantOf = (key: string): string => key.slice(0, key.indexOf('\u0000'))

export interface FoldOptions {
  readonly limits: AssemblerLimits
  /** Interactions that became ready are appended. */
  readonly out: Interaction[]
  /** Where stage 2 is elsewhere: what it is to be told is appended. Absent: it is here. */
  readonly relays?: Relay[]
  /** How redaction names secrets; absent: values that were redacted on one side only stay unknown. */
  readonly tokens?: Tokens | undefined
  /** Which records are taken; of the others only the time counts. */
  takes(event: EventHead): boolean
}

/** Adds the records of one envelope. */
export function fold(state: AssemblerState, envelope: Pick<Envelope<EventRecord>, 'offset' | 'records'>, options: FoldOptions): void {
  const relays = options.relays ?? []
  const moved = assemble(state, envelope, { ...options, sink: { interactions: options.out, relays } })
  if (options.relays === undefined) relateHere(state, { offset: envelope.offset, moved, relays }, options)
  // Behind stage 2: after a standstill traces are quiet and old at once, and the views of a call that others have are made of those that are held.
  if (moved) letGo(state, options.limits)
}

/** Stage 2 in the same process: its own relays come back to it. */
function relateHere(
  { related, now, traces }: AssemblerState, { offset, moved, relays }: { readonly offset: number; readonly moved: boolean; readonly relays: Relay[] },
  { limits, out, tokens }: FoldOptions,
): void {
  const options = { offset, limits, sink: { interactions: out, relays }, keeper: traceKeeper(partsOfTraces(traces, tokens)), tokens }
  for (const relay of relays) relate(related, relay, options)
  relays.length = 0
  if (!moved) return
  settleRelated(related, now, options)
  for (const relay of relays) relate(related, relay, options)
}

interface Assembling extends FoldOptions {
  readonly sink: Sink
}

/** Parts of traces that are held, as they were told last; of the trace that was asked for last they are all at hand. */
function partsOfTraces(traces: Pick<Touched<HeldTrace>, 'get'>, tokens: Tokens | undefined): (key: string, id: string) => Part | undefined {
  let last: { readonly key: string; readonly trace: Trace } | undefined
  return (key, id) => {
    const held = traces.get(key)
    if (held === undefined) return undefined
    if (last?.key !== key) last = { key, trace: lastOpened(held) }
    return toldPart(last.trace, { key, id, tokens })
  }
}

/** Stage 1; gives whether time has moved. */
function assemble(state: AssemblerState, { offset, records }: Pick<Envelope<EventRecord>, 'offset' | 'records'>, options: Assembling): boolean {
  const arrived = new Map<string, EventRecord[]>()
  let now = state.now
  for (const record of records) {
    const { head: event } = record
    const at = event === undefined ? record.tickAt : event.received_at
    if (at > now) now = at
    if (event === undefined || event.conflict_with !== '' || isAdminEvent(event) || !options.takes(event)) continue
    const key = state.keys.of(event)
    const known = arrived.get(key)
    if (known === undefined) arrived.set(key, [record])
    else known.push(record)
  }
  const moved = now > state.now
  state.now = now
  for (const [key, own] of arrived) take(state, held(state, key, offset), { ...options, records: own })
  if (moved) settle(state, options)
  return moved
}

/** The trace, touched last of all. */
function held(state: AssemblerState, key: string, offset: number): HeldTrace {
  const trace = state.traces.touch(key, () => newHeldTrace(key, offset))
  trace.touchedAt = state.now
  holdingOf(state, tenantOf(key)).traces.touch(key, () => trace)
  state.pending.touch(key, () => trace)
  return trace
}

function holdingOf({ holdings }: AssemblerState, tenant: string): Holding {
  const known = holdings.get(tenant)
  if (known !== undefined) return known
  const holding: Holding = { spans: 0, traces: new Touched() }
  holdings.set(tenant, holding)
  return holding
}

/** `spans` more (or fewer) are held of the trace's tenant; gives its holding. */
function count(state: AssemblerState, key: string, spans: number): Holding {
  const holding = holdingOf(state, tenantOf(key))
  holding.spans += spans
  state.spans += spans
  return holding
}

function take(state: AssemblerState, trace: HeldTrace, options: Assembling & { readonly records: readonly EventRecord[] }): void {
  const { records, limits } = options
  keep(trace, records)
  const holding = count(state, trace.key, records.length)
  trace.rooted ||= records.some(({ head }) => head?.signal === 'span' && head.parent_span_id === '')
  if (trace.rooted && worthOpening(trace)) publish(state, trace, { ...options, ready: isComplete })
  if (trace.records > limits.spansPerTrace) overflow(state, trace, { ...options, why: 'traceOverflowed', over: () => trace.records > limits.spansPerTrace })
  while (holding.spans > limits.spansPerTenant) {
    overflow(state, holding.traces.oldest as HeldTrace, { ...options, why: 'tenantOverflowed', over: () => holding.spans > limits.spansPerTenant })
  }
  while (state.spans > limits.spans) {
    overflow(state, largest(state).traces.oldest as HeldTrace, { ...options, why: 'overflowed', over: () => state.spans > limits.spans })
  }
}

function largest({ holdings }: AssemblerState): Holding {
  let most: Holding | undefined
  for (const holding of holdings.values()) if (most === undefined || holding.spans > most.spans) most = holding
  return most as Holding
}

/** A long trace is opened again only when it has grown by a part of itself, so that many late records cost no more than they are. */
const SHORT_TRACE = 256
const worthOpening = ({ records, opened }: HeldTrace): boolean => records <= SHORT_TRACE || (records - opened) * 8 >= records

const always: Ready = () => true

function publish(state: AssemblerState, held: HeldTrace, { sink, ready, tokens }: Assembling & { readonly ready: Ready }): void {
  const before = held.records
  const { trace, duplicates } = open(held)
  state.counts.duplicates += duplicates
  const { key } = held
  count(state, key, held.records - before)
  const tenant = tenantOf(key)
  tellWords(held, trace, (words) => sink.relays.push({ kind: 'words', key: conversationKey(tenant, trace.conversation), at: state.now, trace: key, words }))
  publishCalls(trace, {
    key, ready, tokens,
    tell: (part) => tell(state, part, sink),
    leave: (interaction, conversation) => leave(interaction, conversation, { at: state.now, sink }),
  })
  shut(held, trace)
  if (trace.dirty.size === 0) state.pending.delete(held.key)
}

/** Tells the conversation what was said in the trace, where that is more than it was told before. */
function tellWords(held: HeldTrace, { conversation, context }: Trace, say: (words: readonly Word[]) => void): void {
  if (conversation === '' || context === undefined) return
  const heard = heardOf(conversation, context)
  if (heard === held.heard) return
  held.heard = heard
  const words = wordsOf(context)
  if (words.length > 0) say(words)
}

/** Publishes the call or sends it on. Where a client has never said who asked, its actor's home need not be asked whether it does. */
function tell(state: AssemblerState, part: Part, sink: Sink): void {
  const { interaction } = part
  const home = homeAfter(undefined, part)
  const local = home === undefined || home === 'actor'
  if (local && interaction.version === 1 && interaction.method === 'tools/call') {
    learn(state.habits, actorKey(interaction), { calls: 1, asked: interaction.requested_by === 'user_turn' ? 1 : 0 })
  }
  if (home === 'actor' && neverAsked(state.habits.get(actorKey(interaction)))) say(interaction, state.now, sink)
  else forward(part, { from: undefined, at: state.now, sink })
}

interface Overflowing extends Assembling {
  readonly why: Overflow
  over(): boolean
}

/** Publishes the trace as it is and lets it go, if there is still too much then: repetitions alone are not. */
function overflow(state: AssemblerState, trace: HeldTrace, options: Overflowing): void {
  if (state.pending.has(trace.key)) publish(state, trace, { ...options, ready: always })
  if (!options.over()) return
  state.counts[options.why]++
  drop(state, trace)
}

function drop(state: AssemblerState, trace: HeldTrace): void {
  addSeen(state.gone, trace.key)
  state.traces.delete(trace.key)
  state.pending.delete(trace.key)
  const holding = count(state, trace.key, -trace.records)
  holding.traces.delete(trace.key)
  if (holding.traces.size === 0) state.holdings.delete(tenantOf(trace.key))
}

function settle(state: AssemblerState, options: Assembling): void {
  const { quietNs } = options.limits
  for (const trace of state.pending.values()) {
    if (state.now - trace.touchedAt < quietNs) break
    publish(state, trace, { ...options, ready: always })
  }
}

/** Lets go of traces that nothing came to for long. */
function letGo(state: AssemblerState, { lineageNs }: AssemblerLimits): void {
  for (const trace of state.traces.values()) {
    if (state.now - trace.touchedAt < lineageNs) return
    drop(state, trace)
  }
}
