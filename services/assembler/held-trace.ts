/**
 * A trace as it is kept between its records: canonical bytes, outside the heap, and what was published of its calls. The calls themselves
 * are made again when something is to be published; that costs less than keeping hundreds of thousands of small objects alive for minutes.
 */
import { type EventRecord, events } from '../../schemas/topics.ts'
import { type Observation, observationOf } from './observation.ts'
import { tailOf } from './related/digest.ts'
import { joinRounds } from './rounds.ts'
import { settleJoins } from './settle.ts'
import { type Call, callAt, identityOf, newTrace, observe, type Trace } from './trace.ts'

/** What was published of a call, in the order of first versions. */
interface Told extends Pick<Call, 'anchor' | 'version' | 'digest' | 'sortAt' | 'home' | 'states' | 'agentSpan'> {
  /** Which observations it had. */
  readonly members: number
  readonly dirty: boolean
  readonly withdrawn: boolean
}

/** What concerns all calls of a trace. */
type Whole = Pick<Trace, 'rootArrived' | 'conversation'>

export interface HeldTrace {
  readonly key: string
  /** Offset of its first record on the bus. */
  readonly firstOffset: number
  /** `received_at` of the last record, nanoseconds. */
  touchedAt: bigint
  /** A record without a parent has come, so calls can be complete. */
  rooted: boolean
  /** Records, as envelopes of the topic, in the order of arrival; how many, and how many of them when the trace was last opened. */
  chunks: Buffer[]
  records: number
  opened: number
  told: readonly Told[]
  whole: Whole
  /** How much of what was said in it was told to its conversation. */
  heard: string
}

export const newHeldTrace = (key: string, firstOffset: number): HeldTrace =>
  ({ key, firstOffset, touchedAt: -1n, rooted: false, chunks: [], records: 0, opened: 0, told: [], whole: { rootArrived: false, conversation: '' }, heard: '' })

export function keep(held: HeldTrace, records: readonly EventRecord[]): void {
  held.chunks.push(events.codec.encode(records))
  held.records += records.length
}

/** A trace that is worked on. */
export interface OpenTrace {
  readonly trace: Trace
  /** How many records were there already and are no longer kept. */
  readonly duplicates: number
}

interface Kept {
  readonly record: EventRecord
  readonly event: Observation
  readonly isNew: boolean
}

/** The records of a trace without repetitions, in the order of arrival. */
function recordsOf({ chunks, opened }: HeldTrace): { readonly kept: Kept[]; readonly count: number } {
  const seen = new Set<string>()
  const kept: Kept[] = []
  let count = 0
  for (const chunk of chunks) {
    for (const record of events.codec.decode(chunk)) {
      // Only what was read once is kept, so its bytes are whole.
      const event = observationOf(record.bytes as Buffer)
      const identity = identityOf(event)
      const isNew = count++ >= opened
      if (isNew && seen.has(identity)) continue
      seen.add(identity)
      kept.push({ record, event, isNew })
    }
  }
  return { kept, count }
}

const inTime = ({ event: one }: Kept, { event: other }: Kept): number =>
  one.started_at < other.started_at ? -1 : one.started_at > other.started_at ? 1 : one.event_id < other.event_id ? -1 : 1

function made(kept: readonly Kept[], told: readonly Told[]): { readonly trace: Trace; readonly entries: readonly Entry[] } {
  const trace = newTrace()
  for (const { event, isNew } of kept.toSorted(inTime)) observe(trace, event, isNew)
  settleJoins(trace)
  joinRounds(trace)
  return { trace, entries: recall(trace, told) }
}

/** Makes the calls of all records that are kept, and marks those that say something new. */
export function open(held: HeldTrace): OpenTrace {
  const { kept, count } = recordsOf(held)
  const { trace, entries } = made(kept, held.told)
  if (kept.length < count) held.chunks = [events.codec.encode(kept.map(({ record }) => record))]
  held.records = kept.length
  mark(trace, held.whole, entries)
  return { trace, duplicates: count - kept.length }
}

/** The calls as they were when the trace was last opened. */
export function lastOpened(held: HeldTrace): Trace {
  return made(recordsOf(held).kept.slice(0, held.opened), held.told).trace
}

/** A published call and what it is now. */
interface Entry {
  readonly told: Told
  readonly call: Call
  /** Withdrawn, now or before, because `call` is published under another's name. */
  readonly gone: boolean
}

/** A number that changes with the members, and with what only all records of a trace say of one: that a list is the server's own. */
function membersOf({ observations }: Call): number {
  let sum = observations.length
  for (const { event_id: id, server_internal: own } of observations) sum += tailOf(id) + (own ? 1 : 0)
  return sum
}

/** Gives each call the name under which it was published first. */
function recall(trace: Trace, told: readonly Told[]): readonly Entry[] {
  if (told.length === 0) return []
  const places = new Map(trace.calls.map(({ anchor, index }) => [anchor, index]))
  const owned = new Set<number>()
  const entries = told.map((one): Entry => {
    const call = callAt(trace, places.get(one.anchor) as number)
    const gone = owned.has(call.index)
    owned.add(call.index)
    return { told: one, call, gone }
  })
  for (const { told: { anchor, version, digest, sortAt, home, states, withdrawn }, call, gone } of entries) {
    if (!gone) Object.assign(call, { anchor, version, digest: withdrawn ? '' : digest, sortAt, home, states })
    else if (!withdrawn) trace.withdrawn.push({ call: { ...(trace.calls[places.get(anchor) as number] as Call), anchor, version, digest, sortAt, home, states }, into: call })
  }
  return entries
}

/** Marks the calls of which something is new, or all of them where that concerns all. */
function mark(trace: Trace, before: Whole, entries: readonly Entry[]): void {
  const all = trace.newWords || trace.rootArrived !== before.rootArrived || trace.conversation !== before.conversation
  const same = new Set<number>()
  if (!all) for (const { told, call, gone } of entries) if (!gone && isSame(told, call)) same.add(call.index)
  for (const { index, into } of trace.calls) if (index === into && !same.has(index)) trace.dirty.add(index)
}

const isSame = (told: Told, call: Call): boolean =>
  !told.dirty && !told.withdrawn && told.agentSpan === call.agentSpan && told.members === membersOf(call)

/** Writes down what was published, so that the trace can be opened again. */
export function shut(held: HeldTrace, trace: Trace): void {
  const published = trace.calls.filter(({ index, into, version }) => index === into && version > 0)
  held.told = held.told.length === 0 ? published.map((call) => toldOf(trace, call)) : toldAgain(held.told, trace, published)
  held.opened = held.records
  held.whole = { rootArrived: trace.rootArrived, conversation: trace.conversation }
}

/** Those that were published before stay in their places; a call that is new comes behind them. */
function toldAgain(before: readonly Told[], trace: Trace, published: readonly Call[]): readonly Told[] {
  const gone = new Map(trace.withdrawn.map(({ call }) => [call.anchor, call]))
  const now = new Map(published.map((call) => [call.anchor, call]))
  const older = before.map((told): Told => {
    const call = now.get(told.anchor)
    now.delete(told.anchor)
    return call === undefined ? { ...told, version: gone.get(told.anchor)?.version ?? told.version, withdrawn: true } : toldOf(trace, call)
  })
  return [...older, ...[...now.values()].map((call) => toldOf(trace, call))]
}

function toldOf(trace: Trace, call: Call): Told {
  const { anchor, version, digest, sortAt, home, states, agentSpan } = call
  return { anchor, version, digest, sortAt, home, states, agentSpan, members: membersOf(call), dirty: trace.dirty.has(call.index), withdrawn: false }
}
