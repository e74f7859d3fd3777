/** The members of one consumer group on one topic, and who has which partition. */
import { Failure } from '../../schemas/failure.ts'
import { NOT_ASSIGNED, type Subscription, type SubscribeOptions } from '../../schemas/ports.ts'
import { assign } from '../../schemas/assign.ts'
import type { PartitionConsumer } from './partition-consumer.ts'
import type { GroupOffsets, TopicLog } from './topic-log.ts'

/** What a partition's consumer says to its group. */
interface MemberOf {
  failed(error: unknown): void
  commit(next: number): Promise<void>
}

type Consumer = Pick<PartitionConsumer<unknown>, 'stop' | 'commit'>

/** One subscription. `start` makes the consumer of a partition; the type of its records is closed over. */
interface Member {
  start(partition: number, member: MemberOf): Consumer
  failed(error: unknown): void
}

interface Place {
  readonly member: Member
  readonly consumer: Consumer
}

export class ConsumerGroup {
  readonly #topic: TopicLog
  readonly #offsets: GroupOffsets
  readonly #save: (offsets: GroupOffsets) => Promise<void>
  readonly #members: Member[] = []
  #wanted: (Member | undefined)[]
  readonly #places: (Place | undefined)[]
  /** Each partition changes hands in order; one that is slow to let go holds up no other. */
  readonly #changes: Promise<void>[]

  constructor(topic: TopicLog, offsets: GroupOffsets, save: (offsets: GroupOffsets) => Promise<void>) {
    this.#topic = topic
    this.#offsets = offsets
    this.#save = save
    this.#wanted = topic.partitions.map(() => undefined)
    this.#places = topic.partitions.map(() => undefined)
    this.#changes = topic.partitions.map(() => Promise.resolve())
  }

  join<T>(options: SubscribeOptions<T>, start: Member['start']): Subscription {
    const member: Member = { start, failed: (error) => options.failed(error) }
    this.#members.push(member)
    this.#rebalance()
    return {
      commit: async (partition, next) => {
        const place = this.#places[partition]
        await (place?.member === member ? place.consumer.commit(next) : this.#commit(member, partition, next))
      },
      stop: async () => {
        this.#leave(member)
        await Promise.all(this.#changes)
      },
    }
  }

  /** Every member leaves. */
  async stop(): Promise<void> {
    for (const member of [...this.#members]) this.#leave(member)
    await Promise.all(this.#changes)
  }

  #leave(member: Member): void {
    const at = this.#members.indexOf(member)
    if (at < 0) return
    this.#members.splice(at, 1)
    this.#rebalance()
  }

  #rebalance(): void {
    this.#wanted = assign(this.#wanted, this.#members)
    this.#wanted.forEach((_, partition) => {
      this.#changes[partition] = this.#changes[partition]!.then(() => this.#change(partition))
    })
  }

  async #change(partition: number): Promise<void> {
    const place = this.#places[partition]
    if (place?.member === this.#wanted[partition]) return
    await place?.consumer.stop()
    this.#places[partition] = undefined
    const member = this.#wanted[partition]
    if (member === undefined) return
    const consumer = member.start(partition, { failed: (error) => this.#failed(member, error), commit: (next) => this.#commit(member, partition, next) })
    this.#places[partition] = { member, consumer }
  }

  /** A member fails once; its partitions go to the others. */
  #failed(member: Member, error: unknown): void {
    if (!this.#members.includes(member)) return
    this.#leave(member)
    member.failed(error)
  }

  async #commit(member: Member, partition: number, next: number): Promise<void> {
    const log = this.#topic.partitions[partition]
    if (log === undefined || !Number.isInteger(next) || next < 0 || next > log.next) {
      throw new RangeError(`${this.#topic.name}: offset ${next} of partition ${partition} cannot be committed`)
    }
    if (this.#places[partition]?.member !== member) {
      throw new Failure('unavailable', NOT_ASSIGNED, `partition ${partition} of ${this.#topic.name} has gone to another member`)
    }
    if (this.#offsets.durable[partition] === next && this.#offsets.wanted[partition] === next) return
    this.#offsets.wanted[partition] = next
    await this.#save(this.#offsets)
  }
}
