/**
 * Which groups may go. A group is expired when its topic holds more bytes, or it is older, than the topic's retention says. Expired groups
 * go oldest first; one that a consumer group has not committed stays, unless the log has reached its hard limit and needs the room.
 */
import { payloadUnder } from './frame.ts'
import { envelopeKey, groupKey } from './keys.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { decodeGroup, type GroupRecord } from './records.ts'
import { diskBytes, type TopicLog } from './topic-log.ts'

/** What is taken from one topic in one transaction. */
export interface Removal {
  readonly keys: Buffer[]
  bytes: number
  firstGroup: number
  /** First retained offset by partition. */
  readonly firsts: number[]
}

export interface Room {
  /** Nanoseconds since 1970. */
  readonly now: bigint
  /** Disk bytes about to be added. */
  readonly needed: number
  /** Hard limit of the log. */
  readonly maxBytes: number
}

/** Keys removed in one transaction, so that a publish never waits for long. */
const MOST_KEYS = 4096

export class RetentionPlanner {
  readonly #store: LmdbStore
  readonly #topics: ReadonlyMap<string, TopicLog>
  /** The oldest group's record per topic, so that it is not read again for every transaction. */
  readonly #oldest = new Map<TopicLog, { readonly number: number; readonly record: GroupRecord | undefined; readonly length: number }>()

  constructor(store: LmdbStore, topics: ReadonlyMap<string, TopicLog>) {
    this.#store = store
    this.#topics = topics
  }

  /** Removals by topic, and whether `needed` bytes fit then. */
  plan(room: Room): { removals: ReadonlyMap<TopicLog, Removal>; fits: boolean } {
    const removals = new Map<TopicLog, Removal>()
    for (const topic of this.#topics.values()) this.#expire(topic, removals, { now: room.now, uncommittedToo: () => false })
    const lacking = (): boolean => this.#live(removals) + room.needed > room.maxBytes
    for (const topic of this.#topics.values()) {
      if (lacking()) this.#expire(topic, removals, { now: room.now, uncommittedToo: lacking })
    }
    return { removals, fits: !lacking() }
  }

  #live(removals: ReadonlyMap<TopicLog, Removal>): number {
    let live = 0
    for (const topic of this.#topics.values()) live += topic.bytes - (removals.get(topic)?.bytes ?? 0)
    return live
  }

  #expire(topic: TopicLog, removals: Map<TopicLog, Removal>, { now, uncommittedToo }: { now: bigint; uncommittedToo: () => boolean }): void {
    const removal = removals.get(topic) ?? { keys: [], bytes: 0, firstGroup: topic.firstGroup, firsts: topic.partitions.map(({ first }) => first) }
    while (removal.firstGroup < topic.nextGroup && removal.keys.length < MOST_KEYS) {
      const { record, length } = this.#group(topic, removal.firstGroup)
      const tooMuch = topic.bytes - removal.bytes > topic.retention.bytes
      const tooOld = record !== undefined && now - record.at > BigInt(topic.retention.ageMs) * 1_000_000n
      if (record !== undefined && !tooMuch && !tooOld) break
      if (record !== undefined && isNeeded(topic, record) && !uncommittedToo()) break
      this.#take(topic, removal, { record, length })
    }
    if (removal.firstGroup > topic.firstGroup) removals.set(topic, removal)
  }

  #take(topic: TopicLog, removal: Removal, { record, length }: { record: GroupRecord | undefined; length: number }): void {
    removal.keys.push(groupKey(topic.name, removal.firstGroup++))
    if (record === undefined) return
    removal.bytes += diskBytes(length)
    for (const entry of record.entries) {
      removal.bytes += diskBytes(entry.length)
      const from = removal.firsts[entry.partition]
      if (from === undefined || entry.offset < from) continue
      // By range, not by list: envelopes whose own group record vanished go with the next group.
      const [start, end] = [from, entry.offset + 1].map((offset) => envelopeKey(topic.name, entry.partition, offset)) as [Buffer, Buffer]
      for (const key of this.#store.keys(start, end)) removal.keys.push(key)
      removal.firsts[entry.partition] = entry.offset + 1
    }
  }

  #group(topic: TopicLog, number: number): { record: GroupRecord | undefined; length: number } {
    const known = this.#oldest.get(topic)
    if (known?.number === number) return known
    const key = groupKey(topic.name, number)
    const value = this.#store.get(key)
    const payload = value && payloadUnder(key, value)
    const oldest = { number, record: payload && decodeGroup(payload), length: value?.length ?? 0 }
    if (number === topic.firstGroup) this.#oldest.set(topic, oldest)
    return oldest
  }
}

/** Whether a registered consumer group has yet to commit something of it. */
function isNeeded(topic: TopicLog, record: GroupRecord): boolean {
  for (const { durable } of topic.groups.values()) {
    if (record.entries.some(({ partition, offset }) => (durable[partition] ?? -1) <= offset)) return true
  }
  return false
}
