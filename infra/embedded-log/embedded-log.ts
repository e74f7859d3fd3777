/** The bus as one durable log in a directory, for one process. See README.md for what it survives. */
import { Failure } from '../../schemas/failure.ts'
import type { Bus, Clock, Keyed, PartitionLag, SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import { Catalog } from './catalog.ts'
import { CommitWatch } from './commit-watch.ts'
import { Committer } from './committer.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { Damage, type DamageReport } from './damage.ts'
import { lockDirectory } from './directory-lock.ts'
import { envelopesOf } from './envelopes-of.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { type OpenedStore, openStore } from './open-store.ts'
import { PartitionConsumer } from './partition-consumer.ts'
import { PartitionReader } from './partition-reader.ts'
import { TailCache } from './tail-cache.ts'
import type { Retention } from './topic-log.ts'

export interface EmbeddedLogOptions {
  readonly directory: string
  /** Partitions of every topic, or by topic (1 where not named). May be raised later, never lowered. */
  readonly partitions: number | Readonly<Record<string, number>>
  /** By topic; a topic not named keeps a quarter of `maxBytes` for seven days. */
  readonly retention?: Readonly<Record<string, Retention>>
  /** Hard limit of the stored bytes of all topics; default 10 GiB. */
  readonly maxBytes?: number
  /** Encoded bytes of recent envelopes that are kept as objects; default 64 MiB, 0 = off. */
  readonly tailCacheBytes?: number
  readonly clock: Clock
  /** Milliseconds that a commit may take; default 30,000. */
  readonly commitLimitMs?: number
  /**
   * Told once that the log takes nothing more in this process, with why: its end is due, and the next start has everything that was acknowledged. With it a
   * thread watches over the event loop too, and ends the process by SIGALRM where that is held up with the commit.
   */
  mustEnd?(failure: Failure): void
}

export interface EmbeddedLogStats {
  /** '' when the log takes publishes, else why not. */
  readonly notReady: string
  readonly storedBytes: number
  readonly maxBytes: number
  /** Encoded bytes that wait for a transaction. */
  readonly waitingBytes: number
  readonly tailBytes: number
  readonly transactions: number
  /** Publishes that were refused. */
  readonly refused: number
  readonly damage: DamageReport
}

export interface EmbeddedLog extends Bus {
  stats(): EmbeddedLogStats
}

type LimitedOptions = EmbeddedLogOptions & { readonly maxBytes: number }

const GIB = 1024 ** 3
/** A slow disk syncs in seconds. */
const COMMIT_LIMIT_MS = 30_000

const stuckSentence = (limitMs: number): string =>
  `a commit of the log has not ended for ${limitMs / 1000} s: the disk or file system of the data directory does not answer; look at it (dmesg, df, mount). ` +
  'What was acknowledged is on it, and the next start has it'

/** As a line of the log, because the thread that says it has no other. */
const lastWords = ({ code, message }: Failure): string =>
  JSON.stringify({ level: 60, 'service.name': 'watchkeeper', code, message: `ending without delay: ${message}` })

/** Opens or makes the log in `directory`. Failure `misconfigured` when the directory cannot be used, with a sentence that names it. */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const maxBytes = options.maxBytes ?? 10 * GIB
  const release = lockDirectory(options.directory)
  try {
    const now = Number(options.clock.now() / 1_000_000n)
    // Room for pages that are free but not yet used again, and for what one transaction copies.
    const mapSize = Math.ceil((maxBytes * 2 + GIB) / 4096) * 4096
    const opened = await openStore({ directory: options.directory, mapSize, now })
    try {
      return new OpenLog({ ...options, maxBytes }, opened, { release, base: opened.rebuilt === undefined ? 0 : now })
    } catch (error) {
      await opened.store.close()
      throw error
    }
  } catch (error) {
    release()
    throw error
  }
}

class OpenLog implements EmbeddedLog {
  readonly #store: LmdbStore
  readonly #catalog: Catalog
  readonly #cache: TailCache
  readonly #committer: Committer
  readonly #watch: CommitWatch
  readonly #damage = new Damage()
  readonly #groups = new Map<string, ConsumerGroup>()
  readonly #maxBytes: number
  readonly #release: () => void
  #closing: Promise<void> | undefined

