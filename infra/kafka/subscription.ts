/** One subscription: a member of the group, the partitions it has, what fetches for them, and a watch over all that. */
import type { Kafka } from 'kafkajs'
import type { SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import { ClusterLink } from './cluster-link.ts'
import { failureOf } from './failures.ts'
import { Fetcher } from './fetcher.ts'
import { GroupMember } from './group-member.ts'
import { OffsetLedger } from './offset-ledger.ts'
import { Offsets } from './offsets.ts'
import type { Settings } from './options.ts'
import type { Budget } from './partition-buffer.ts'
import { PartitionFeed } from './partition-feed.ts'
import type { TopicShape } from './topics.ts'

export interface SubscriptionContext {
  readonly settings: Settings
  readonly kafka: Kafka
  /** Connections that all subscriptions share for what is answered at once. */
  readonly control: ClusterLink
  readonly budget: Budget
  /** A random word of the process. */
  readonly process: string
  readonly shape: TopicShape
  /** Full name of the group. */
  readonly groupId: string
  gapMet(): void
  ended(subscription: KafkaSubscription): void
}

const WATCH_MS = 1000
/** At the end, while a process has ten seconds for everything. Behind a broker that was stalled a member may be out of its group for longer than that. */
const LAST_COMMITS_MS = 2000

/** What the bus knows of a subscription, whatever its records are. */
export interface KafkaSubscription extends Subscription {
  readonly groupId: string
  /** Times that its connections were made anew because nothing came through them. */
  readonly renewals: number
  /** '' while brokers answer, else what does not. */
  readonly notReady: string
}

export function openSubscription<T>(topic: Topic<T>, options: SubscribeOptions<T>, context: SubscriptionContext): KafkaSubscription {
  return new OpenSubscription(topic, options, context)
}

class OpenSubscription<T> implements KafkaSubscription {
  readonly #topic: Topic<T>
  readonly #options: SubscribeOptions<T>
  readonly #context: SubscriptionContext
  readonly #link: ClusterLink
  readonly #offsets: Offsets
  readonly #member: GroupMember
  readonly #fetcher: Fetcher
  readonly #ledger: OffsetLedger
  readonly #feeds = new Map<number, PartitionFeed<T>>()
  /** Each partition changes hands in order; one that is slow to let go holds up no other. */
  readonly #changes: Promise<void>[]
  readonly #watch: NodeJS.Timeout
  #wanted: ReadonlySet<number> = new Set()
  #changing = 0
  #released = false
  /** The group went on without this member, until it is given partitions again. */
  #expelled = false
  #renewedAt = performance.now()
  #stopped: Promise<void> | undefined
  #failedOnce = false

  constructor(topic: Topic<T>, options: SubscribeOptions<T>, context: SubscriptionContext) {
    this.#topic = topic
    this.#options = options
    this.#context = context
    const { settings, kafka, control, shape, groupId } = context
    this.#link = new ClusterLink({ kafka, topics: [shape.full], timeoutMs: settings.requestTimeoutMs })
    this.#offsets = new Offsets(control)
    this.#changes = Array.from({ length: shape.partitions }, () => Promise.resolve())
    this.#member = this.#makeMember()
    this.#fetcher = new Fetcher({
      link: this.#link, topic: shape.full, gatherMs: options.gatherMs ?? 0,
      feeds: () => this.#feeds.values(), trouble: (error) => this.#trouble(error),
    })
    this.#ledger = new OffsetLedger({
      topic: topic.name, partitions: shape.partitions, timeoutMs: settings.deliveryTimeoutMs,
      membership: () => this.#member.membership,
      holds: (partition) => !this.#expelled && this.#feeds.has(partition),
      commit: (membership, next) => this.#offsets.commit(groupId, shape.full, membership, next),
    })
    this.#member.start()
    this.#fetcher.start()
    this.#watch = setInterval(() => this.#look(), WATCH_MS)
  }

  get groupId(): string {
    return this.#context.groupId
  }

  get renewals(): number {
    return this.#link.renewals
  }

  get notReady(): string {
    const { stallMs } = this.#context.settings
    const silent = Math.max(this.#member.silentMs, this.#fetcher.silentMs)
    if (this.#stopped !== undefined || silent < stallMs) return ''
    return `no broker has answered group ${this.groupId} for ${Math.round(silent / 1000)} s`
  }

  async commit(partition: number, next: number): Promise<void> {
    await (this.#feeds.get(partition)?.commit(next) ?? this.#ledger.commit(partition, next))
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  async #stop(): Promise<void> {
    clearInterval(this.#watch)
    this.#ledger.hurry(LAST_COMMITS_MS)
    // The member is heard until everything is let go of, so that last commits count.
    await this.#letGo()
    await this.#ledger.settled()
    await this.#member.stop()
    await this.#fetcher.stop()
    await this.#link.close()
    this.#context.ended(this)
  }

  #makeMember(): GroupMember {
    const { settings, control, shape, groupId, process } = this.#context
    return new GroupMember({
      link: this.#link, control, groupId, topic: shape.full, partitions: shape.partitions, instance: settings.instance ?? '', process,
      sessionTimeoutMs: settings.sessionTimeoutMs, log: settings.log,
      held: () => [...this.#feeds.keys()],
      assigned: (partitions) => this.#assigned(partitions),
      lost: async () => this.#lose(),
      failed: (error) => this.#failed(error),
    })
  }

  #assigned(partitions: readonly number[]): void {
    if (this.#stopped !== undefined) return
    this.#context.settings.log.debug({ group: this.groupId, partitions }, 'kafka assignment')
    this.#expelled = false
    this.#want(new Set(partitions))
    this.#ledger.wake()
  }

  /** Commits of what is let go of now can only fail; whoever waits for them in `revoked` would keep the member from ever joining again. */
  async #lose(): Promise<void> {
    this.#expelled = true
    this.#ledger.wake()
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    this.#want(new Set())
    await Promise.all(this.#changes)
  }

  #want(partitions: ReadonlySet<number>): void {
    this.#wanted = partitions
    this.#changes.forEach((before, partition) => {
      this.#changing++
      this.#changes[partition] = before.then(async () => this.#change(partition)).finally(() => this.#changed())
    })
  }

  /** What was let go of is free for others only after this member has said so. */
  #changed(): void {
    if (--this.#changing > 0 || !this.#released) return
    this.#released = false
    if (this.#stopped === undefined) this.#member.rejoin()
  }

  async #change(partition: number): Promise<void> {
    const feed = this.#feeds.get(partition)
    const wanted = this.#wanted.has(partition)
    if ((feed !== undefined) === wanted) return
    if (feed !== undefined) {
      await feed.stop()
      this.#feeds.delete(partition)
      this.#released = true
    } else this.#feeds.set(partition, this.#open(partition))
  }

  #open(partition: number): PartitionFeed<T> {
    const { budget, shape, groupId, gapMet, settings: { log } } = this.#context
    return new PartitionFeed({
      topic: this.#topic, partition, subscribe: this.#options, budget, gapMet,
      committed: async () => (await this.#offsets.committed(groupId, shape.full, [partition])).get(partition),
      commit: (next) => this.#ledger.commit(partition, next),
      bounds: async () => (await this.#offsets.bounds(shape.full, [partition])).get(partition)!,
      hungry: () => this.#fetcher.wake(),
      notSaved: (error) => log.warn({ group: groupId, partition, err: error }, 'state was not saved when a partition was lost: it is made again from the one before'),
      failed: (error) => this.#failed(error),
    })
  }

  #trouble(error: unknown): void {
    const failure = failureOf(error, `read topic ${this.#context.shape.full}`)
    this.#context.settings.log.debug({ code: failure.code, group: this.groupId }, 'kafka fetch')
    if (failure.kind === 'misconfigured') this.#failed(failure)
  }

  /** A member fails once; its partitions go to the others. */
  #failed(error: unknown): void {
    if (this.#failedOnce || this.#stopped !== undefined) return
    this.#failedOnce = true
    void this.stop()
    this.#options.failed(error)
  }

  /**
   * The watchdog: kafkajs can keep a connection on which nothing comes any more, and a process is not dead that only waits. Connections are made anew,
   * positions and partitions stay.
   */
  #look(): void {
    const { stallMs, log } = this.#context.settings
    const silentMs = Math.max(this.#member.silentMs, this.#fetcher.silentMs)
    if (silentMs < stallMs || performance.now() - this.#renewedAt < stallMs) return
    this.#renewedAt = performance.now()
    log.warn({ group: this.groupId, silentMs: Math.round(silentMs) }, 'kafka connections made anew')
    this.#link.renew()
  }
}
