import { expect, test } from 'vitest'
import type { Topic } from '../../schemas/topics.ts'
import { envelopesOf, MOST_BYTES, MOST_RECORDS, RecordSizes } from './envelopes.ts'

/** Records are their own bytes; counts what it encodes. */
function counted(): { readonly topic: Topic<Buffer>; encoded: number } {
  const counting = {
    encoded: 0,
    topic: {
      name: 't',
      codec: {
        encode(records: readonly Buffer[]) {
          counting.encoded += records.length
          return Buffer.concat(records)
        },
        decode: () => [],
      },
    } satisfies Topic<Buffer>,
  }
  return counting
}

const batchOf = (count: number, bytes: number) => Array.from({ length: count }, (_, at) => ({ key: 'k', record: Buffer.alloc(bytes, at) }))
const limits = { partitions: 4, maxMessageBytes: 8 * 1024 * 1024 }

test('once the size of records is known each is encoded once, in order, and no envelope is too large', () => {
  const { sizes, count } = { sizes: new RecordSizes(), count: counted() }
  envelopesOf(count.topic, batchOf(900, 1_500), limits, sizes)
  count.encoded = 0
  const batch = batchOf(900, 1_500)
  const { parts } = envelopesOf(count.topic, batch, limits, sizes)
  expect(count.encoded).toBe(900)
  expect(Math.max(...parts.map(({ value }) => value.length))).toBeLessThanOrEqual(MOST_BYTES)
  expect(Buffer.concat(parts.map(({ value }) => value.whole())).equals(Buffer.concat(batch.map(({ record }) => record)))).toBe(true)
  expect(parts.length).toBeLessThanOrEqual(8)
})

test('records much larger than those before are cut as they must be, and one that no message takes is told', () => {
  const { sizes, count } = { sizes: new RecordSizes(), count: counted() }
  envelopesOf(count.topic, batchOf(100, 10), limits, sizes)
  const small = { partitions: 4, maxMessageBytes: 300_000 }
  const { parts, refused, largest } = envelopesOf(count.topic, [...batchOf(40, 200_000), ...batchOf(1, 400_000)], small, sizes)
  expect(parts.map(({ records }) => records)).toEqual(Array.from({ length: 40 }, () => 1))
  expect(refused.map(({ length }) => length)).toEqual([400_000])
  expect(largest).toBe(400_000)
})

test('no more than the most records stand in one envelope, however small they are', () => {
  const { parts } = envelopesOf(counted().topic, batchOf(2_500, 1), limits, new RecordSizes())
  expect(parts.reduce((sum, { records }) => sum + records, 0)).toBe(2_500)
  expect(Math.max(...parts.map(({ records }) => records))).toBeLessThanOrEqual(MOST_RECORDS)
})
