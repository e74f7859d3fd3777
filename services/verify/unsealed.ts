/** Rows that have no leaf: those that came last. One that is older than others with a leaf is none of them. */
import { FIELD, type PackedCursor } from '../../schemas/packed-record.ts'

const MINUTE_MS = 60_000
/** A batch waits so long at most between its rows and their leaves, unless a process was killed between. */
const PATIENCE_MINUTES = 10
const MOST_MINUTES = 10_000

/** In milliseconds. */
export const receivedAt = (row: PackedCursor): number => Number(row.int(FIELD.received_at) / 1_000_000n)

export class Unsealed {
  /** Partition and minute of arrival → rows. */
  readonly minutes = new Map<string, number>()
  count = 0

  add(row: PackedCursor): void {
    this.count++
    const key = `${row.partition} ${Math.floor(receivedAt(row) / MINUTE_MS)}`
    // Of so many minutes nothing comes last.
    const own = this.minutes.has(key) || this.minutes.size < MOST_MINUTES ? key : `${row.partition} 0`
    this.minutes.set(own, (this.minutes.get(own) ?? 0) + 1)
  }
}

/** Rows that came long before the newest of their partition that has a leaf. `newest`: when that was received, milliseconds. */
export function tooOld(minutes: ReadonlyMap<string, number>, newest: ReadonlyMap<number, number>): number {
  const last = Math.max(0, ...newest.values())
  let rows = 0
  for (const [key, count] of minutes) {
    const [partition = 0, minute = 0] = key.split(' ').map(Number)
    if (minute < Math.floor((newest.get(partition) ?? last) / MINUTE_MS) - PATIENCE_MINUTES) rows += count
  }
  return rows
}
