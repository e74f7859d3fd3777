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

export interface LogToRead {
  /** Of each partition, offsets from `first` to before `next` are retained. Throws Failure `unavailable` where that is not to be had. */
  bounds(): ReadonlyMap<number, { readonly first: number; readonly next: number }>
  /** Those of `first … next - 1` that are there, in order. */
  envelopes(partition: number, first: number, next: number): Iterable<StoredEnvelope>
  close(): Promise<void>
}

/** Opens one topic of the log in `directory`. Throws Failure `misconfigured` where there is none. */
export function openLogToRead(directory: string, topic: string): LogToRead {
  const path = join(directory, 'log')
  if (!existsSync(join(path, 'data.mdb'))) throw new Failure('misconfigured', 'log.not_there', `There is no log in ${directory}: give the --data-dir that the server was started with.`)
  const store = LmdbStore.openToRead(path)
  return {
    bounds() {
      const key = stateKey(topic)
      const value = store.get(key)
      const payload = value === undefined ? undefined : payloadUnder(key, value)
      const found = payload === undefined ? undefined : decodeBounds(payload)
      if (value !== undefined && found === undefined) throw new Failure('unavailable', 'log.bounds', `The log in ${directory} does not say any more what of topic ${topic} it has: start the server once, which mends it.`)
      return new Map((found?.partitions ?? []).map((bounds, partition) => [partition, bounds]))
    },
    * envelopes(partition, first, next) {
      for (const { key, value } of store.entries(envelopeKey(topic, partition, first), envelopeKey(topic, partition, next))) {
        const parsed = parseKey(key)
        if (parsed?.kind === 'envelope') yield { offset: parsed.offset, payload: payloadUnder(key, value) }
      }
    },
    close: () => store.close(),
  }
}