  constructor(options: LimitedOptions, opened: OpenedStore, { release, base }: { release: () => void; base: number }) {
    const { store, recovered, rebuilt } = opened
    this.#store = store
    this.#release = release
    this.#maxBytes = options.maxBytes
    this.#cache = new TailCache(options.tailCacheBytes ?? 64 * 1024 * 1024)
    this.#catalog = new Catalog({ ...options, recovered, base })
    // Serials of transactions that failed after the last good one are skipped, so that no two attempts share one.
    const serial = recovered.serial + 1_000_000
    const { clock, maxBytes } = options
    const limitMs = options.commitLimitMs ?? COMMIT_LIMIT_MS
    const stuck = new Failure('unavailable', 'log.stuck', stuckSentence(limitMs), { retryAfterSeconds: 5 })
    this.#watch = new CommitWatch({
      limitMs, stuck: () => this.#committer.giveUp(stuck), ...(options.mustEnd === undefined ? {} : { lastWords: lastWords(stuck) }),
    })
    const gaveUp = (failure: Failure): void => options.mustEnd?.(failure)
    this.#committer = new Committer({ store, topics: this.#catalog.topics, cache: this.#cache, clock, maxBytes, serial, watch: this.#watch, gaveUp })
    this.#damage.rebuilt = rebuilt
    this.#damage.commitRecords = recovered.damagedCommits
    for (const { missingGroups } of recovered.topics.values()) this.#damage.groupRecords += missingGroups
    for (const gap of this.#catalog.missing()) this.#damage.found(gap)
  }

  async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void> {
    const log = this.#catalog.topic(topic.name)
    await this.#committer.publish(log, envelopesOf(topic, batch, log.partitions.length))
  }

  async broadcast<T>(topic: Topic<T>, record: T): Promise<void> {
    const log = this.#catalog.topic(topic.name)
    const records = [record]
    const bytes = topic.codec.encode(records)
    await this.#committer.publish(log, log.partitions.map(({ partition }) => ({ partition, records, bytes })))
  }

  async subscribe<T>(topic: Topic<T>, options: SubscribeOptions<T>): Promise<Subscription> {
    if (this.#closing !== undefined) throw new Failure('unavailable', 'log.closed', 'the log is closed')
    const log = this.#catalog.topic(topic.name)
    const known = log.groups.has(options.group)
    const offsets = this.#catalog.offsets(log, options.group)
    // A group is registered for good: what it has not committed is kept for it.
    if (!known) await this.#committer.saveOffsets(offsets)
    const name = JSON.stringify([topic.name, options.group])
    const group = this.#groups.get(name) ?? new ConsumerGroup(log, offsets, async (changed) => this.#committer.saveOffsets(changed))
    this.#groups.set(name, group)
    return group.join(options, (partition, { failed, commit }) => new PartitionConsumer({
      log: log.partitions[partition]!,
      reader: new PartitionReader(topic, log.partitions[partition]!, this.#store),
      cache: this.#cache,
      subscribe: options,
      committed: () => committedOf(offsets.durable, partition),
      commit,
      damage: (gap) => this.#damage.found(gap),
      failed,
    }))
  }

  async lag(): Promise<readonly PartitionLag[]> {
    const lags: PartitionLag[] = []
    for (const topic of this.#catalog.topics.values()) {
      for (const { group, durable } of topic.groups.values()) {
        for (const { partition, first, next } of topic.partitions) {
          lags.push({ topic: topic.name, group, partition, committed: committedOf(durable, partition) ?? first, end: next })
        }
      }
    }
    return lags
  }

  stats(): EmbeddedLogStats {
    let storedBytes = 0
    for (const topic of this.#catalog.topics.values()) storedBytes += topic.bytes
    const { waitingBytes, transactions, refused, trouble } = this.#committer
    const [maxBytes, tailBytes, damage] = [this.#maxBytes, this.#cache.bytes, this.#damage.report()]
    const notReady = this.#closing !== undefined ? 'the log is closed' : trouble
    return { notReady, storedBytes, maxBytes, waitingBytes, tailBytes, transactions, refused, damage }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#groups.values()].map(async (group) => group.stop()))
    await this.#committer.close()
    await this.#watch.close()
    // One that runs would be waited for.
    if (this.#committer.givenUp) return
    await this.#store.close()
    this.#release()
  }
}

const committedOf = (offsets: readonly number[], partition: number): number | undefined => {
  const offset = offsets[partition] ?? -1
  return offset < 0 ? undefined : offset
}
