/**
 * What every Bus adapter must do. The adapter brings a bus on which each topic has four partitions and which keeps what it was given
 * until `cut`.
 */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { Bus, Envelope, Gap, Keyed, SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'

export interface OpenBus {
  readonly bus: Bus
  /** Closes the bus and opens another over the same storage, as after a restart. */
  reopen(): Promise<Bus>
  /** The same, and everything published to the topic so far is gone by retention. */
  cut(topic: string): Promise<Bus>
  close(): Promise<void>
}

export const PARTITIONS = 4

export interface Item {
  readonly key: string
  readonly number: number
}

/** JSON, so that what is read back is told from what was given; an item with number -1 encodes to bytes that no decoder takes. */
export const itemTopic = (name: string): Topic<Item> => ({
  name,
  codec: {
    encode: (records) => Buffer.from(records.some(({ number }) => number === -1) ? '{poison' : JSON.stringify(records)),
    decode: (bytes) => JSON.parse(bytes.toString()) as Item[],
  },
})

export const items = (keys: number, from: number, to: number): Keyed<Item>[] =>
  Array.from({ length: to - from }, (_, at) => {
    const key = `key-${(from + at) % keys}`
    return { key, record: { key, number: from + at } }
  })

/** A subscriber that remembers everything and lets a test wait for it. */
export class Recorder {
  readonly envelopes: Envelope<Item>[] = []
  readonly gaps: Gap[] = []
  readonly errors: unknown[] = []
  readonly assigned: number[] = []
  readonly revoked: number[] = []
  readonly #waiting: { met(): boolean; resolve(): void }[] = []

  get items(): Item[] {
    return this.envelopes.flatMap(({ records }) => [...records])
  }

  get numbers(): number[] {
    return this.items.map(({ number }) => number).sort((a, b) => a - b)
  }

  options(group: string, more: Partial<SubscribeOptions<Item>> = {}): SubscribeOptions<Item> {
    return {
      group,
      assigned: async (partition) => {
        this.note(() => this.assigned.push(partition))
        return undefined
      },
      revoked: async (partition) => void this.note(() => this.revoked.push(partition)),
      handle: async (envelopes) => void this.note(() => this.envelopes.push(...envelopes)),
      gap: async (gap) => void this.note(() => this.gaps.push(gap)),
      failed: (error) => void this.note(() => this.errors.push(error)),
      ...more,
    }
  }

  note(change: () => void): void {
    change()
    for (const waiter of [...this.#waiting]) {
      if (!waiter.met()) continue
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
      waiter.resolve()
    }
  }

  async until(met: () => boolean): Promise<void> {
    if (met()) return
    await new Promise<void>((resolve) => this.#waiting.push({ met, resolve }))
  }
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

/** Offsets that follow each other per partition, starting where the first one does. */
function expectConsecutive(envelopes: readonly Envelope<Item>[]): void {
  const next = new Map<number, number>()
  for (const { partition, offset } of envelopes) {
    const expected = next.get(partition) ?? offset
    expect(offset).toBe(expected)
    next.set(partition, expected + 1)
  }
}

function expectOrderPerKey(all: readonly Item[]): void {
  const last = new Map<string, number>()
  for (const { key, number } of all) {
    expect(number).toBeGreaterThan(last.get(key) ?? -1)
    last.set(key, number)
  }
}

export function busContract(name: string, open: () => Promise<OpenBus>): void {
  describe(`bus: ${name}`, () => {
    let opened: OpenBus
    let topic: Topic<Item>
    beforeEach(async () => {
      opened = await open()
      topic = itemTopic(`contract-${randomUUID()}`)
    })
    afterEach(async () => opened.close())

    test('what is published arrives once, in order per key, with consecutive offsets', async () => {
      const recorder = new Recorder()
      await opened.bus.subscribe(topic, recorder.options('readers'))
      const batches = range(0, 50).map((at) => items(13, at * 40, (at + 1) * 40))
      for (const batch of batches) await opened.bus.publish(topic, batch)
      await recorder.until(() => recorder.items.length >= 2000)
      expect(recorder.numbers).toEqual(range(0, 2000))
      expectOrderPerKey(recorder.items)
      expectConsecutive(recorder.envelopes)
      expect(new Set(recorder.envelopes.map(({ partition }) => partition)).size).toBe(PARTITIONS)
    })

    test('publishes that are not awaited keep their order', async () => {
      const recorder = new Recorder()
      await opened.bus.subscribe(topic, recorder.options('readers'))
      await Promise.all(range(0, 200).map((at) => opened.bus.publish(topic, items(7, at * 5, (at + 1) * 5))))
      await recorder.until(() => recorder.items.length >= 1000)
      expect(recorder.numbers).toEqual(range(0, 1000))
      expectOrderPerKey(recorder.items)
    })

    test('an empty publish is nothing', async () => {
      await opened.bus.publish(topic, [])
      const recorder = new Recorder()
      await opened.bus.subscribe(topic, recorder.options('readers'))
      await opened.bus.publish(topic, items(1, 0, 1))
      await recorder.until(() => recorder.items.length === 1)
      expect(recorder.envelopes[0]!.offset).toBe(0)
    })

    test('what was there before the first subscription is delivered, also after a restart', async () => {
      await opened.bus.publish(topic, items(5, 0, 3000))
      const recorder = new Recorder()
      await (await opened.reopen()).subscribe(topic, recorder.options('late'))
      await recorder.until(() => recorder.items.length >= 3000)
      expect(recorder.numbers).toEqual(range(0, 3000))
      expectOrderPerKey(recorder.items)
    })

    test('a group goes on where it committed; another group starts at the oldest', async () => {
      const recorder = new Recorder()
      const subscription = await opened.bus.subscribe(topic, recorder.options('a'))
      await opened.bus.publish(topic, items(1, 0, 10))
      await opened.bus.publish(topic, items(1, 10, 20))
      await recorder.until(() => recorder.items.length >= 20)
      const { partition, offset } = recorder.envelopes[0]!
      await subscription.commit(partition, offset + 1)
      const bus = await opened.reopen()
      const [again, other] = [new Recorder(), new Recorder()]
      await bus.subscribe(topic, again.options('a'))
      await bus.subscribe(topic, other.options('b'))
      await bus.publish(topic, items(1, 20, 30))
      await again.until(() => again.numbers.at(-1) === 29)
      await other.until(() => other.numbers.at(-1) === 29)
      expect(other.numbers).toEqual(range(0, 30))
      expect(again.numbers).toEqual(range(recorder.envelopes[0]!.records.length, 30))
    })

    test('assigned() decides where to start', async () => {
      for (const at of range(0, 10)) await opened.bus.publish(topic, items(1, at, at + 1))
      const recorder = new Recorder()
      await opened.bus.subscribe(topic, recorder.options('a', { assigned: async () => 7 }))
      await recorder.until(() => recorder.numbers.at(-1) === 9)
      expect(recorder.envelopes.map(({ offset }) => offset)).toEqual([7, 8, 9])
    })

    test('after unavailable the same envelopes come again, and nothing is skipped', async () => {
      const recorder = new Recorder()
      const seen: number[][] = []
      await opened.bus.publish(topic, items(1, 0, 5))
      await opened.bus.subscribe(topic, recorder.options('a', {
        handle: async (envelopes) => {
          seen.push(envelopes.map(({ offset }) => offset))
          if (seen.length < 3) throw new Failure('unavailable', 'test.away', 'the neighbour is away')
          recorder.note(() => recorder.envelopes.push(...envelopes))
        },
      }))
      await recorder.until(() => recorder.items.length >= 5)
      await opened.bus.publish(topic, items(1, 5, 6))
      await recorder.until(() => recorder.items.length >= 6)
      expect(seen[1]).toEqual(seen[0])
      expect(seen[2]!.slice(0, seen[0]!.length)).toEqual(seen[0])
      expect(recorder.numbers).toEqual(range(0, 6))
      expect(recorder.errors).toEqual([])
    })

    test('any other error stops the subscription and is told', async () => {
      const recorder = new Recorder()
      const error = new Error('a defect')
      await opened.bus.subscribe(topic, recorder.options('a', { handle: async () => Promise.reject(error) }))
      const other = new Recorder()
      await opened.bus.subscribe(topic, other.options('b'))
      await opened.bus.publish(topic, items(20, 0, 100))
      await recorder.until(() => recorder.errors.length > 0)
      await other.until(() => other.items.length >= 100)
      expect(recorder.errors).toEqual([error])
    })

    test('one call at a time per partition; a slow subscriber holds up nobody', async () => {
      const slow = new Recorder()
      let release = (): void => undefined
      const held = new Promise<void>((resolve) => { release = resolve })
      const running = new Map<number, number>()
      let together = 0
      const slowSubscription = await opened.bus.subscribe(topic, slow.options('slow', {
        handle: async (envelopes) => {
          const partition = envelopes[0]!.partition
          running.set(partition, (running.get(partition) ?? 0) + 1)
          together = Math.max(together, running.get(partition)!)
          await held
          running.set(partition, running.get(partition)! - 1)
          slow.note(() => slow.envelopes.push(...envelopes))
        },
      }))
      const fast = new Recorder()
      await opened.bus.subscribe(topic, fast.options('fast'))
      for (const at of range(0, 50)) await opened.bus.publish(topic, items(9, at * 10, (at + 1) * 10))
      await fast.until(() => fast.items.length >= 500)
      expect(slow.items).toEqual([])
      release()
      await slow.until(() => slow.items.length >= 500)
      expect(together).toBe(1)
      expect(slow.numbers).toEqual(range(0, 500))
      await slowSubscription.stop()
    })

    test('a handle call gets at most maxBytes, but at least one envelope', async () => {
      for (const at of range(0, 30)) await opened.bus.publish(topic, items(1, at, at + 1))
      const recorder = new Recorder()
      const sizes: number[] = []
      await opened.bus.subscribe(topic, recorder.options('a', {
        maxBytes: 1,
        handle: async (envelopes) => recorder.note(() => {
          sizes.push(envelopes.length)
          recorder.envelopes.push(...envelopes)
        }),
      }))
      await recorder.until(() => recorder.items.length >= 30)
      expect(new Set(sizes)).toEqual(new Set([1]))
      expectConsecutive(recorder.envelopes)
    })

    test('stop waits for the running call, aborts its signal, lets state be saved, and is safe twice', async () => {
      const recorder = new Recorder()
      const order: string[] = []
      const subscription = await opened.bus.subscribe(topic, recorder.options('a', {
        handle: async (envelopes, signal) => {
          recorder.note(() => recorder.envelopes.push(...envelopes))
          await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }) })
          order.push('handled')
        },
        revoked: async (partition) => {
          if (partition === recorder.envelopes[0]!.partition) order.push('revoked')
        },
      }))
      await opened.bus.publish(topic, items(1, 0, 3))
      await recorder.until(() => recorder.envelopes.length > 0)
      await Promise.all([subscription.stop(), subscription.stop()])
      await subscription.stop()
      expect(order).toEqual(['handled', 'revoked'])
      expect(recorder.errors).toEqual([])
    })

    test('members of a group share the partitions, through joins and leaves under load, and nothing is lost', async () => {
      const done = new Recorder()
      const subscriptions: Subscription[] = []
      const owners = new Map<number, number>()
      const clashes: string[] = []
      const join = async (member: number): Promise<void> => {
        const subscription: Subscription = await opened.bus.subscribe(topic, done.options('shared', {
          assigned: async (partition) => {
            if (owners.has(partition)) clashes.push(`${partition}: ${owners.get(partition)} and ${member}`)
            owners.set(partition, member)
            return undefined
          },
          revoked: async (partition) => void owners.delete(partition),
          handle: async (envelopes, signal) => {
            const last = envelopes.at(-1)!
            if (signal.aborted) return
            done.note(() => done.envelopes.push(...envelopes))
            await subscriptions[member]?.commit(last.partition, last.offset + 1)
          },
        }))
        subscriptions[member] = subscription
      }
      await join(0)
      let number = 0
      const publishing = (async () => {
        while (number < 4000) {
          await opened.bus.publish(topic, items(31, number, number + 20))
          number += 20
        }
      })()
      for (const member of [1, 2]) {
        await join(member)
        await done.until(() => done.items.length > member * 400)
      }
      await subscriptions[0]!.stop()
      await join(3)
      await subscriptions[1]!.stop()
      await publishing
      await done.until(() => new Set(done.numbers).size >= 4000)
      expect(clashes).toEqual([])
      expect(new Set(owners.values()).size).toBe(2)
      expect([...new Set(done.numbers)]).toEqual(range(0, 4000))
    })

    test('a member that joins gets its share, and the other is asked to let go first', async () => {
      const [first, second] = [new Recorder(), new Recorder()]
      await opened.bus.subscribe(topic, first.options('g'))
      await first.until(() => first.assigned.length === PARTITIONS)
      const joined = await opened.bus.subscribe(topic, second.options('g'))
      await second.until(() => second.assigned.length === PARTITIONS / 2)
      expect(first.revoked.filter((partition) => second.assigned.includes(partition)).sort()).toEqual([...second.assigned].sort())
      await joined.stop()
      await opened.bus.publish(topic, items(20, 0, 100))
      await first.until(() => first.items.length >= 100)
      expect(second.items).toEqual([])
    })

    test('what retention took under a stopped consumer is a gap, and it goes on behind it', async () => {
      const recorder = new Recorder()
      const subscription = await opened.bus.subscribe(topic, recorder.options('a'))
      await opened.bus.publish(topic, items(1, 0, 1))
      await recorder.until(() => recorder.items.length === 1)
      const { partition } = recorder.envelopes[0]!
      await subscription.commit(partition, 1)
      await subscription.stop()
      for (const at of range(1, 6)) await opened.bus.publish(topic, items(1, at, at + 1))
      const bus = await opened.cut(topic.name)
      await bus.publish(topic, items(1, 6, 7))
      const again = new Recorder()
      await bus.subscribe(topic, again.options('a'))
      await again.until(() => again.items.length > 0)
      const gap = { topic: topic.name, partition, first: 1, next: 6, cause: 'retention' }
      expect(again.gaps.filter((each) => each.partition === partition)).toEqual([gap])
      expect(again.numbers).toEqual([6])
    })

    test('an envelope that cannot be decoded is a gap, and its neighbours arrive', async () => {
      const poison = [{ key: 'key-0', record: { key: 'key-0', number: -1 } }]
      await opened.bus.publish(topic, items(1, 0, 2))
      await opened.bus.publish(topic, poison)
      await opened.bus.publish(topic, items(1, 2, 4))
      const recorder = new Recorder()
      await (await opened.reopen()).subscribe(topic, recorder.options('a'))
      await recorder.until(() => recorder.items.length >= 4)
      expect(recorder.numbers).toEqual([0, 1, 2, 3])
      expect(recorder.gaps).toEqual([expect.objectContaining({ first: 1, next: 2, cause: 'undecodable' })])
    })

    test('broadcast puts the record on every partition, in order with what is published', async () => {
      const recorder = new Recorder()
      await opened.bus.subscribe(topic, recorder.options('a'))
      await opened.bus.publish(topic, items(40, 0, 200))
      await opened.bus.broadcast(topic, { key: 'tick', number: 1000 })
      await opened.bus.publish(topic, items(40, 200, 400))
      await recorder.until(() => recorder.items.length >= 400 + PARTITIONS)
      for (const partition of range(0, PARTITIONS)) {
        const mine = recorder.envelopes.filter((envelope) => envelope.partition === partition)
        const numbers = mine.flatMap(({ records }) => records.map(({ number }) => number))
        const tick = numbers.indexOf(1000)
        expect(numbers.lastIndexOf(1000)).toBe(tick)
        expect(Math.max(...numbers.slice(0, tick))).toBeLessThan(200)
        expect(Math.min(...numbers.slice(tick + 1))).toBeGreaterThanOrEqual(200)
      }
    })

    test('lag says what a group has committed and where the end is', async () => {
      const recorder = new Recorder()
      const subscription = await opened.bus.subscribe(topic, recorder.options('a'))
      for (const at of range(0, 3)) await opened.bus.publish(topic, items(1, at, at + 1))
      await recorder.until(() => recorder.items.length === 3)
      const { partition } = recorder.envelopes[0]!
      const mine = async (bus: Bus) =>
        (await bus.lag()).find((lag) => lag.topic === topic.name && lag.group === 'a' && lag.partition === partition)
      expect(await mine(opened.bus)).toEqual({ topic: topic.name, group: 'a', partition, committed: 0, end: 3 })
      await subscription.commit(partition, 2)
      expect(await mine(opened.bus)).toMatchObject({ committed: 2, end: 3 })
      expect(await mine(await opened.reopen())).toMatchObject({ committed: 2, end: 3 })
    })

    test('a commit of a partition that went to another member is refused', async () => {
      const recorder = new Recorder()
      const subscription = await opened.bus.subscribe(topic, recorder.options('a'))
      await opened.bus.publish(topic, items(1, 0, 1))
      await recorder.until(() => recorder.items.length === 1)
      await subscription.stop()
      await expect(subscription.commit(recorder.envelopes[0]!.partition, 1)).rejects.toMatchObject({ kind: 'unavailable' })
    })

    test('a start behind the end is a gap, never a silent wait', async () => {
      await opened.bus.publish(topic, items(1, 0, 1))
      const recorder = new Recorder()
      await opened.bus.subscribe(topic, recorder.options('a', { assigned: async () => 500 }))
      await recorder.until(() => recorder.items.length === 1 && recorder.gaps.length === PARTITIONS)
      expect(recorder.gaps.every(({ cause, next }) => cause === 'missing' && next === 500)).toBe(true)
      expect(recorder.numbers).toEqual([0])
    })

    test('close is safe before anything was done, and twice; a closed bus takes nothing', async () => {
      const bus = await opened.reopen()
      await Promise.all([bus.close(), bus.close()])
      await bus.close()
      await expect(bus.publish(topic, items(1, 0, 1))).rejects.toMatchObject({ kind: 'unavailable' })
    })
  })
}
