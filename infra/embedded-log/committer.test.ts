import { expect, test } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { Committer, type CommitterOptions } from './committer.ts'
import type { LmdbStore, Write } from './lmdb-store.ts'
import { TailCache } from './tail-cache.ts'
import { PartitionLog, TopicLog } from './topic-log.ts'

/** Everything a committer asks of a store, with writes that end as the test says. */
function committerOver(write: (write: Write) => Promise<void>, more: Partial<LmdbStore> = {}, others: Partial<CommitterOptions> = {}): { committer: Committer; topic: TopicLog } {
  const topic = new TopicLog('t', [new PartitionLog('t', 0, { first: 0, next: 0 })], { bytes: 1e12, ageMs: 1e12 }, { firstGroup: 0, nextGroup: 0 })
  const store: Partial<LmdbStore> = { write, get: () => undefined, keys: () => [], mend: async () => undefined, ...more }
  const cache = new TailCache(0)
  const options = { topics: new Map([['t', topic]]), cache, clock: { now: () => 0n }, maxBytes: 1e12, serial: 1 }
  return { committer: new Committer({ ...options, ...others, store: store as LmdbStore }), topic }
}
const part = (bytes: number) => [{ partition: 0, records: [0], bytes: Buffer.alloc(bytes) }]

test('publishes that arrive during a write go into the next one together', async () => {
  const sizes: number[] = []
  let release = (): void => undefined
  const { committer, topic } = committerOver(async ({ puts }) => {
    sizes.push(puts.length)
    if (sizes.length === 1) await new Promise<void>((resolve) => { release = resolve })
  })
  const first = committer.publish(topic, part(10))
  await expect.poll(() => sizes.length).toBe(1)
  const rest = [1, 2, 3].map(() => committer.publish(topic, part(10)))
  release()
  await Promise.all([first, ...rest])
  expect(sizes).toEqual([4, 6])
  expect(topic.partitions[0]!.next).toBe(4)
})

test('a full disk refuses that publish only; its offset is given to the next', async () => {
  let full = true
  const { committer, topic } = committerOver(async () => {
    if (full) throw new Failure('unavailable', 'log.disk_full', 'full', { retryAfterSeconds: 2 })
  })
  await expect(committer.publish(topic, part(10))).rejects.toMatchObject({ code: 'log.disk_full' })
  expect(topic.partitions[0]!.next).toBe(0)
  full = false
  await committer.publish(topic, part(10))
  expect(topic.partitions[0]!.next).toBe(1)
  expect(committer.trouble).toBe('')
})

test('after a failed write the store is mended before the next, which is refused until it is', async () => {
  const disk = { fails: true, mends: 0 }
  const failure = new Failure('unavailable', 'log.not_written', 'the disk failed', { retryAfterSeconds: 1 })
  const fail = async (): Promise<void> => {
    if (disk.fails) throw failure
  }
  const { committer, topic } = committerOver(fail, { mend: async () => fail().then(() => void disk.mends++) })
  const together = [1, 2].map(() => committer.publish(topic, part(10)))
  for (const each of together) await expect(each).rejects.toBe(failure)
  await expect(committer.publish(topic, part(10))).rejects.toBe(failure)
  expect([committer.trouble, committer.refused, disk.mends]).toEqual(['the disk failed', 3, 0])
  disk.fails = false
  await committer.publish(topic, part(10))
  await committer.publish(topic, part(10))
  expect([committer.trouble, committer.refused, disk.mends, topic.partitions[0]!.next]).toEqual(['', 3, 1, 2])
})

test('what was refused and is on disk nonetheless keeps its offsets', async () => {
  const entries = new Map<string, Buffer>()
  let tell = (): void => { throw new Failure('unavailable', 'log.not_written', 'the disk failed') }
  const { committer, topic } = committerOver(async ({ puts }) => {
    for (const { key, value } of puts) entries.set(key.toString('hex'), Buffer.from(value))
    tell()
  }, { mend: async () => undefined, get: (key) => entries.get(key.toString('hex')) })
  await expect(committer.publish(topic, part(10))).rejects.toMatchObject({ code: 'log.not_written' })
  expect(topic.partitions[0]!.next).toBe(0)
  tell = () => undefined
  await committer.publish(topic, part(10))
  expect(topic.partitions[0]!.next).toBe(2)
})

test('more than 64 MiB that wait are refused, and taken again when the wait is over', async () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => { release = resolve })
  const { committer, topic } = committerOver(async () => held)
  const taken = Array.from({ length: 16 }, () => committer.publish(topic, part(4 << 20)))
  await expect(committer.publish(topic, part(1))).rejects.toMatchObject({ kind: 'unavailable', code: 'log.busy', retryAfterSeconds: 1 })
  release()
  await Promise.all(taken)
  expect(committer.waitingBytes).toBe(0)
  await committer.publish(topic, part(1))
})

test('a commit that does not end is given up: what waits and what comes is refused, the callers of it too, and closing waits for nothing', async () => {
  const told: Failure[] = []
  const { committer, topic } = committerOver(() => new Promise(() => undefined), {}, { gaveUp: (failure) => void told.push(failure) })
  const running = committer.publish(topic, part(10))
  await expect.poll(() => committer.waitingBytes).toBe(10)
  await new Promise((resolve) => setImmediate(resolve))
  const waiting = committer.publish(topic, part(10))
  const stuck = new Failure('unavailable', 'log.stuck', 'it does not end', { retryAfterSeconds: 5 })
  committer.giveUp(stuck)
  committer.giveUp(new Failure('unavailable', 'log.stuck', 'again'))
  for (const each of [running, waiting, committer.publish(topic, part(10))]) await expect(each).rejects.toBe(stuck)
  expect([committer.trouble, told]).toEqual(['it does not end', [stuck]])
  await committer.close()
})

test('a store that may have written past its memory is never asked again', async () => {
  let writes = 0
  const overrun = new Failure('unavailable', 'log.overrun', 'past its memory')
  const { committer, topic } = committerOver(async () => {
    writes++
    throw overrun
  })
  for (let again = 0; again < 3; again++) await expect(committer.publish(topic, part(10))).rejects.toBe(overrun)
  expect([writes, committer.givenUp, committer.trouble]).toEqual([1, true, 'past its memory'])
})

test('every commit is watched from its beginning to its end, also one that fails', async () => {
  const said: string[] = []
  let fails = true
  const write = async (): Promise<void> => {
    said.push('write')
    if (fails) throw new Failure('unavailable', 'log.not_written', 'the disk failed')
  }
  const { committer, topic } = committerOver(write, {}, { watch: { began: () => void said.push('began'), ended: () => void said.push('ended') } })
  await expect(committer.publish(topic, part(10))).rejects.toMatchObject({ code: 'log.not_written' })
  fails = false
  await committer.publish(topic, part(10))
  await committer.close()
  expect(said).toEqual(['began', 'write', 'ended', 'began', 'write', 'ended'])
})
