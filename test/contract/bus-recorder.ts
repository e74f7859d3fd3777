/** A subscriber for tests, and what is expected of what it got. */
import { expect } from 'vitest'
import type { Envelope, Gap, SubscribeOptions } from '../../schemas/ports.ts'
import type { Item } from './bus-fixture.ts'

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

/** Offsets that follow each other per partition, starting where the first one does. */
export function expectConsecutive(envelopes: readonly Envelope<Item>[]): void {
  const next = new Map<number, number>()
  for (const { partition, offset } of envelopes) {
    const expected = next.get(partition) ?? offset
    expect(offset).toBe(expected)
    next.set(partition, expected + 1)
  }
}

export function expectOrderPerKey(all: readonly Item[]): void {
  const last = new Map<string, number>()
  for (const { key, number } of all) {
    expect(number).toBeGreaterThan(last.get(key) ?? -1)
    last.set(key, number)
  }
}
