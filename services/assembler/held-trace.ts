/**
 * A trace as it is kept between its records: canonical bytes, outside the heap, and what was published of its calls. The calls themselves
 * are made again when something is to be published; that costs less than keeping hundreds of thousands of small objects alive for minutes.
 */
import { type EventRecord, events } from '../../schemas/topics.ts'
import { type Observation, observationOf } from './observation.ts'
import { type Call, holds, newTrace, observe, type Trace } from './trace.ts'

/** What is known of a call from the last time that the trace was opened; calls are numbered in the order of their first records. */
type Told = Pick<Call, 'version' | 'digest' | 'sortAt' | 'home'> & { readonly dirty: boolean }

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
  /** How much of what was said in it was told to its conversation. */
  heard: string
}

export const newHeldTrace = (key: string, firstOffset: number): HeldTrace =>
  ({ key, firstOffset, touchedAt: -1n, rooted: false, chunks: [], records: 0, opened: 0, told: [], heard: '' })

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

/** Makes the calls of all records that are kept; the marks of what is new are those that were left, and those of the records since. */
export function open(held: HeldTrace): OpenTrace {
  const trace = newTrace()
  const records = held.chunks.flatMap((chunk) => events.codec.decode(chunk))
  for (const record of records.slice(0, held.opened)) observe(trace, read(record))
  recall(trace, held.told)
  const kept = records.filter((record, index) => index < held.opened || isNew(trace, read(record)))
  if (kept.length < records.length) held.chunks = [events.codec.encode(kept)]
  held.records = kept.length
  return { trace, duplicates: records.length - kept.length }
}

/** The calls as they were when the trace was last opened. */
export function lastOpened(held: HeldTrace): Trace {
  const trace = newTrace()
  for (const record of held.chunks.flatMap((chunk) => events.codec.decode(chunk)).slice(0, held.opened)) observe(trace, read(record))
  recall(trace, held.told)
  return trace
}

/** Only what was read once is kept, so its bytes are whole. */
const read = ({ bytes }: EventRecord): Observation => observationOf(bytes as Buffer)

function isNew(trace: Trace, observation: Observation): boolean {
  if (holds(trace, observation)) return false
  observe(trace, observation)
  return true
}

function recall(trace: Trace, told: readonly Told[]): void {
  trace.dirty.clear()
  told.forEach(({ dirty, ...said }, index) => {
    Object.assign(trace.calls[index] as Call, said)
    if (dirty) trace.dirty.add(index)
  })
}

/** Writes down what was published, so that the trace can be opened again. */
export function shut(held: HeldTrace, trace: Trace): void {
  held.opened = held.records
  held.told = trace.calls.map(({ version, digest, sortAt, home, index }) => ({ version, digest, sortAt, home, dirty: trace.dirty.has(index) }))
}
