/** What flows on the bus: name, record, codec, key. Everything else about a topic (partitions, retention) is configuration. */
import { Packr } from 'msgpackr'
import { type Alert, BLANK_LIFE, type Delivery } from './alert.ts'
import type { AlertEvent } from './alert-event.ts'
import { type AlertOrder, isOrder } from './alert-order.ts'
import type { AuditEvent } from './audit-event.ts'
import { decodeCanonical, encodeCanonicals } from './canonical.ts'
import type { AnchorRow, CheckpointRow } from './checkpoint.ts'
import type { ConservationRow, Receipt } from './conservation.ts'
import type { CoverageRow } from './coverage.ts'
import { type EventHead, headOf, readHead } from './event-head.ts'
import { BLANK_CASE, type Finding } from './finding.ts'
import type { CredentialRecord } from './credential-record.ts'
import { blankInteraction, type Interaction } from './interaction.ts'
import { decodeInteractions, decodeWritten, encodeInteractions, isInteractions, lendInteractions, type WrittenInteraction } from './interaction-codec.ts'
import type { MetricPoint } from './metric-point.ts'
import type { PolicyRecord } from './policy-record.ts'
import { decodeRelays, encodeRelays, lendRelays, type Relay } from './relay.ts'
import { decodeSteps, encodeSteps, lendSteps, type Step } from './step.ts'
import type { QuarantineAction, Quarantined, Replay } from './quarantined.ts'
import type { ResponseAction, ResponseOrder } from './response-action.ts'
import type { SilenceRow } from './silence.ts'
import type { ToolDefinition } from './tool-definition.ts'

/** One envelope's records to bytes and back. `decode` throws on bytes that are not such an envelope. */
export interface Codec<T> {
  encode(records: readonly T[]): Buffer
  /** What `encode` gives, in pieces: for a bus that copies them to where they belong anyway. */
  pieces?(records: readonly T[]): readonly Buffer[]
  /** What `encode` gives, in memory that the next call uses again: for who needs it no longer than that. */
  lend?(records: readonly T[]): Buffer
  decode(bytes: Buffer): readonly T[]
  /** Two envelopes behind each other are one envelope, so that a bus may join small ones. */
  readonly joins?: boolean
  /** What `decode` gives refers to nothing of the bytes that it was given: they may be used again. */
  readonly copies?: boolean
}

export interface Topic<T> {
  readonly name: string
  readonly codec: Codec<T>
  /** Where several topics share a name: whether a record is one of this one's. Its codec gives no others, and a bus that keeps records as they were published must not either. */
  holds?(record: T): boolean
  /** Where they share a name and their records are of other kinds: this one's record of what was published, for a bus that keeps that. */
  of?(published: unknown): T
}

/**
 * A record of topic `events`: an audit event as canonical bytes, or a tick. Its head is read once and shared by all readers in the process;
 * nobody may change it.
 */
export class EventRecord {
  /** Canonical bytes, or undefined for a tick. */
  readonly bytes: Buffer | undefined
  /** The collector's clock in nanoseconds when the tick was appended; 0n for an event. */
  readonly tickAt: bigint
  #head: EventHead | undefined
  #damaged = false

  private constructor(bytes: Buffer | undefined, tickAt: bigint, head: EventHead | undefined) {
    this.bytes = bytes
    this.tickAt = tickAt
    this.#head = head
  }

  static of(bytes: Buffer): EventRecord {
    return new EventRecord(bytes, 0n, undefined)
  }

  /** The records of new events that came together, in order; each gets its salt. They share memory, ready to become an envelope. */
  static together(events: readonly AuditEvent[]): EventRecord[] {
    return encodeCanonicals(events).map(({ bytes, split }, i) => new EventRecord(bytes, 0n, headOf(events[i] as AuditEvent, split)))
  }

  /** Time moves by records: one a second on every partition. */
  static tick(at: bigint): EventRecord {
    return new EventRecord(undefined, at, undefined)
  }

  /** Undefined for a tick, and for bytes that are no whole record. */
  get head(): EventHead | undefined {
    if (this.#head === undefined && this.bytes !== undefined && !this.#damaged) this.#head = this.#read(readHead, this.bytes)
    return this.#head
  }

  /** All of the event, decoded anew each time; undefined for a tick, and for bytes that are no whole record. */
  get event(): AuditEvent | undefined {
    return this.bytes === undefined || this.#damaged ? undefined : this.#read(decodeCanonical, this.bytes)
  }

  #read<T>(read: (bytes: Buffer) => T, bytes: Buffer): T | undefined {
    try {
      return read(bytes)
    } catch {
      this.#damaged = true
      return undefined
    }
  }
}

