/** What every Bus adapter must do for consumer groups: shares, joins and leaves, committed offsets, lag. */
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Bus, Subscription } from '../../schemas/ports.ts'
import { items, type OpenedBus, PARTITIONS, range } from './bus-fixture.ts'
import { Recorder } from './bus-recorder.ts'

export function groupContract({ opened, topic }: OpenedBus): void {
  test('a group goes on where it committed; another group starts at the oldest', async () => {
    const recorder = new Recorder()
    const subscription = await opened().bus.subscribe(topic(), recorder.options('a'))
    await opened().bus.publish(topic(), items(1, 0, 10))
    await opened().bus.publish(topic(), items(1, 10, 20))
    await recorder.until(() => recorder.items.length >= 20)
    const { partition, offset } = recorder.envelopes[0]!
    await subscription.commit(partition, offset + 1)
    const bus = await opened().reopen()
    const [again, other] = [new Recorder(), new Recorder()]
    await bus.subscribe(topic(), again.options('a'))
    await bus.subscribe(topic(), other.options('b'))
    await bus.publish(topic(), items(1, 20, 30))
    await again.until(() => again.numbers.at(-1) === 29)
    await other.until(() => other.numbers.at(-1) === 29)
    expect(other.numbers).toEqual(range(0, 30))
    expect(again.numbers).toEqual(range(recorder.envelopes[0]!.records.length, 30))
  })

  test('members of a group share the partitions, through joins and leaves under load, and nothing is lost', async () => {
    const done = new Recorder()
    const subscriptions: Subscription[] = []
    const owners = new Map<number, number>()
    const clashes: string[] = []
    const join = async (member: number): Promise<void> => {
      const subscription: Subscription = await opened().bus.subscribe(topic(), done.options('shared', {
        assigned: async (partition) => {
          if (owners.has(partition)) clashes.push(`${partition}: ${owners.get(partition)} and ${member}`)
          done.note(() => owners.set(partition, member))
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
        await opened().bus.publish(topic(), items(31, number, number + 20))
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
    // Everything may have been read before the last two have shared it out.
    await done.until(() => owners.size === PARTITIONS && new Set(owners.values()).size === 2)
    expect(clashes).toEqual([])
    expect([...new Set(done.numbers)]).toEqual(range(0, 4000))
  })

  test('a member that joins gets its share, and the other is asked to let go first', async () => {
    const [first, second] = [new Recorder(), new Recorder()]
    await opened().bus.subscribe(topic(), first.options('g'))
    await first.until(() => first.assigned.length === PARTITIONS)
    const joined = await opened().bus.subscribe(topic(), second.options('g'))
    await second.until(() => second.assigned.length === PARTITIONS / 2)
    expect(first.revoked.filter((partition) => second.assigned.includes(partition)).sort()).toEqual([...second.assigned].sort())
    await joined.stop()
    await opened().bus.publish(topic(), items(20, 0, 100))
    await first.until(() => first.items.length >= 100)
    expect(second.items).toEqual([])
  })

  test('lag says what a group has committed and where the end is', async () => {
    const recorder = new Recorder()
    const subscription = await opened().bus.subscribe(topic(), recorder.options('a'))
    for (const at of range(0, 3)) await opened().bus.publish(topic(), items(1, at, at + 1))
    await recorder.until(() => recorder.items.length === 3)
    const { partition } = recorder.envelopes[0]!
    const mine = async (bus: Bus) =>
      (await bus.lag()).find((lag) => lag.topic === topic().name && lag.group === 'a' && lag.partition === partition)
    expect(await mine(opened().bus)).toEqual({ topic: topic().name, group: 'a', partition, committed: 0, end: 3 })
    await subscription.commit(partition, 2)
    expect(await mine(opened().bus)).toMatchObject({ committed: 2, end: 3 })
    expect(await mine(await opened().reopen())).toMatchObject({ committed: 2, end: 3 })
  })

  test('a member whose own state is further than its commits is not behind, also where no record comes any more', async () => {
    const { bus } = opened()
    const first = new Recorder()
    const subscription = await bus.subscribe(topic(), first.options('a'))
    for (const at of range(0, 3)) await bus.publish(topic(), items(1, at, at + 1))
    await first.until(() => first.items.length === 3)
    const { partition } = first.envelopes[0]!
    const committed = async () => (await bus.lag()).find((lag) => lag.topic === topic().name && lag.group === 'a' && lag.partition === partition)?.committed
    await subscription.commit(partition, 1)
    await subscription.stop()
    const ahead = await bus.subscribe(topic(), new Recorder().options('a', { assigned: async (each) => (each === partition ? 3 : undefined) }))
    while (await committed() !== 3) await setTimeout(20)
    await ahead.stop()
    // One whose state is older has records coming: what was committed stays until it commits again.
    const behind = new Recorder()
    await bus.subscribe(topic(), behind.options('a', { assigned: async (each) => (each === partition ? 1 : undefined) }))
    await behind.until(() => behind.items.length === 2)
    expect(await committed()).toBe(3)
  })

  test('a commit of a partition that went to another member is refused', async () => {
    const recorder = new Recorder()
    const subscription = await opened().bus.subscribe(topic(), recorder.options('a'))
    await opened().bus.publish(topic(), items(1, 0, 1))
    await recorder.until(() => recorder.items.length === 1)
    await subscription.stop()
    await expect(subscription.commit(recorder.envelopes[0]!.partition, 1)).rejects.toMatchObject({ kind: 'unavailable' })
  })
}
