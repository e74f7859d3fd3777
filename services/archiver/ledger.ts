/**
 * What became of each record, by envelope, source and minute of receipt: the archiver's word in the account that conservation checks. Lines are
 * those of envelopes and not of batches, so they are the same however a restart cuts the batches.
 */
import { hash } from 'node:crypto'
import { type LedgerRow, windowOf } from '../../schemas/conservation.ts'
import type { StoredEvent } from '../../schemas/ports.ts'
import type { EventHead } from '../../schemas/event-head.ts'
import type { Verdicts } from './gate.ts'

type Verdict = 'stored' | 'duplicate' | 'conflict' | 'quarantined'
type Line = { -readonly [Field in keyof LedgerRow]: LedgerRow[Field] }
type Origin = Pick<EventHead, 'tenant' | 'source' | 'received_at'> & { readonly points?: boolean }

class Tally {
  readonly #partition: number
  readonly #lines = new Map<string, Line>()
  #offset = -1
  #last: Line | undefined

  constructor(partition: number) {
    this.#partition = partition
  }

  get rows(): LedgerRow[] {
    return [...this.#lines.values()]
  }

  count(offset: number, { tenant, source, received_at: receivedAt }: Origin, verdict: Verdict): void {
    const window = windowOf(receivedAt)
    // Records of one request follow each other.
    let line = this.#offset === offset ? this.#last : undefined
    if (line === undefined || line.window_start !== window || line.source !== source || line.tenant !== tenant) {
      line = this.#line(`${this.#partition}:${offset}-${offset + 1}`, { tenant, source, window })
    }
    line.taken++
    line[verdict]++
    this.#last = line
    this.#offset = offset
  }

  #line(batch: string, { tenant, source, window }: { readonly tenant: string; readonly source: string; readonly window: bigint }): Line {
    const key = `${batch}\u0000${window}\u0000${tenant}\u0000${source}`
    const known = this.#lines.get(key)
    if (known !== undefined) return known
    const line = { batch, points: false, tenant, source, window_start: window, taken: 0, stored: 0, duplicate: 0, conflict: 0, quarantined: 0 }
    this.#lines.set(key, line)
    return line
  }
}

/** `refused`: rows that the store did not take. What cannot be read has no tenant and no source. */
export function ledgerOf(
  partition: number, { rows, duplicates, conflicts, unreadable }: Omit<Verdicts, 'ids'>, refused: ReadonlySet<StoredEvent>,
): LedgerRow[] {
  const tally = new Tally(partition)
  // The gate puts conflicts behind the others.
  const firsts = rows.length - conflicts.length
  rows.forEach((row, i) => tally.count(row.offset, row.head, refused.has(row) ? 'quarantined' : i < firsts ? 'stored' : 'conflict'))
  for (const duplicate of duplicates) tally.count(duplicate.offset, duplicate.head, 'duplicate')
  for (const { offset, near } of unreadable) tally.count(offset, { tenant: '', source: '', received_at: near }, 'quarantined')
  return tally.rows
}

/** SHA-256, 64 hex digits: places come again where a bus is made anew beside an old store, with other lines. */
export const digestOfLines = (lines: readonly LedgerRow[]): string => hash('sha256', lines.map((line) => Object.values(line).join('\u0000')).join('\n'), 'hex')

/** A record that was put aside is put aside no more: taken and counted anew elsewhere (`became` undefined), or here and now. */
export function takenBack(quarantineId: string, origin: Origin, became: 'stored' | 'duplicate' | 'conflict' | undefined): LedgerRow {
  const line: Line = {
    batch: `again:${quarantineId}`, points: origin.points ?? false, tenant: origin.tenant, source: origin.source, window_start: windowOf(origin.received_at),
    taken: became === undefined ? -1 : 0, stored: 0, duplicate: 0, conflict: 0, quarantined: -1,
  }
  if (became !== undefined) line[became] = 1
  return line
}
