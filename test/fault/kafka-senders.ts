/** Senders that behave like exporters, and an oracle: what was acknowledged is an obligation, what was refused is sent again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { kindOf } from '../../schemas/failure.ts'
import type { Bus } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'

export interface Sent {
  readonly sender: number
  readonly number: number
}

/** Some 300 bytes a record. */
export const sentTopic: Topic<Sent> = {
  name: 'sent',
  codec: {
    encode: (records) => Buffer.from(JSON.stringify(records.map(({ sender, number }) => ({ sender, number, filler: 'x'.repeat(280) })))),
    decode: (bytes) => JSON.parse(bytes.toString()) as Sent[],
  },
}

const BATCH = 25

export class Senders {
  /** By sender: everything below was acknowledged. */
  readonly acknowledged: number[]
  /** `sender/number` of records whose publish was refused at least once: these may be there twice. */
  readonly uncertain = new Set<string>()
  refusals = 0
  #stopping = false
  readonly #running: Promise<unknown>

  constructor(bus: Bus, count: number) {
    this.acknowledged = new Array<number>(count).fill(0)
    this.#running = Promise.all(this.acknowledged.map(async (_, sender) => this.#send(bus, sender)))
  }

  get total(): number {
    return this.acknowledged.reduce((sum, next) => sum + next, 0)
  }

  /** Every sender ends with its last batch acknowledged. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  async #send(bus: Bus, sender: number): Promise<void> {
    while (!this.#stopping) {
      const first = this.acknowledged[sender]!
      const batch = Array.from({ length: BATCH }, (_, at) => ({ key: `${sender}-${at % 3}`, record: { sender, number: first + at } }))
      while (!(await this.#attempt(bus, batch))) await sleep(300)
      this.acknowledged[sender] = first + BATCH
    }
  }

  async #attempt(bus: Bus, batch: readonly { key: string; record: Sent }[]): Promise<boolean> {
    try {
      await bus.publish(sentTopic, batch)
      return true
    } catch (error) {
      if (kindOf(error) !== 'unavailable') throw error
      this.refusals++
      for (const { record } of batch) this.uncertain.add(`${record.sender}/${record.number}`)
      return false
    }
  }
}

/** What arrived: each record's count, and whether records of one key came first in the order they were sent. */
export class Oracle {
  readonly counts = new Map<string, number>()
  readonly disorder: string[] = []
  readonly #last = new Map<string, number>()
  records = 0

  take({ sender, number }: Sent): void {
    this.records++
    const id = `${sender}/${number}`
    const before = this.counts.get(id) ?? 0
    this.counts.set(id, before + 1)
    if (before > 0) return
    const key = `${sender}-${(number % BATCH) % 3}`
    if (number < (this.#last.get(key) ?? -1)) this.disorder.push(`${id} after ${this.#last.get(key)}`)
    this.#last.set(key, number)
  }

  lost({ acknowledged }: Senders): string[] {
    return acknowledged.flatMap((next, sender) => Array.from({ length: next }, (_, number) => `${sender}/${number}`)).filter((id) => !this.counts.has(id))
  }

  /** There twice although no publish of it was ever refused. */
  twice({ uncertain }: Senders): string[] {
    return [...this.counts].filter(([id, count]) => count > 1 && !uncertain.has(id)).map(([id]) => id)
  }
}
