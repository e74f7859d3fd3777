import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../schemas/conservation.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Keyed, Log, Publisher } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import type { Arrival, Counted, SourceCount } from './contracts.ts'
import { createReceipts } from './receipts.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const MINUTE = 60_000_000_000n
const telemetry = { received: quiet, receivedMetrics: quiet }

/** Keeps what was published; refuses as often as it is told to, and then may keep it all the same, as a bus may. */
function busOf(refusals: boolean[] = []) {
  const told: Receipt[] = []
  const bus: Publisher = {
    async publish<T>(_: Topic<T>, batch: readonly Keyed<T>[]) {
      const kept = refusals.shift()
      if (kept !== false) told.push(...batch.map(({ record }) => ({ ...(record as Receipt) })))
      if (kept !== undefined) throw new Failure('unavailable', 'test', 'not now')
    },
    broadcast: async () => undefined,
  }
  return { bus, told }
}

/** As the table does it: of one id the highest version holds. */
function sums(told: readonly Receipt[]): Record<string, number[]> {
  const newest = new Map<string, Receipt>()
  for (const receipt of told) if ((newest.get(receipt.receipt_id)?.version ?? 0) < receipt.version) newest.set(receipt.receipt_id, receipt)
  const out: Record<string, number[]> = {}
  for (const { source, window_start, received, accepted, skipped, rejected } of newest.values()) {
    const sum = (out[`${source}@${window_start}`] ??= [0, 0, 0, 0])
    for (const [i, count] of [received, accepted, skipped, rejected].entries()) sum[i] = (sum[i] ?? 0) + count
  }
  return out
}

const counted = (source: string, accepted: number, skipped: number, rejected: number): SourceCount =>
  ({ source, received: accepted + skipped + rejected, accepted, skipped, rejected })
const countedAs = (...bySource: SourceCount[]): Counted => ({ accepted: bySource.reduce((sum, { accepted }) => sum + accepted, 0), skipped: new Map(), rejected: [], bySource })
const arrival = (receivedAt: bigint): Arrival => ({ tenant: 'default', transport: 'test', peer: '', receivedAt })

describe('receipts', () => {
  it('tell every count once, whatever the bus refuses or takes without saying so, in whatever order minutes come', async () => {
    const request = fc.record({
      source: fc.constantFrom('a', 'b', '__proto__'), minute: fc.integer({ min: 0, max: 3 }), counts: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)),
    })
    await fc.assert(fc.asyncProperty(fc.array(fc.array(request, { maxLength: 8 }), { maxLength: 6 }), fc.array(fc.boolean(), { maxLength: 4 }), async (rounds, refusals) => {
      const { bus, told } = busOf(refusals)
      const receipts = createReceipts({ bus, log })
      const counting = receipts.counting(telemetry)
      const expected: Record<string, number[]> = {}
      for (const round of rounds) {
        for (const { source, minute, counts: [accepted, skipped, rejected] } of round) {
          const one = counted(source, accepted, skipped, rejected)
          counting.received(countedAs(one), arrival(BigInt(minute) * MINUTE + 5n))
          if (one.received === 0) continue
          const sum = (expected[`${source}@${BigInt(minute) * MINUTE}`] ??= [0, 0, 0, 0])
          for (const [i, count] of [one.received, accepted, skipped, rejected].entries()) sum[i] = (sum[i] ?? 0) + count
        }
        // Starting and stopping tells what is due, as the timer does.
        await receipts.start()
        await receipts.stop()
      }
      for (let i = 0; i < 5; i++) {
        await receipts.start()
        await receipts.stop()
      }
      expect(sums(told)).toEqual(expected)
    }), { numRuns: 200 })
  })

  it('have other ids in another run, so that runs add up', async () => {
    const { bus, told } = busOf()
    for (let run = 0; run < 2; run++) {
      const receipts = createReceipts({ bus, log })
      receipts.counting(telemetry).received(countedAs(counted('a', 3, 2, 1)), arrival(MINUTE))
      await receipts.start()
      await receipts.stop()
    }
    expect(sums(told)).toEqual({ [`a@${MINUTE}`]: [12, 6, 4, 2] })
  })
})
