/** What every Bus adapter must do to a subscriber: where it starts, what comes again, what is held up by whom. */
import { expect, test } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { items, type OpenedBus, range } from './bus-fixture.ts'
import { expectConsecutive, expectOrderPerKey, Recorder } from './bus-recorder.ts'

export function deliveryContract({ opened, topic }: OpenedBus): void {
  test('what was there before the first subscription is delivered, also after a restart', async () => {
    await opened().bus.publish(topic(), items(5, 0, 3000))
    const recorder = new Recorder()
    await (await opened().reopen()).subscribe(topic(), recorder.options('late'))
    await recorder.until(() => recorder.items.length >= 3000)
    expect(recorder.numbers).toEqual(range(0, 3000))
    expectOrderPerKey(recorder.items)
  })

  test('assigned() decides where to start', async () => {
    for (const at of range(0, 10)) await opened().bus.publish(topic(), items(1, at, at + 1))
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('a', { assigned: async () => 7 }))
    await recorder.until(() => recorder.numbers.at(-1) === 9)
    expect(recorder.envelopes.map(({ offset }) => offset)).toEqual([7, 8, 9])
  })

  test('after unavailable the same envelopes come again, and nothing is skipped', async () => {
    const recorder = new Recorder()
    const seen: number[][] = []
    await opened().bus.publish(topic(), items(1, 0, 5))
    await opened().bus.subscribe(topic(), recorder.options('a', {
      handle: async (envelopes) => {
        seen.push(envelopes.map(({ offset }) => offset))
        if (seen.length < 3) throw new Failure('unavailable', 'test.away', 'the neighbour is away')
        recorder.note(() => recorder.envelopes.push(...envelopes))
      },
    }))
    await recorder.until(() => recorder.items.length >= 5)
    await opened().bus.publish(topic(), items(1, 5, 6))
    await recorder.until(() => recorder.items.length >= 6)
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]!.slice(0, seen[0]!.length)).toEqual(seen[0])
    expect(recorder.numbers).toEqual(range(0, 6))
    expect(recorder.errors).toEqual([])
  })

  test('any other error stops the subscription and is told', async () => {
    const recorder = new Recorder()
    const error = new Error('a defect')
    await opened().bus.subscribe(topic(), recorder.options('a', { handle: async () => Promise.reject(error) }))
    const other = new Recorder()
    await opened().bus.subscribe(topic(), other.options('b'))
    await opened().bus.publish(topic(), items(20, 0, 100))
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
    const slowSubscription = await opened().bus.subscribe(topic(), slow.options('slow', {
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
    await opened().bus.subscribe(topic(), fast.options('fast'))
    for (const at of range(0, 50)) await opened().bus.publish(topic(), items(9, at * 10, (at + 1) * 10))
    await fast.until(() => fast.items.length >= 500)
    expect(slow.items).toEqual([])
    release()
    await slow.until(() => slow.items.length >= 500)
    expect(together).toBe(1)
    expect(slow.numbers).toEqual(range(0, 500))
    await slowSubscription.stop()
  })

  test('a handle call gets at most maxBytes, but at least one envelope', async () => {
    for (const at of range(0, 30)) await opened().bus.publish(topic(), items(1, at, at + 1))
    const recorder = new Recorder()
    const sizes: number[] = []
    await opened().bus.subscribe(topic(), recorder.options('a', {
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
}
