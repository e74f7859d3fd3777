/** What every Bus adapter must keep through faults that are no fault of its storage: members that come and go, die, or meet poison, all under load. */
import { expect, test } from 'vitest'
import type { Subscription } from '../../schemas/ports.ts'
import { type Item, items, type OpenedBus, PARTITIONS, range } from './bus-fixture.ts'
import { expectConsecutive, Recorder } from './bus-recorder.ts'

export function faultContract({ opened, topic }: OpenedBus): void {
  test('six members join and leave under load: with state handed over, nothing is lost and nothing is seen twice', async () => {
    const seen = new Recorder()
    const next = new Map<number, number>()
    const holders = new Map<number, number>()
    const handled = new Map<number, number>()
    const clashes: string[] = []
    let longestPauseMs = 0
    const lastAt = new Map<number, number>()
    const join = async (member: number): Promise<Subscription> => opened().bus.subscribe(topic(), seen.options('handed', {
      assigned: async (partition) => {
        if (holders.has(partition)) clashes.push(`${partition}: ${holders.get(partition)} and ${member}`)
        holders.set(partition, member)
        return next.get(partition) ?? 0
      },
      revoked: async (partition) => void holders.delete(partition),
      handle: async (envelopes) => {
        const { partition, offset } = envelopes.at(-1)!
        next.set(partition, offset + 1)
        handled.set(member, (handled.get(member) ?? 0) + envelopes.length)
        const now = performance.now()
        longestPauseMs = Math.max(longestPauseMs, now - (lastAt.get(partition) ?? now))
        lastAt.set(partition, now)
        seen.note(() => seen.envelopes.push(...envelopes))
      },
    }))
    const staying = await join(0)
    let [number, stop] = [0, false]
    const publishing = (async () => {
      for (; !stop; number += 20) await opened().bus.publish(topic(), items(31, number, number + 20))
    })()
    for (const member of range(1, 7)) {
      const joined = await join(member)
      await seen.until(() => (handled.get(member) ?? 0) >= 20)
      await joined.stop()
    }
    stop = true
    await publishing
    await seen.until(() => seen.items.length >= number)
    await staying.stop()
    console.log(`${number} records, longest pause of a partition ${Math.round(longestPauseMs)} ms`)
    expect(clashes).toEqual([])
    expect(seen.numbers).toEqual(range(0, number))
    expectConsecutive(seen.envelopes)
    expect(seen.gaps).toEqual([])
    expect(seen.errors).toEqual([])
  }, 120_000)

  test('what was handled and not committed comes again after a crash, the same to the byte', async () => {
    const first = new Recorder()
    for (const at of range(0, 20)) await opened().bus.publish(topic(), items(9, at * 10, (at + 1) * 10))
    const subscription = await opened().bus.subscribe(topic(), first.options('crashed'))
    await first.until(() => first.items.length >= 200)
    const committed = new Map<number, number>()
    for (const partition of range(0, PARTITIONS)) {
      const mine = first.envelopes.filter((envelope) => envelope.partition === partition)
      committed.set(partition, mine[Math.floor(mine.length / 2)]!.offset)
      await subscription.commit(partition, committed.get(partition)!)
    }
    const again = new Recorder()
    await (await opened().reopen()).subscribe(topic(), again.options('crashed'))
    const expected = first.envelopes.filter(({ partition, offset }) => offset >= committed.get(partition)!)
    await again.until(() => again.envelopes.length >= expected.length)
    const sorted = (recorder: readonly unknown[]) => recorder.map((each) => JSON.stringify(each)).sort()
    expect(sorted(again.envelopes)).toEqual(sorted(expected))
  })

  test('poison among load: each is one gap, its neighbours all arrive, and the partition goes on', async () => {
    const poison = (key: string) => [{ key, record: { key, number: -1 } }]
    const recorder = new Recorder()
    await opened().bus.subscribe(topic(), recorder.options('poisoned'))
    await opened().bus.publish(topic(), items(7, 0, 10))
    // A reader that is far enough behind reads from storage and not what the publisher had in its hands.
    const bus = await opened().reopen()
    const publishing = range(0, 100).flatMap((at) => [
      bus.publish(topic(), items(7, 10 + at * 10, 20 + at * 10)),
      ...(at % 20 === 10 ? [bus.publish(topic(), poison(`key-${at % 7}`))] : []),
    ])
    await Promise.all(publishing)
    const reader = new Recorder()
    await bus.subscribe(topic(), reader.options('reader'))
    await reader.until(() => reader.items.length >= 1010 && reader.gaps.length >= 5)
    expect(reader.numbers).toEqual(range(0, 1010))
    expect(reader.gaps).toHaveLength(5)
    expect(reader.gaps.every(({ cause, first, next }) => cause === 'undecodable' && next === first + 1)).toBe(true)
  })

  test('retention cuts every partition under a stopped consumer: what came before, the gaps and what comes after add up', async () => {
    const before = new Recorder()
    const subscription = await opened().bus.subscribe(topic(), before.options('stopped'))
    for (const at of range(0, 10)) await opened().bus.publish(topic(), items(40, at * 40, (at + 1) * 40))
    await before.until(() => before.items.length >= 400)
    const next = nextOf(before)
    await subscription.stop()
    for (const at of range(10, 20)) await opened().bus.publish(topic(), items(40, at * 40, (at + 1) * 40))
    const bus = await opened().cut(topic().name)
    await bus.publish(topic(), items(40, 800, 840))
    const after = new Recorder()
    await bus.subscribe(topic(), after.options('stopped', { assigned: async (partition) => next.get(partition) }))
    await after.until(() => after.items.length >= 40)
    expect(after.numbers).toEqual(range(800, 840))
    expect(after.gaps.map(({ partition }) => partition).sort()).toEqual(range(0, PARTITIONS))
    for (const { partition, first, next: resumed, cause } of after.gaps) {
      expect({ first, cause }).toEqual({ first: next.get(partition), cause: 'retention' })
      expect(after.envelopes.find((envelope) => envelope.partition === partition)!.offset).toBe(resumed)
    }
  })
}

function nextOf({ envelopes }: { readonly envelopes: readonly { partition: number; offset: number; records: readonly Item[] }[] }): ReadonlyMap<number, number> {
  const next = new Map<number, number>()
  for (const { partition, offset } of envelopes) next.set(partition, offset + 1)
  return next
}