/** Envelope of events: per record u32 little-endian length, then the bytes; length 0xFFFFFFFF marks a tick of 8 bytes. */
const TICK = 0xffff_ffff

/**
 * The envelope without a copy, where the records stand one behind the other with their lengths between them. Undefined where they do not,
 * or are less than half of the memory they stand in: whoever keeps the envelope shall not keep much else.
 */
function asTheyStand(records: readonly EventRecord[]): Buffer | undefined {
  const first = records[0]?.bytes
  if (first === undefined || first.byteOffset < 4) return undefined
  const { buffer } = first
  const view = new DataView(buffer)
  const start = first.byteOffset - 4
  let at = start
  for (const { bytes } of records) {
    if (bytes === undefined || bytes.buffer !== buffer || bytes.byteOffset !== at + 4 || view.getUint32(at, true) !== bytes.length) return undefined
    at += 4 + bytes.length
  }
  return (at - start) * 2 < buffer.byteLength ? undefined : Buffer.from(buffer, start, at - start)
}

function sizeOf(records: readonly EventRecord[]): number {
  let size = 0
  for (const record of records) size += 4 + (record.bytes?.length ?? 8)
  return size
}

/** The envelope at the beginning of `out`, which has room for it. */
function copied(records: readonly EventRecord[], out: Buffer): Buffer {
  let at = 0
  for (const record of records) {
    at = out.writeUInt32LE(record.bytes?.length ?? TICK, at)
    if (record.bytes === undefined) at = out.writeBigInt64LE(record.tickAt, at)
    else at += record.bytes.copy(out, at)
  }
  return out.subarray(0, at)
}

/** Room for the envelope that was lent last. What is too large for it gets memory of its own. */
const lent = Buffer.allocUnsafeSlow(256 * 1024)

const eventsCodec: Codec<EventRecord> = {
  joins: true,
  encode(records) {
    return asTheyStand(records) ?? copied(records, Buffer.allocUnsafe(sizeOf(records)))
  },
  lend(records) {
    const size = sizeOf(records)
    return asTheyStand(records) ?? copied(records, size > lent.length ? Buffer.allocUnsafe(size) : lent)
  },
  decode(bytes) {
    const records: EventRecord[] = []
    let at = 0
    while (at < bytes.length) {
      const length = bytes.readUInt32LE(at)
      at += 4
      const size = length === TICK ? 8 : length
      if (at + size > bytes.length) throw new RangeError('envelope of events: a record runs past its end')
      records.push(length === TICK ? EventRecord.tick(bytes.readBigInt64LE(at)) : EventRecord.of(bytes.subarray(at, at + size)))
      at += size
    }
    return records
  },
}

/** msgpack with records, maps and 64-bit integers kept as they are. */
function packed<T>(): Codec<T> {
  const packr = new Packr({ useRecords: true, mapsAsObjects: false, int64AsType: 'bigint' })
  return {
    encode: (records) => packr.pack(records),
    decode: (bytes) => packr.unpack(bytes) as readonly T[],
  }
}

const olderInteractions = packed<Interaction>()
const older = (bytes: Buffer): readonly Interaction[] => olderInteractions.decode(bytes).map((record) => ({ ...blankInteraction(), ...record }))
const interactionsCodec: Codec<Interaction> = {
  encode: encodeInteractions,
  lend: lendInteractions,
  decode: (bytes) => (isInteractions(bytes) ? decodeInteractions(bytes) : older(bytes)),
}

