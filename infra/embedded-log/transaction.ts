/** Turns what waits to be written into one LMDB transaction, and what it means in memory once it is on disk. */
import type { Envelope } from '../../schemas/ports.ts'
import { decodeFrame, encodeFrame, type FrameMemory } from './frame.ts'
import { envelopeKey, groupKey, LAST_KEY, stateKey } from './keys.ts'
import type { LmdbStore, Write } from './lmdb-store.ts'
import { encodeBounds, encodeGroup, encodeLast, encodeNumbers, type GroupEntry } from './records.ts'
import type { Removal } from './retention.ts'
import type { TailCache } from './tail-cache.ts'
import { diskBytes, type GroupOffsets, type PartitionLog, type TopicLog } from './topic-log.ts'

/** One envelope to be. */
export interface Part {
  readonly partition: number
  readonly records: readonly unknown[]
  readonly bytes: Buffer
}

export interface Pending {
  readonly published: readonly { readonly topic: TopicLog; readonly parts: readonly Part[] }[]
  readonly offsets: readonly GroupOffsets[]
  readonly removals: ReadonlyMap<TopicLog, Removal>
  readonly topics: ReadonlyMap<string, TopicLog>
  /** Nanoseconds since 1970. */
  readonly now: bigint
  /** Holds the values until the write is over. */
  readonly memory: FrameMemory
}

interface Appended {
  readonly log: PartitionLog
  readonly envelope: Envelope<unknown>
  readonly bytes: number
}

/** What one topic will be after the transaction. */
interface TopicChange {
  readonly topic: TopicLog
  readonly firstGroup: number
  readonly nextGroup: number
  readonly firsts: readonly number[]
  readonly nexts: readonly number[]
  readonly bytes: number
  readonly appended: readonly Appended[]
}

export class Transaction {
  readonly write: { puts: { key: Buffer; value: Buffer }[]; removes: Buffer[] } & Write = { puts: [], removes: [] }
  readonly #serial: number
  readonly #memory: FrameMemory
  readonly #changes: TopicChange[] = []
  readonly #offsets: readonly { readonly offsets: GroupOffsets; readonly values: readonly number[] }[]

  constructor(pending: Pending, serial: number) {
    this.#serial = serial
    this.#memory = pending.memory
    const published = new Map<TopicLog, Part[]>()
    for (const { topic, parts } of pending.published) published.set(topic, [...(published.get(topic) ?? []), ...parts])
    for (const topic of new Set([...published.keys(), ...pending.removals.keys()])) {
      this.#changes.push(this.#change(topic, published.get(topic) ?? [], { removal: pending.removals.get(topic), now: pending.now }))
    }
    this.#offsets = pending.offsets.map((offsets) => ({ offsets, values: [...offsets.wanted] }))
    for (const { offsets, values } of this.#offsets) this.#put(offsets.key, encodeNumbers(values))
    if (!this.empty) this.#putLast(pending.topics)
  }

  get empty(): boolean {
    return this.write.puts.length === 0 && this.write.removes.length === 0
  }

  /** Whether the write is what `store` was last given. */
  isIn(store: LmdbStore): boolean {
    const last = store.get(LAST_KEY)
    return last !== undefined && decodeFrame(last)?.serial === this.#serial
  }

  /** To be called when the write is on disk. */
  apply(cache: TailCache): void {
    for (const { offsets, values } of this.#offsets) offsets.durable = values
    for (const { topic, firstGroup, nextGroup, firsts, nexts, bytes, appended } of this.#changes) {
      topic.firstGroup = firstGroup
      topic.nextGroup = nextGroup
      topic.bytes += bytes
      topic.serial = this.#serial
      for (const { log, envelope, bytes: size } of appended) if (log.readers.size > 0) cache.add(log.tail, envelope, size)
      topic.partitions.forEach((log, partition) => {
        log.first = firsts[partition]!
        if (log.next !== nexts[partition]) log.appended(nexts[partition]!)
      })
    }
  }

  #put(key: Buffer, payload: Buffer): { length: number; crc: number } {
    const value = encodeFrame({ serial: this.#serial, key, payload }, this.#memory)
    this.write.puts.push({ key, value })
    return { length: value.length, crc: value.readUInt32LE(4) }
  }

  #putLast(topics: ReadonlyMap<string, TopicLog>): void {
    const changed = new Set(this.#changes.map(({ topic }) => topic))
    const serials = [...topics.values()].map((topic): [string, number] => [topic.name, changed.has(topic) ? this.#serial : topic.serial])
    this.#put(LAST_KEY, encodeLast(new Map(serials.filter(([, serial]) => serial > 0))))
  }

  #change(topic: TopicLog, parts: readonly Part[], { removal, now }: { removal: Removal | undefined; now: bigint }): TopicChange {
    const nexts = topic.partitions.map(({ next }) => next)
    const firsts = removal?.firsts ?? topic.partitions.map(({ first }) => first)
    const firstGroup = removal?.firstGroup ?? topic.firstGroup
    const nextGroup = topic.nextGroup + (parts.length > 0 ? 1 : 0)
    const { appended, bytes } = this.#append(topic, { parts, nexts, now })
    for (const key of removal?.keys ?? []) this.write.removes.push(key)
    const partitions = nexts.map((next, partition) => ({ first: firsts[partition]!, next }))
    this.#put(stateKey(topic.name), encodeBounds({ firstGroup, nextGroup, partitions }))
    return { topic, firstGroup, nextGroup, firsts, nexts, bytes: bytes - (removal?.bytes ?? 0), appended }
  }

  /** Writes the envelopes and their group record; moves `nexts` on. */
  #append(topic: TopicLog, { parts, nexts, now }: { parts: readonly Part[]; nexts: number[]; now: bigint }): { appended: Appended[]; bytes: number } {
    const entries: GroupEntry[] = []
    const appended: Appended[] = []
    let bytes = 0
    for (const { partition, records, bytes: payload } of parts) {
      const offset = nexts[partition]!++
      const { length, crc } = this.#put(envelopeKey(topic.name, partition, offset), payload)
      entries.push({ partition, offset, length, crc })
      bytes += diskBytes(length)
      appended.push({ log: topic.partitions[partition]!, envelope: { partition, offset, records }, bytes: payload.length })
    }
    if (parts.length > 0) bytes += diskBytes(this.#put(groupKey(topic.name, topic.nextGroup), encodeGroup({ at: now, entries })).length)
    return { appended, bytes }
  }
}
