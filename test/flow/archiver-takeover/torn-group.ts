/**
 * A consumer group as a member sees it that was taken for dead: its partition is another's before it hears of that, and its commits are refused from
 * then on. The order of everything is the test's. Snapshots as on Kafka: who loads a name owns it, and what others save is taken and never looked at.
 */
import { Failure } from '../../../schemas/failure.ts'
import { type Bus, type Envelope, NOT_ASSIGNED, type Snapshot, type Snapshots, type SubscribeOptions, type Subscription } from '../../../schemas/ports.ts'
import type { Topic } from '../../../schemas/topics.ts'

type Options = SubscribeOptions<unknown>
const never = new AbortController().signal

/** Partition 0 of every topic; publishes are taken and go nowhere. */
export class TornGroup {
  readonly #logs = new Map<string, Envelope<unknown>[]>()
  readonly #owners = new Map<string, string>()
  readonly #members = new Map<string, Options>()
  readonly #states = new Map<string, { owner: string; snapshot: Snapshot | undefined }>()
  readonly committed = new Map<string, number>()

  /** One envelope. */
  append<T>(topic: Topic<T>, records: readonly T[]): void {
    const log = this.#logs.get(topic.name) ?? []
    this.#logs.set(topic.name, log)
    log.push({ partition: 0, offset: log.length, records })
  }

  bus(member: string): Bus {
    return {
      publish: async () => undefined,
      broadcast: async () => undefined,
      lag: async () => [],
      close: async () => undefined,
      subscribe: async (topic, options) => {
        this.#members.set(`${member} ${topic.name}`, options as unknown as Options)
        return this.#subscription(member, topic.name)
      },
    }
  }

  snapshots(member: string): Snapshots {
    return {
      load: async (name) => {
        const state = { owner: member, snapshot: this.#states.get(name)?.snapshot }
        this.#states.set(name, state)
        return state.snapshot
      },
      save: async (name, snapshot) => {
        if ((this.#states.get(name)?.owner ?? member) === member) this.#states.set(name, { owner: member, snapshot })
      },
    }
  }

  /** The partition is the member's from now on; nobody is told but this member. */
  async give(topic: string, member: string): Promise<void> {
    this.#owners.set(topic, member)
    await this.#member(member, topic).assigned?.(0)
  }

  /** From what is committed, or `from`, to the end or before `to`. */
  async deliver(topic: string, member: string, range: { readonly from?: number; readonly to?: number } = {}): Promise<void> {
    const { from = this.committed.get(topic) ?? 0, to } = range
    await this.#member(member, topic).handle((this.#logs.get(topic) ?? []).slice(from, to), never)
  }

  /** The member hears at last that it has lost the partition. */
  async tell(topic: string, member: string): Promise<void> {
    await this.#member(member, topic).revoked?.(0)
  }

  #member(member: string, topic: string): Options {
    const options = this.#members.get(`${member} ${topic}`)
    if (options === undefined) throw new Error(`${member} has not subscribed to ${topic}`)
    return options
  }

  #subscription(member: string, topic: string): Subscription {
    return {
      commit: async (_partition, next) => {
        if (this.#owners.get(topic) !== member) throw new Failure('unavailable', NOT_ASSIGNED, 'the partition has gone to another member')
        this.committed.set(topic, next)
      },
      stop: async () => undefined,
    }
  }
}
