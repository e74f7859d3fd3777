/** A bus of one partition in the process, without a disk: what is published is handed to every subscriber when it is asked to. For evaluations only. */
import type { Bus, Envelope, SubscribeOptions, Subscription } from '../../../schemas/ports.ts'
import type { Topic } from '../../../schemas/topics.ts'

type Deliver = (records: readonly unknown[], offset: number) => Promise<void>

export class DirectBus implements Bus {
  readonly #subscribers = new Map<string, Deliver[]>()
  readonly #queue: { readonly topic: string; readonly records: readonly unknown[] }[] = []
  #offset = 0

  async publish<T>({ name }: Topic<T>, batch: readonly { readonly record: T }[]): Promise<void> {
    this.#queue.push({ topic: name, records: batch.map(({ record }) => record) })
  }

  async broadcast<T>({ name }: Topic<T>, record: T): Promise<void> {
    this.#queue.push({ topic: name, records: [record] })
  }

  async subscribe<T>({ name }: Topic<T>, options: SubscribeOptions<T>): Promise<Subscription> {
    await options.assigned?.(0)
    const { signal } = new AbortController()
    const deliver: Deliver = async (records, offset) => {
      const envelope: Envelope<T> = { partition: 0, offset, records: records as readonly T[] }
      await options.handle([envelope], signal)
    }
    this.#subscribers.set(name, [...(this.#subscribers.get(name) ?? []), deliver])
    return { commit: () => Promise.resolve(), stop: () => Promise.resolve() }
  }

  /** Delivers until nobody has anything to say any more. Throws what a subscriber throws. */
  async drain(): Promise<void> {
    for (let at = 0; at < this.#queue.length; at++) {
      const { topic, records } = this.#queue[at] as { topic: string; records: readonly unknown[] }
      const offset = this.#offset++
      for (const deliver of this.#subscribers.get(topic) ?? []) await deliver(records, offset)
    }
    this.#queue.length = 0
  }

  lag(): Promise<readonly never[]> {
    return Promise.resolve([])
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
