/** The account of sources and minutes, from what collector, archiver and table each say. Pure. */
import { type AccountOf, type ConservationRow, WINDOW_NS } from '../../schemas/conservation.ts'

/** Three words on one source and minute. `tenant` is '' for records that nobody could read: they belong to some source that lacks them. */
export interface Facts extends AccountOf {
  readonly tenant: string
  readonly source: string
  readonly window_start: bigint
  /** The collector's. */
  readonly received: number
  readonly accepted: number
  readonly skipped: number
  readonly rejected: number
  /** The archiver's. */
  readonly taken: number
  readonly ledger_stored: number
  readonly ledger_conflict: number
  readonly duplicate: number
  readonly quarantined: number
  /** Rows in the table. */
  readonly stored: number
  readonly conflict: number
}

export interface Moment {
  /** Windows that end at or before it are through. Nanoseconds. */
  readonly settledBefore: bigint
  readonly now: bigint
}

const isUnread = ({ tenant }: Facts): boolean => tenant === ''

/** Records that nobody could read, by minute, until a source that lacks as many is found. */
class Unread {
  readonly #left = new Map<bigint, number>()

  constructor(facts: readonly Facts[]) {
    for (const { window_start: window, quarantined } of facts.filter(isUnread)) this.#left.set(window, (this.#left.get(window) ?? 0) + quarantined)
  }

  /** At most `count` of them. Their minute is that of a neighbour, so it may be one off. */
  claim(window: bigint, count: number): number {
    let claimed = 0
    for (const near of [window, window - WINDOW_NS, window + WINDOW_NS]) {
      const take = Math.min(Math.max(0, this.#left.get(near) ?? 0), count - claimed)
      if (take > 0) this.#left.set(near, (this.#left.get(near) ?? 0) - take)
      claimed += take
    }
    return claimed
  }

  left(window: bigint): number {
    return Math.max(0, this.#left.get(window) ?? 0)
  }
}

/** One line for each of `facts`, in their order. A line that is not settled always adds up: what is not there yet is in flight. */
export function reckon(facts: readonly Facts[], moment: Moment): ConservationRow[] {
  const unread = new Unread(facts)
  const known = new Map(facts.filter((fact) => !isUnread(fact)).map((fact) => [fact, lineOf(fact, unread, moment)]))
  return facts.map((fact) => known.get(fact) ?? unreadLine(fact, unread.left(fact.window_start), moment))
}

function lineOf(facts: Facts, unread: Unread, moment: Moment): ConservationRow {
  const short = facts.accepted - facts.taken
  const unconfirmed = Math.max(0, -short)
  const claimed = short > 0 && !facts.points ? unread.claim(facts.window_start, short) : 0
  const line = {
    points: facts.points, tenant: facts.tenant, source: facts.source, window_start: facts.window_start, version: Number(moment.now / 1_000_000n),
    received: facts.received + unconfirmed, unconfirmed, stored: facts.stored, duplicate: facts.duplicate, conflict: facts.conflict,
    quarantined: facts.quarantined + claimed, rejected: facts.rejected, skipped: facts.skipped, checked_at: moment.now,
  }
  if (facts.window_start + WINDOW_NS > moment.settledBefore) return unsettled(line)
  const parts = {
    missing_in_collector: facts.received - facts.accepted - facts.skipped - facts.rejected,
    missing_on_bus: Math.max(0, short) - claimed,
    missing_in_archiver: facts.taken - facts.ledger_stored - facts.ledger_conflict - facts.duplicate - facts.quarantined,
    missing_in_table: facts.ledger_stored + facts.ledger_conflict - facts.stored - facts.conflict,
  }
  const difference = parts.missing_in_collector + parts.missing_on_bus + parts.missing_in_archiver + parts.missing_in_table
  return { ...line, in_flight: 0, difference, ...parts, settled: true }
}

const NOTHING_MISSING = { difference: 0, missing_in_collector: 0, missing_on_bus: 0, missing_in_archiver: 0, missing_in_table: 0 }
type Open = Omit<ConservationRow, 'in_flight' | 'settled' | keyof typeof NOTHING_MISSING>

/** The table can be ahead of receipts and ledger for a moment: what it has is not less than received. */
function unsettled(line: Open): ConservationRow {
  const open = line.received - line.stored - line.duplicate - line.conflict - line.quarantined - line.rejected - line.skipped
  const ahead = Math.max(0, -open)
  return {
    ...line, received: line.received + ahead, unconfirmed: line.unconfirmed + ahead, in_flight: Math.max(0, open), ...NOTHING_MISSING, settled: false,
  }
}

/** Unreadable records that no source lacks: the bus had them more often than they were sent. */
function unreadLine({ points, tenant, source, window_start }: Facts, left: number, { settledBefore, now }: Moment): ConservationRow {
  return {
    points, tenant, source, window_start, version: Number(now / 1_000_000n), received: left, unconfirmed: left, stored: 0, duplicate: 0, conflict: 0,
    quarantined: left, rejected: 0, skipped: 0, in_flight: 0, ...NOTHING_MISSING, settled: window_start + WINDOW_NS <= settledBefore, checked_at: now,
  }
}
