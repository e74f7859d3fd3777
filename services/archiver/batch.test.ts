import { describe, expect, it, vi } from 'vitest'
import { type Batch, Batcher, type Cut, type Outcome } from './batch.ts'
import { Rhythm } from './rhythm.ts'

const envelope = (offset: number, size = 1) => ({ partition: 0, offset, records: Array.from({ length: size }, () => offset) })
const fail = (error: unknown): void => {
  throw error
}

function recorder(limits: { records: number; milliseconds: number }, cut?: Cut) {
  const written: [number, number][] = []
  const write = async ({ first, next }: Batch<number>): Promise<Outcome> => {
    written.push([first, next])
    return 'kept'
  }
  return { written, batcher: new Batcher<number>(limits, cut, write, fail) }
}

describe('batches', () => {
  it('end at the limit of records and hold whole envelopes', async () => {
    const { batcher, written } = recorder({ records: 5, milliseconds: 60_000 })
    await batcher.add([envelope(0, 3), envelope(1, 3), envelope(2, 1)])
    await batcher.drain()
    expect(written).toEqual([[0, 2], [2, 3]])
  })

  it('end by themselves after a while', async () => {
    let done: () => void = () => undefined
    const closed = new Promise<void>((resolve) => {
      done = resolve
    })
    const batcher = new Batcher<number>({ records: 100, milliseconds: 1 }, undefined, async () => {
      done()
      return 'kept'
    }, fail)
    await batcher.add([envelope(0)])
    await closed
  })

  it('wait longer where writing takes long as a rule, at most three times as long; one that is slow by itself changes nothing', async () => {
    vi.useFakeTimers()
    try {
      const written: number[] = []
      let takes = 0
      const batcher = new Batcher<number>({ records: 100, milliseconds: 100 }, undefined, async ({ first }) => {
        await new Promise((resolve) => setTimeout(resolve, takes))
        written.push(first)
        return 'kept'
      }, fail)
      const writeOne = async (milliseconds: number): Promise<void> => {
        takes = milliseconds
        await batcher.add([envelope(written.length)])
        await vi.runAllTimersAsync()
      }
      /** How long the next batch waits, after so many that took `milliseconds`. */
      const waitAfter = async (milliseconds: number, count: number): Promise<number> => {
        for (let i = 0; i < count; i++) await writeOne(milliseconds)
        // What the last of them took is known at the beat behind it.
        await writeOne(0)
        const before = written.length
        await batcher.add([envelope(before)])
        let waited = 0
        for (; written.length === before; waited++) await vi.advanceTimersByTimeAsync(1)
        return waited
      }
      expect(await waitAfter(0, 1)).toBeCloseTo(100, -1)
      expect(await waitAfter(50, 20)).toBeCloseTo(200, -1)
      expect(await waitAfter(2_000, 20)).toBeCloseTo(300, -1)
      expect(await waitAfter(1, 20)).toBeCloseTo(100, -1)
      expect(await waitAfter(60, 1)).toBeCloseTo(100, -1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('of one rhythm are written at the same time, the first of them after its wait', async () => {
    vi.useFakeTimers()
    try {
      const written: string[] = []
      const limits = { records: 100, milliseconds: 100 }
      const rhythm = new Rhythm(limits)
      const [one, other] = ['one', 'other'].map((name) => new Batcher<number>(limits, undefined, async ({ first }) => {
        written.push(`${name} ${first}`)
        return 'kept'
      }, fail, rhythm)) as [Batcher<number>, Batcher<number>]
      await one.add([envelope(0)])
      await vi.advanceTimersByTimeAsync(60)
      await other.add([envelope(0)])
      await vi.advanceTimersByTimeAsync(39)
      expect(written).toEqual([])
      await vi.advanceTimersByTimeAsync(1)
      expect(written).toEqual(['one 0', 'other 0'])
      await other.add([envelope(1)])
      await other.drain()
      await one.add([envelope(1)])
      await vi.advanceTimersByTimeAsync(99)
      expect(written).toHaveLength(3)
      await vi.advanceTimersByTimeAsync(1)
      expect(written.at(-1)).toBe('one 1')
    } finally {
      vi.useRealTimers()
    }
  })

  it('of one rhythm wait by the slowest of them', async () => {
    vi.useFakeTimers()
    try {
      const limits = { records: 100, milliseconds: 100 }
      const rhythm = new Rhythm(limits)
      let written = 0
      const [slow, quick] = [50, 0].map((milliseconds) => new Batcher<number>(limits, undefined, async () => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        written++
        return 'kept'
      }, fail, rhythm)) as [Batcher<number>, Batcher<number>]
      for (let offset = 0; offset < 20; offset++) {
        await Promise.all([slow.add([envelope(offset)]), quick.add([envelope(offset)])])
        await vi.runAllTimersAsync()
      }
      await quick.add([envelope(20)])
      await vi.advanceTimersByTimeAsync(190)
      expect(written).toBe(40)
      await vi.advanceTimersByTimeAsync(20)
      expect(written).toBe(41)
    } finally {
      vi.useRealTimers()
    }
  })

  it('grow while another is being written, and follow it', async () => {
    const written: [number, number][] = []
    let release: () => void = () => undefined
    let both: () => void = () => undefined
    const done = new Promise<void>((resolve) => {
      both = resolve
    })
    const batcher = new Batcher<number>({ records: 100, milliseconds: 1 }, undefined, async ({ first, next }) => {
      written.push([first, next])
      if (first === 0) await new Promise<void>((resolve) => {
        release = resolve
      })
      else both()
      return 'kept'
    }, fail)
    await batcher.add([envelope(0)])
    await vi.waitUntil(() => written.length === 1)
    await batcher.add([envelope(1)])
    await new Promise((resolve) => setTimeout(resolve, 5))
    await batcher.add([envelope(2)])
    release()
    await done
    expect(written).toEqual([[0, 1], [1, 3]])
  })

  it('are cut where an earlier attempt was; the next grows while that one is written', async () => {
    const { batcher, written } = recorder({ records: 2, milliseconds: 60_000 }, { first: 0, next: 3 })
    await batcher.add([0, 1, 2, 3, 4, 5].map((offset) => envelope(offset)))
    await batcher.drain()
    expect(written).toEqual([[0, 3], [3, 6]])
  })

  it('are not held open until an earlier end when they begin elsewhere: the group was sent back, and would gather everything up to there', async () => {
    const { batcher, written } = recorder({ records: 2, milliseconds: 60_000 }, { first: 4, next: 40 })
    await batcher.add([0, 1, 2, 3, 4, 5].map((offset) => envelope(offset)))
    await batcher.drain()
    expect(written).toEqual([[0, 2], [2, 6]])
  })

  it('hold back who gives more than can be written', async () => {
    const release: (() => void)[] = []
    const batcher = new Batcher<number>(
      { records: 1, milliseconds: 60_000 }, undefined, () => new Promise<Outcome>((resolve) => release.push(() => resolve('kept'))), fail,
    )
    await batcher.add([envelope(0)])
    let taken = false
    const second = batcher.add([envelope(1, 5)]).then(() => {
      taken = true
    })
    await new Promise(setImmediate)
    expect(taken).toBe(false)
    release.shift()?.()
    await second
    expect(taken).toBe(true)
    await new Promise(setImmediate)
    release.shift()?.()
    await batcher.drain()
  })

  it('are not written behind one that could not be finished', async () => {
    const [written, failures]: [number[], unknown[]] = [[], []]
    const batcher = new Batcher<number>({ records: 1, milliseconds: 60_000 }, undefined, async ({ first }) => {
      written.push(first)
      if (first === 1) throw new Error('killed')
      return 'kept'
    }, (error) => failures.push(error))
    await batcher.add([0, 1, 2, 3].map((offset) => envelope(offset, 5)))
    await batcher.drain()
    expect([written, failures]).toEqual([[0, 1], [new Error('killed')]])
  })

  it('are not written behind one that was left to another member: it would make both again as one', async () => {
    const written: number[] = []
    const batcher = new Batcher<number>({ records: 1, milliseconds: 60_000 }, undefined, async ({ first }) => {
      written.push(first)
      return first === 1 ? 'left' : 'kept'
    }, fail)
    await batcher.add([0, 1, 2, 3].map((offset) => envelope(offset, 5)))
    await batcher.drain()
    expect(written).toEqual([0, 1])
  })
})
