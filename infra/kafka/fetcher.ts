/** Fetches for the partitions of one subscription: one request at a time to each leader, only for those that have room. */
import { giveBack } from '../../schemas/spare-memory.ts'
import type { FetchedPartition, GroupBroker } from './client.ts'
import { UndecodableAnswer } from './client-patches.ts'
import type { ClusterLink } from './cluster-link.ts'
import { Bell, pause } from './deadline.ts'
import { isType } from './failures.ts'
import type { PartitionFeed } from './partition-feed.ts'

/** What fetching needs of a feed; the type of its records is closed over. */
type Feed = Pick<PartitionFeed<unknown>, 'partition' | 'buffer' | 'room' | 'wake' | 'outOfRange'>

export interface FetcherOptions {
  readonly link: ClusterLink
  readonly topic: string
  /** Between an answer that brought little and the next question. */
  readonly gatherMs: number
  feeds(): Iterable<Feed>
  /** A request went wrong in a way that is mended by asking again. */
  trouble(error: unknown): void
}

const MOST_BYTES = 8 * 1024 * 1024
/** How long the broker may hold an answer when nothing is new; shorter while a partition that has no room yet may get some. */
const WAIT_MS = 1000
const SHORT_WAIT_MS = 50
/** An answer of so many bytes has more behind it. */
const PLENTY_BYTES = 1024 * 1024
const READ_UNCOMMITTED = 0
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 1000

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #stop = new AbortController()
  readonly #bell = new Bell()
  readonly #busy = new Map<string, Promise<void>>()
  /** Of each partition, when it was last looked for. */
  readonly #leaders = new Map<number, string>()
  #turn = 0
  #wait = FIRST_WAIT_MS
  #heardAt = performance.now()
  #done: Promise<void> = Promise.resolve()

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /** Milliseconds since a broker last answered, while there was something to ask. */
  get silentMs(): number {
    return performance.now() - this.#heardAt
  }

  start(): void {
    this.#done = this.#run()
  }

  wake(): void {
    this.#bell.ring()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#bell.ring()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const hungry = [...this.#options.feeds()].filter((feed) => feed.room() > 0)
      if (hungry.length === 0) this.#heardAt = performance.now()
      else await this.#ask(hungry).catch(async (error: unknown) => this.#failed(error))
      await this.#bell.wait(WAIT_MS)
    }
  }

  /** Starts a request to each leader that has none. */
  async #ask(hungry: readonly Feed[]): Promise<void> {
    const { link, topic } = this.#options
    // A feed is hungry twice a delivery, and nothing is asked of a leader that has not answered yet: finding that out anew each time was a twentieth of the worker.
    if (hungry.every(({ partition }) => this.#busy.has(this.#leaders.get(partition) ?? ''))) return
    const partitions = hungry.map(({ partition }) => partition)
    const leaders = await link.call('asking for leaders', async (cluster) => {
      await cluster.refreshMetadataIfNecessary()
      return cluster.findLeaderForPartitions(topic, partitions)
    })
    for (const [nodeId, mine] of Object.entries(leaders)) {
      for (const partition of mine) this.#leaders.set(partition, nodeId)
      if (this.#busy.has(nodeId)) continue
      const feeds = this.#alone(hungry.filter(({ partition }) => mine.includes(partition)))
      const asked = this.#fetch(nodeId, feeds).catch(async (error: unknown) => this.#failed(error)).finally(() => {
        this.#busy.delete(nodeId)
        this.#bell.ring()
      })
      this.#busy.set(nodeId, asked)
    }
  }

  /** One that cannot be read is asked for alone, in turn with all the others together. The order turns too: a large batch is only given to the first. */
  #alone(feeds: readonly Feed[]): readonly Feed[] {
    this.#turn++
    const suspects = feeds.filter(({ buffer }) => buffer.suspect)
    const sound = feeds.filter(({ buffer }) => !buffer.suspect)
    if (suspects.length > 0 && (sound.length === 0 || this.#turn % 2 === 0)) return [suspects[(this.#turn >> 1) % suspects.length]!]
    const first = this.#turn % sound.length
    return [...sound.slice(first), ...sound.slice(0, first)]
  }

  async #fetch(nodeId: string, feeds: readonly Feed[]): Promise<void> {
    const { link, topic } = this.#options
    const asked = new Map(feeds.map((feed) => [feed.partition, { feed, at: feed.buffer.fetchAt }]))
    // Of one that could not be read one record batch at a time: the broker gives a whole one however little is asked for.
    const bytes = (feed: Feed): number => (feed.buffer.suspect ? 1 : feed.room())
    const partitions = feeds.map((feed) => ({ partition: feed.partition, fetchOffset: String(feed.buffer.fetchAt), maxBytes: bytes(feed) }))
    const everyone = [...this.#options.feeds()].length === feeds.length
    const maxWaitTime = everyone ? WAIT_MS : SHORT_WAIT_MS
    const answer = await link.call('fetching', async (cluster) => {
      const broker = await cluster.findBroker({ nodeId }) as unknown as GroupBroker
      return await broker.fetch({ maxWaitTime, minBytes: 1, maxBytes: MOST_BYTES, isolationLevel: READ_UNCOMMITTED, topics: [{ topic, partitions }] })
    }, maxWaitTime).catch(async (error: unknown) => this.#explain(error, feeds))
    this.#heardAt = performance.now()
    this.#wait = FIRST_WAIT_MS
    if (answer === undefined) return
    let brought = 0
    for (const fetched of answer.responses.flatMap((each) => each.partitions)) {
      this.#give(asked.get(fetched.partition), fetched, feeds.length === 1)
      for (const { value } of fetched.messages) brought += value?.length ?? 0
    }
    // What the buffers keep they have copied.
    giveBack(answer)
    await this.#gather(brought)
  }

  /**
   * Every small publish would be an answer, a delivery and a publish of its own: what comes meanwhile is asked for together. The broker could be told to wait for
   * so many bytes instead, but then it looks at each waiting question again at each write, and what comes after a silence waits, too.
   */
  async #gather(brought: number): Promise<void> {
    const { gatherMs } = this.#options
    if (gatherMs > 0 && brought > 0 && brought < PLENTY_BYTES) await pause(gatherMs, this.#stop.signal)
  }

  #give(asked: { feed: Feed; at: number } | undefined, fetched: FetchedPartition, alone: boolean): void {
    if (asked === undefined || this.#stop.signal.aborted) return
    asked.feed.buffer.add(fetched, asked.at, alone)
    asked.feed.wake()
  }

  /** What is an answer, too; anything else is thrown on. */
  async #explain(error: unknown, feeds: readonly Feed[]): Promise<undefined> {
    if (isType(error, 'OFFSET_OUT_OF_RANGE')) {
      // kafkajs names the partition; its own consumer would now move the group's committed offset, without a word to anybody.
      const partition = partitionOf(error)
      await Promise.all(feeds.filter((feed) => partition === undefined || feed.partition === partition).map((feed) => feed.outOfRange()))
    } else if (error instanceof UndecodableAnswer || isType(error, 'CORRUPT_MESSAGE')) {
      for (const feed of feeds) {
        feed.buffer.unreadable(feeds.length === 1)
        feed.wake()
      }
    } else throw error
  }

  async #failed(error: unknown): Promise<void> {
    this.#options.trouble(error)
    await this.#options.link.refresh().catch(() => undefined)
    await pause(this.#wait, this.#stop.signal)
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS)
  }
}

const partitionOf = (error: unknown): number | undefined => {
  const { partition } = error as { readonly partition?: unknown }
  return typeof partition === 'number' ? partition : undefined
}
