/** What every Bus adapter must do with what is published: order, offsets, every partition. */
import { expect, test } from 'vitest'
import { type Item, items, type OpenedBus, PARTITIONS, range } from './bus-fixture.ts'
import { expectConsecutive, expectOrderPerKey, Recorder } from './bus-recorder.ts'

export function publishContract({ opened, topic }: OpenedBus): void {
  test('what is published arrives once, in order per key, with consecutive offsets', async () => {
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('readers'))
    const batches = range(0, 50).map((at) => items(13, at * 40, (at + 1) * 40))
    for (const batch of batches) await opened().bus.publish(topic(), batch)
    await recorder.until(() => recorder.items.length >= 2000)
    expect(recorder.numbers).toEqual(range(0, 2000))
    expectOrderPerKey(recorder.items)
    expectConsecutive(recorder.envelopes)
    expect(new Set(recorder.envelopes.map(({ partition }) => partition)).size).toBe(PARTITIONS)
  })

  test('publishes that are not awaited keep their order', async () => {
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('readers'))
    await Promise.all(range(0, 200).map((at) => opened().bus.publish(topic(), items(7, at * 5, (at + 1) * 5))))
    await recorder.until(() => recorder.items.length >= 1000)
    expect(recorder.numbers).toEqual(range(0, 1000))
    expectOrderPerKey(recorder.items)
  })

  test('a topic that shares its name gives its own records alone, those that were just published as well as those that are read back', async () => {
    const even = ({ number }: { readonly number: number }): boolean => number % 2 === 0
    const whole = topic()
    const view = { ...whole, codec: { ...whole.codec, decode: (bytes: Buffer) => whole.codec.decode(bytes).filter(even) }, holds: even }
    const [now, later] = [new Recorder(), new Recorder()]
    await opened().bus.subscribe(view, now.options('now'))
    for (const at of range(0, 10)) await opened().bus.publish(whole, items(3, at * 10, (at + 1) * 10))
    await now.until(() => now.items.length >= 50)
    await opened().bus.subscribe(view, later.options('later'))
    await later.until(() => later.items.length >= 50)
    for (const recorder of [now, later]) expect(recorder.numbers).toEqual(range(0, 50).map((n) => n * 2))
  })

  test('a topic that shares its name and has records of another kind gives those, of what was just published as well as of what is read back', async () => {
    const whole = topic()
    const decode = whole.codec.decode.bind(whole.codec)
    const of = (published: unknown): Item => ({ ...(published as Item), number: (published as Item).number + 1_000 })
    const view = { ...whole, codec: { ...whole.codec, decode: (bytes: Buffer) => decode(bytes).map(of) }, of }
    const [now, later] = [new Recorder(), new Recorder()]
    await opened().bus.subscribe(view, now.options('now'))
    for (const at of range(0, 10)) await opened().bus.publish(whole, items(3, at * 10, (at + 1) * 10))
    await now.until(() => now.items.length >= 100)
    await opened().bus.subscribe(view, later.options('later'))
    await later.until(() => later.items.length >= 100)
    for (const recorder of [now, later]) expect(recorder.numbers).toEqual(range(1_000, 1_100))
  })

  test('an empty publish is nothing', async () => {
    await opened().bus.publish(topic(), [])
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('readers'))
    await opened().bus.publish(topic(), items(1, 0, 1))
    await recorder.until(() => recorder.items.length === 1)
    expect(recorder.envelopes[0]!.offset).toBe(0)
  })

  test('broadcast puts the record on every partition, in order with what is published', async () => {
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('a'))
    await opened().bus.publish(topic(), items(40, 0, 200))
    await opened().bus.broadcast(topic(), { key: 'tick', number: 1000 })
    await opened().bus.publish(topic(), items(40, 200, 400))
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
}
