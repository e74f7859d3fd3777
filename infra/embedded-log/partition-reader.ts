/** The next thing a reader at an offset is to get: envelopes, a gap, or nothing yet. */
import type { Envelope, Gap } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import { payloadUnder } from './frame.ts'
import { envelopeKey } from './keys.ts'
import type { LmdbStore } from './lmdb-store.ts'
import type { PartitionLog } from './topic-log.ts'

export type Slice<T> =
  | { readonly kind: 'envelopes'; readonly envelopes: readonly Envelope<T>[]; readonly next: number }
  /** `resume` is where to go on: behind the gap, or at the oldest when the reader stood behind the end. */
  | { readonly kind: 'gap'; readonly gap: Gap; readonly resume: number }
  | { readonly kind: 'end' }

type Read<T> = { readonly envelope: Envelope<T>; readonly bytes: number } | { readonly cause: Gap['cause'] }

export class PartitionReader<T> {
  readonly #topic: Topic<T>
  readonly #log: PartitionLog
  readonly #store: LmdbStore

  constructor(topic: Topic<T>, log: PartitionLog, store: LmdbStore) {
    this.#topic = topic
    this.#log = log
    this.#store = store
  }

  /** At most `maxBytes` of encoded envelopes, at least one. */
  next(position: number, maxBytes: number): Slice<T> {
    const log = this.#log
    if (position < log.first) return skip(log.gap(position, log.first, 'retention'))
    if (position > log.next) return { kind: 'gap', gap: log.gap(log.next, position, 'missing'), resume: log.first }
    const hole = log.holes.find(({ first, next }) => position >= first && position < next)
    if (hole !== undefined) return skip(log.gap(position, hole.next, 'missing'))
    const envelopes: Envelope<T>[] = []
    for (let offset = position, bytes = 0; offset < log.next; offset++) {
      const read = this.#read(offset)
      if ('cause' in read) {
        if (envelopes.length > 0) break
        return skip(log.gap(offset, offset + 1, read.cause))
      }
      if (envelopes.length > 0 && bytes + read.bytes > maxBytes) break
      envelopes.push(read.envelope)
      bytes += read.bytes
    }
    return envelopes.length > 0 ? { kind: 'envelopes', envelopes, next: position + envelopes.length } : { kind: 'end' }
  }

  /** What was published, as this topic's, and without what is another one's of the same name. */
  #seen(envelope: Envelope<T>): Envelope<T> {
    const { holds, of } = this.#topic
    if (of !== undefined) return { ...envelope, records: envelope.records.map(of) }
    return holds === undefined || envelope.records.every(holds) ? envelope : { ...envelope, records: envelope.records.filter(holds) }
  }

  #read(offset: number): Read<T> {
    const log = this.#log
    const cached = log.tail.entries.get(offset)
    if (cached !== undefined) return { envelope: this.#seen(cached.envelope as Envelope<T>), bytes: cached.bytes }
    const key = envelopeKey(log.topic, log.partition, offset)
    const value = this.#store.get(key)
    if (value === undefined) return { cause: 'missing' }
    const payload = payloadUnder(key, value)
    if (payload === undefined) return { cause: 'damaged' }
    try {
      return { envelope: { partition: log.partition, offset, records: this.#topic.codec.decode(payload) }, bytes: payload.length }
    } catch {
      return { cause: 'undecodable' }
    }
  }
}

const skip = (gap: Gap): Slice<never> => ({ kind: 'gap', gap, resume: gap.next })
