/** What every Bus adapter must say about offsets that cannot be delivered. */
import { expect, test } from 'vitest'
import { items, type OpenedBus, PARTITIONS, range } from './bus-fixture.ts'
import { Recorder } from './bus-recorder.ts'

export function gapContract({ opened, topic }: OpenedBus): void {
  test('what retention took under a stopped consumer is a gap, and it goes on behind it', async () => {
    const recorder = new Recorder()
    const subscription = await opened().bus.subscribe(topic(), recorder.options('a'))
    await opened().bus.publish(topic(), items(1, 0, 1))
    await recorder.until(() => recorder.items.length === 1)
    const { partition } = recorder.envelopes[0]!
    await subscription.commit(partition, 1)
    await subscription.stop()
    for (const at of range(1, 6)) await opened().bus.publish(topic(), items(1, at, at + 1))
    const bus = await opened().cut(topic().name)
    await bus.publish(topic(), items(1, 6, 7))
    const again = new Recorder()
    await bus.subscribe(topic(), again.options('a'))
    await again.until(() => again.items.length > 0)
    const gap = { topic: topic().name, partition, first: 1, next: 6, cause: 'retention' }
    expect(again.gaps.filter((each) => each.partition === partition)).toEqual([gap])
    expect(again.numbers).toEqual([6])
  })

  test('a gap that nothing follows is committed when it was told of, and leaves no lag', async () => {
    const recorder = new Recorder()
    const subscription = await opened().bus.subscribe(topic(), recorder.options('a'))
    await opened().bus.publish(topic(), items(1, 0, 1))
    await recorder.until(() => recorder.items.length === 1)
    const { partition } = recorder.envelopes[0]!
    await subscription.commit(partition, 1)
    await subscription.stop()
    for (const at of range(1, 6)) await opened().bus.publish(topic(), items(1, at, at + 1))
    const bus = await opened().cut(topic().name)
    const again = new Recorder()
    const second = await bus.subscribe(topic(), again.options('a'))
    await again.until(() => again.gaps.length === 1)
    const lagOf = async (): Promise<unknown> => (await bus.lag()).find((each) => each.group === 'a' && each.partition === partition && each.topic === topic().name)
    await expect.poll(lagOf, { timeout: 10_000 }).toMatchObject({ committed: 6, end: 6 })
    await second.stop()
    const third = new Recorder()
    await bus.subscribe(topic(), third.options('a'))
    await bus.publish(topic(), items(1, 6, 7))
    await third.until(() => third.items.length === 1)
    expect([third.gaps, third.numbers]).toEqual([[], [6]])
  })

  test('a gap is not committed before what stands in front of it', async () => {
    await opened().bus.publish(topic(), items(1, 0, 1))
    await opened().bus.publish(topic(), [{ key: 'key-0', record: { key: 'key-0', number: -1 } }])
    const bus = await opened().reopen()
    const recorder = new Recorder()
    const subscription = await bus.subscribe(topic(), recorder.options('a'))
    await recorder.until(() => recorder.gaps.length === 1)
    const { partition } = recorder.envelopes[0]!
    await subscription.stop()
    const again = new Recorder()
    const second = await bus.subscribe(topic(), again.options('a'))
    await again.until(() => again.gaps.length === 1)
    expect(again.numbers).toEqual([0])
    await second.commit(partition, 1)
    const lags = await bus.lag()
    expect(lags.find((each) => each.group === 'a' && each.partition === partition && each.topic === topic().name)).toMatchObject({ committed: 2, end: 2 })
  })

  test('an envelope that cannot be decoded is a gap, and its neighbours arrive', async () => {
    const poison = [{ key: 'key-0', record: { key: 'key-0', number: -1 } }]
    await opened().bus.publish(topic(), items(1, 0, 2))
    await opened().bus.publish(topic(), poison)
    await opened().bus.publish(topic(), items(1, 2, 4))
    const recorder = new Recorder()
    await (await opened().reopen()).subscribe(topic(), recorder.options('a'))
    await recorder.until(() => recorder.items.length >= 4)
    expect(recorder.numbers).toEqual([0, 1, 2, 3])
    expect(recorder.gaps).toEqual([expect.objectContaining({ first: 1, next: 2, cause: 'undecodable' })])
  })

  test('a start behind the end is a gap, never a silent wait', async () => {
    await opened().bus.publish(topic(), items(1, 0, 1))
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('a', { assigned: async () => 500 }))
    await recorder.until(() => recorder.items.length === 1 && recorder.gaps.length === PARTITIONS)
    expect(recorder.gaps.every(({ cause, next }) => cause === 'missing' && next === 500)).toBe(true)
    expect(recorder.numbers).toEqual([0])
  })
}