/** Key: trace id, else conversation, else event id. */
export const events: Topic<EventRecord> = { name: 'events', codec: eventsCodec }
/** Key: actor. */
export const interactions: Topic<Interaction> = { name: 'interactions', codec: interactionsCodec }
/** The same topic for who sends what it reads on unchanged. */
export const writtenInteractions: Topic<WrittenInteraction> = {
  name: interactions.name,
  of: (published) => ({ interaction: published as Interaction, bytes: undefined }),
  codec: {
    encode: (records) => encodeInteractions(records.map(({ interaction }) => interaction)),
    decode: (bytes) => (isInteractions(bytes) ? decodeWritten(bytes) : older(bytes).map((interaction) => ({ interaction, bytes: undefined }))),
  },
}
/** Key: what calls of several traces meet by. Only on a bus of several partitions. */
export const correlations: Topic<Relay> = { name: 'correlations', codec: { encode: encodeRelays, lend: lendRelays, decode: decodeRelays } }
/** Key: home of a detector's key. Only on a bus of several partitions. */
export const steps: Topic<Step> = { name: 'steps', codec: { encode: encodeSteps, lend: lendSteps, decode: decodeSteps } }
const packedDesk = packed<Finding | AlertOrder>()
const deskCodec: Codec<Finding | AlertOrder> = {
  encode: packedDesk.encode,
  decode: (bytes) => packedDesk.decode(bytes).map((record) => (isOrder(record) ? record : { ...BLANK_CASE, ...record })),
}
/** Topic `findings` as the alerter reads it: what people ask of it stands between the findings. Key: tenant. */
export const desk: Topic<Finding | AlertOrder> = { name: 'findings', codec: deskCodec }
/** Findings alone, as everybody else reads the same topic. Key: tenant. */
export const findings: Topic<Finding> = {
  name: 'findings', codec: { encode: deskCodec.encode, decode: (bytes) => deskCodec.decode(bytes).filter((record): record is Finding => !isOrder(record)) },
  holds: (record) => !isOrder(record),
}
const packedAlerts = packed<Alert>()
/** Key: alert id. */
export const alerts: Topic<Alert> = {
  name: 'alerts', codec: { encode: packedAlerts.encode, decode: (bytes) => packedAlerts.decode(bytes).map((record) => ({ ...BLANK_LIFE, ...record })) },
}
/** Key: alert id, else tenant. */
export const alertEvents: Topic<AlertEvent> = { name: 'alert-events', codec: packed() }
/** Key: silence id. */
export const silences: Topic<SilenceRow> = { name: 'silences', codec: packed() }
/** What is asked for, and decided. Key: action id. */
export const responseOrders: Topic<ResponseOrder> = { name: 'response-orders', codec: packed() }
/** Key: action id. */
export const responseActions: Topic<ResponseAction> = { name: 'response-actions', codec: packed() }
export const deliveries: Topic<Delivery> = { name: 'deliveries', codec: packed() }
export const quarantine: Topic<Quarantined> = { name: 'quarantine', codec: packed() }
/** Key: point id. */
export const metrics: Topic<MetricPoint> = { name: 'metrics', codec: packed() }

/** Key: quarantine id. */
export const quarantineActions: Topic<QuarantineAction> = { name: 'quarantine-actions', codec: packed() }
/** Quarantined records on their way back to the stage that gave up on them. Key: that of the topic they came from, else the quarantine id. */
export const replays: Topic<Replay> = { name: 'replays', codec: packed() }
/** Key: receipt id. */
export const receipts: Topic<Receipt> = { name: 'receipts', codec: packed() }
/** What servers offer. Key: tenant and server, so that those of one server meet in order. */
export const definitions: Topic<ToolDefinition> = { name: 'definitions', codec: packed() }
/** New versions of tools once more. Key: tenant and how the name reads, so that tools of different servers meet that can be taken for each other. */
export const namesakes: Topic<ToolDefinition> = { name: 'namesakes', codec: packed() }
/** Key: tenant. */
export const conservation: Topic<ConservationRow> = { name: 'conservation', codec: packed() }
/** Key: tenant. */
export const coverage: Topic<CoverageRow> = { name: 'coverage', codec: packed() }
/** Key: tenant and policy. */
export const policies: Topic<PolicyRecord> = { name: 'policies', codec: packed() }
/** Key: tenant. */
export const credentials: Topic<CredentialRecord> = { name: 'credentials', codec: packed() }

/** Key: the same for all, so that they stay in order. */
export const checkpoints: Topic<CheckpointRow> = { name: 'checkpoints', codec: packed() }
/** Key: anchor. */
export const anchors: Topic<AnchorRow> = { name: 'anchors', codec: packed() }

export const TOPICS = [
  events, interactions, findings, alerts, deliveries, quarantine, metrics, quarantineActions, replays, receipts, conservation, definitions,
  coverage, alertEvents, silences, policies, credentials, checkpoints, anchors, responseOrders, responseActions,
] as const
/** Topics that are read from their beginning: nothing of them is ever let go. */
export const KEPT_TOPICS: ReadonlySet<string> = new Set([policies.name])
/** Topics of our own bookkeeping: little passes through them. */
export const SMALL_TOPICS: ReadonlySet<string> = new Set([quarantineActions, replays, receipts, conservation, coverage, alertEvents, silences, policies, credentials, checkpoints, anchors, responseOrders, responseActions].map(({ name }) => name))
