import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConservationRow, WINDOW_NS } from '../../schemas/conservation.ts'
import { type Facts, reckon } from './reckon.ts'
import { Watermark } from './watermark.ts'

const NOW = 100n * WINDOW_NS
const NOTHING: Omit<Facts, 'tenant' | 'source' | 'window_start'> = {
  points: false,   received: 0, accepted: 0, skipped: 0, rejected: 0, taken: 0, ledger_stored: 0, ledger_conflict: 0, duplicate: 0, quarantined: 0, stored: 0, conflict: 0,
}
const facts = (change: Partial<Facts>): Facts => ({ tenant: 't', source: 's', window_start: WINDOW_NS, ...NOTHING, ...change })
const settled = { settledBefore: NOW, now: NOW }
const balance = (row: ConservationRow): number =>
  row.received - row.stored - row.duplicate - row.conflict - row.quarantined - row.rejected - row.skipped - row.in_flight - row.difference

/** A minute of a source as it is when nothing was lost. */
const healthy = fc.record({ stored: fc.nat(9), duplicate: fc.nat(9), conflict: fc.nat(9), quarantined: fc.nat(9), unread: fc.nat(3), skipped: fc.nat(9), rejected: fc.nat(9), repeated: fc.nat(3) })
  .map(({ stored, duplicate, conflict, quarantined, unread, skipped, rejected, repeated }) => {
    const accepted = stored + duplicate + conflict + quarantined + unread
    return {
      unread,
      fact: facts({
        received: accepted + skipped + rejected, accepted, skipped, rejected, taken: accepted - unread + repeated, ledger_stored: stored,
        ledger_conflict: conflict, duplicate: duplicate + repeated, quarantined, stored, conflict,
      }),
    }
  })

describe('account', () => {
  it('of minutes in which nothing is lost adds up, whatever the mix, and whether or not they are settled', () => {
    fc.assert(fc.property(fc.array(healthy, { maxLength: 6 }), fc.boolean(), (sources, over) => {
      const known = sources.map(({ fact }, i) => ({ ...fact, source: `s${i}` }))
      // A repeat by the bus hides as many unread ones, so the unread may be left over: never missing.
      const unread = sources.reduce((sum, one) => sum + one.unread, 0)
      const rows = reckon([...known, facts({ tenant: '', source: '', taken: unread, quarantined: unread })], over ? settled : { settledBefore: 0n, now: NOW })
      expect(rows.map(balance)).toEqual(rows.map(() => 0))
      expect(rows.map(({ difference }) => difference)).toEqual(rows.map(() => 0))
    }))
  })

  it('names the stage between which records went', () => {
    const fine = { received: 5, accepted: 5, taken: 5, ledger_stored: 5, stored: 5 }
    const parts = (change: Partial<Facts>) => {
      const [row] = reckon([facts({ ...fine, ...change })], settled) as [ConservationRow]
      expect(balance(row)).toBe(0)
      return [row.missing_in_collector, row.missing_on_bus, row.missing_in_archiver, row.missing_in_table, row.difference]
    }
    expect(parts({})).toEqual([0, 0, 0, 0, 0])
    expect(parts({ received: 6 })).toEqual([1, 0, 0, 0, 1])
    expect(parts({ taken: 3, ledger_stored: 3, stored: 3 })).toEqual([0, 2, 0, 0, 2])
    expect(parts({ ledger_stored: 4, stored: 4 })).toEqual([0, 0, 1, 0, 1])
    expect(parts({ stored: 2 })).toEqual([0, 0, 0, 3, 3])
    expect(parts({ stored: 6 })).toEqual([0, 0, 0, -1, -1])
    expect(parts({ taken: 4, ledger_stored: 4, stored: 5 })).toEqual([0, 1, 0, -1, 0])
  })

  it('gives what nobody could read to the source that lacks it, also across the edge of a minute, and no more than there was', () => {
    const lacking = facts({ received: 5, accepted: 5, taken: 3, ledger_stored: 3, stored: 3 })
    const unread = (window: bigint, count: number) => facts({ tenant: '', source: '', window_start: window, taken: count, quarantined: count })
    for (const window of [0n, WINDOW_NS, 2n * WINDOW_NS]) {
      expect(reckon([lacking, unread(window, 2)], settled)).toMatchObject([{ quarantined: 2, difference: 0 }, { received: 0, quarantined: 0 }])
    }
    expect(reckon([lacking, unread(WINDOW_NS, 1)], settled)).toMatchObject([{ quarantined: 1, difference: 1 }, { quarantined: 0 }])
    expect(reckon([lacking, unread(5n * WINDOW_NS, 2)], settled)).toMatchObject([{ quarantined: 0, difference: 2 }, { received: 2, quarantined: 2 }])
  })

  it('keeps points apart: what nobody could read is never one of theirs', () => {
    const lacking = facts({ points: true, received: 5, accepted: 5, taken: 3, ledger_stored: 3, stored: 3 })
    expect(reckon([lacking, facts({ tenant: '', source: '', taken: 2, quarantined: 2 })], settled)).toMatchObject([{ points: true, quarantined: 0, difference: 2 }, { points: false, quarantined: 2 }])
  })

  it('takes the log\'s word where the collector could not give its own', () => {
    expect(reckon([facts({ received: 2, accepted: 2, taken: 5, ledger_stored: 5, stored: 5 })], settled)).toMatchObject([{ received: 5, unconfirmed: 3, stored: 5, difference: 0 }])
  })
})

describe('watermark', () => {
  const lag = (committed: number, end: number, partition = 0) => ({ topic: 'events', group: 'archiver', partition, committed, end })
  it('is the latest time whose ends every partition has passed', () => {
    const mark = new Watermark()
    expect(mark.observe(10n, [])).toBe(0n)
    expect(mark.observe(20n, [lag(0, 5), lag(3, 3, 1)])).toBe(0n)
    expect(mark.observe(30n, [lag(4, 9), lag(3, 3, 1)])).toBe(0n)
    expect(mark.observe(40n, [lag(5, 9), lag(3, 4, 1)])).toBe(20n)
    expect(mark.observe(50n, [lag(9, 9), lag(4, 4, 1)])).toBe(50n)
    expect(mark.observe(60n, [{ ...lag(0, 99), group: 'worker' }])).toBe(50n)
  })

  it('waits for metrics as for events, and not for a partition into which nothing ever came', () => {
    const mark = new Watermark()
    const points = (committed: number, end: number) => ({ ...lag(committed, end), topic: 'metrics' })
    expect(mark.observe(10n, [lag(1, 1), points(0, 2)])).toBe(0n)
    expect(mark.observe(20n, [lag(1, 1), points(2, 2)])).toBe(20n)
    expect(mark.observe(30n, [lag(1, 1), points(-1, 0)])).toBe(30n)
  })

  it('is right again after an archiver stood for long', () => {
    const mark = new Watermark()
    for (let at = 1; at <= 500; at++) expect(mark.observe(BigInt(at), [lag(0, at)])).toBe(0n)
    expect(mark.observe(501n, [lag(1, 501)])).toBe(1n)
    expect(mark.observe(502n, [lag(502, 502)])).toBe(502n)
  })
})
