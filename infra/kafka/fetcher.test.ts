import { setImmediate as turn } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'
import { expect, test } from 'vitest'
import type { FetchResponse } from './client.ts'
import type { ClusterLink } from './cluster-link.ts'
import { Fetcher } from './fetcher.ts'
import { PartitionBuffer } from './partition-buffer.ts'

const NEVER_MS = 60_000

/** One leader of one partition; each question is answered with so many bytes of the list, and then no more. */
class Leader {
  asked = 0
  readonly #answers: number[]
  #heard = (): void => undefined

  constructor(answers: readonly number[]) {
    this.#answers = [...answers]
  }

  readonly link = {
    call: async (_: string, ask: (cluster: Cluster) => Promise<unknown>) => ask(this.#cluster as unknown as Cluster),
    refresh: async () => undefined,
  } as unknown as ClusterLink

  /** Resolves when it was asked so often. */
  async until(times: number): Promise<void> {
    while (this.asked < times) await new Promise<void>((resolve) => { this.#heard = resolve })
  }

  readonly #cluster = {
    refreshMetadataIfNecessary: async () => undefined,
    findLeaderForPartitions: () => ({ 1: [0] }),
    findBroker: async () => ({ fetch: async () => this.#fetch() }),
  }

  async #fetch(): Promise<FetchResponse> {
    const offset = this.asked++
    this.#heard()
    const bytes = this.#answers.shift()
    if (bytes === undefined) return await new Promise(() => undefined)
    const messages = bytes === 0 ? [] : [{ offset: String(offset), value: Buffer.alloc(bytes) }]
    return { responses: [{ topicName: 't', partitions: [{ partition: 0, highWatermark: String(bytes === 0 ? offset : offset + 1), messages }] }] }
  }
}

function started(leader: Leader, gatherMs: number): { readonly fetcher: Fetcher; readonly buffer: PartitionBuffer } {
  const buffer = new PartitionBuffer({ used: 0, limit: 1 << 30 }, 1 << 30)
  buffer.seek(0)
  const feed = { partition: 0, buffer, room: () => buffer.room(), wake: () => undefined, outOfRange: async () => undefined }
  const fetcher = new Fetcher({ link: leader.link, topic: 't', gatherMs, feeds: () => [feed], trouble: (error) => { throw error } })
  fetcher.start()
  return { fetcher, buffer }
}

test('behind an answer that brought little it waits for more to come, and what it brought is handed over at once', async () => {
  const leader = new Leader([100])
  const { fetcher, buffer } = started(leader, NEVER_MS)
  await leader.until(1)
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(leader.asked).toBe(1)
  expect(buffer.isEmpty).toBe(false)
  await fetcher.stop()
})

test('it asks again when the time is over', async () => {
  const leader = new Leader([100])
  const { fetcher } = started(leader, 1)
  await leader.until(2)
  await fetcher.stop()
})

test.each([['nothing', 0], ['as much as a backlog has', 2 * 1024 * 1024]])('behind an answer that brought %s it asks again at once', async (_, bytes) => {
  const leader = new Leader([bytes])
  const { fetcher } = started(leader, NEVER_MS)
  await leader.until(2)
  await fetcher.stop()
})
