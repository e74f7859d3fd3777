import { describe, expect, it } from 'vitest'
import { ByteLanes, ByteSource } from './byte-lanes.ts'

/** The same numbers each time. */
function diceOf(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) / 0x8000_0000
}

describe('byte streams side by side', () => {
  it('hold what was appended to each, however they grow and when they are used again', () => {
    const dice = diceOf(7)
    const lanes = new ByteLanes([0, 10_000, 0, 3])
    const source = new ByteSource()
    source.turnTo(Uint8Array.from({ length: 4_096 }, () => Math.floor(dice() * 256)).buffer)
    for (let use = 0; use < 3; use++) {
      const expected: number[][] = [[], [], [], []]
      for (let step = 0; step < 2_000; step++) {
        const lane = Math.floor(dice() * 4)
        const size = lane === 2 ? Math.floor(dice() * 2_000) : Math.floor(dice() * 40)
        // Also up to the source's very last byte, behind which nothing may be read.
        const from = step % 5 === 0 ? 4_096 - size : Math.floor(dice() * (4_096 - size))
        if (step % 7 === 0) {
          lanes.end(lane, step)
          expected[lane]?.push(step & 255, step >> 8, 0, 0, 0, 0, 0, 0)
        } else {
          lanes.copy(lane, source, from, size)
          expected[lane]?.push(...source.bytes.subarray(from, from + size))
        }
      }
      expect(expected.map((bytes, lane) => Buffer.compare(lanes.bytes(lane), Uint8Array.from(bytes)))).toEqual([0, 0, 0, 0])
      expect(lanes.lengths()).toEqual(expected.map(({ length }) => length))
      lanes.restart()
    }
  })
})
