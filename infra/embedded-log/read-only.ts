/** The envelopes of a log that nobody has open, for who verifies: nothing is repaired, registered or let go. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { payloadUnder } from './frame.ts'
import { envelopeKey, parseKey, stateKey } from './keys.ts'
import { LmdbStore } from './lmdb-store.ts'
import { decodeBounds } from './records.ts'

export interface StoredEnvelope {
  readonly offset: number
  /** undefined where the bytes are not what was written. */
  readonly payload: Buffer | undefined
}

/**
 * The file is mapped, and what was read of it counts as memory of the process until it is closed: so it is closed after so many bytes, and a log of any size is
 * read in the same memory.
 */
const MOST_MAPPED = 16 * 1024 * 1024

export interface LogToRead {
  /** Of each partition, offsets from `first` to before `next` are retained. Throws Failure `unavailable` where that is not to be had. */
  bounds(): Promise<ReadonlyMap<number, { readonly first: number; readonly next: number }>>
  /** Those of `first … next - 1` that are there, in order. */
  envelopes(partition: number, first: number, next: number): AsyncIterable<StoredEnvelope>
}

/** One topic of the log in `directory`. Throws Failure `misconfigured` where there is none. */
export function openLogToRead(directory: string, topic: string): LogToRead {
  const path = join(directory, 'log')
  if (!existsSync(join(path, 'data.mdb'))) throw new Failure('misconfigured', 'log.not_there', `There is no log in ${directory}: give the --data-dir that the server was started with.`)
  return {
    async bounds() {
      const key = stateKey(topic)
      const value = await during(path, (store) => store.get(key))
      const payload = value === undefined ? undefined : payloadUnder(key, value)
      const found = payload === undefined ? undefined : decodeBounds(payload)
      if (value !== undefined && found === undefined) throw new Failure('unavailable', 'log.bounds', `The log in ${directory} does not say any more what of topic ${topic} it has: start the server once, which mends it.`)
      return new Map((found?.partitions ?? []).map((bounds, partition) => [partition, bounds]))
    },
    async* envelopes(partition, first, next) {
      for (let from = first; from < next;) {
        const read = await during(path, (store) => envelopesIn(store, { topic, partition, first: from, next }))
        yield* read.envelopes
        from = read.next
      }
    },
  }
}

async function during<T>(path: string, work: (store: LmdbStore) => T): Promise<T> {
  const store = LmdbStore.openToRead(path)
  try {
    return work(store)
  } finally {
    await store.close()
  }
}

interface Asked {
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly next: number
}

/** Copies, because the memory goes when the file is closed; and the offset to go on from. */
function envelopesIn(store: LmdbStore, { topic, partition, first, next }: Asked): { readonly envelopes: readonly StoredEnvelope[]; readonly next: number } {
  const envelopes: StoredEnvelope[] = []
  let bytes = 0
  for (const { key, value } of store.entries(envelopeKey(topic, partition, first), envelopeKey(topic, partition, next))) {
    const parsed = parseKey(key)
    if (parsed?.kind !== 'envelope') continue
    const payload = payloadUnder(key, value)
    envelopes.push({ offset: parsed.offset, payload: payload === undefined ? undefined : Buffer.from(payload) })
    bytes += value.length
    if (bytes >= MOST_MAPPED) return { envelopes, next: parsed.offset + 1 }
  }
  return { envelopes, next }
}
