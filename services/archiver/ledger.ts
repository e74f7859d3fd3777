/** What became of each record of a batch, by source and minute of receipt: the archiver's word in the account that conservation checks. */
import { type LedgerRow, windowOf } from '../../schemas/conservation.ts'
import type { StoredEvent } from '../../schemas/ports.ts'
import type { Candidate, Verdicts } from './gate.ts'

type Verdict = 'stored' | 'duplicate' | 'conflict' | 'quarantined'
type Line = { -readonly [Field in keyof LedgerRow]: LedgerRow[Field] }
type Origin = Pick<Candidate, 'tenant' | 'source' | 'receivedAt'>

class Tally {
  readonly #batch: string
  readonly #lines = new Map<string, Line>()
  #last: Line | undefined

  constructor(batch: string) {
    this.#batch = batch
  }

  get rows(): LedgerRow[] {
    return [...this.#lines.values()]
  }

  count({ tenant, source, receivedAt }: Origin, verdict: Verdict): void {
    const window = windowOf(receivedAt)
    // Records of one request follow each other.
    let line = this.#last
    if (line === undefined || line.window_start !== window || line.source !== source || line.tenant !== tenant) line = this.#line(tenant, source, window)
    line.taken++
    line[verdict]++
    this.#last = line
  }

  #line(tenant: string, source: string, window: bigint): Line {
    const key = `${window}\u0000${tenant}\u0000${source}`
    const known = this.#lines.get(key)
    if (known !== undefined) return known
    const line = { batch: this.#batch, tenant, source, window_start: window, taken: 0, stored: 0, duplicate: 0, conflict: 0, quarantined: 0 }
    this.#lines.set(key, line)
    return line
  }
}

/** `refused`: rows that the store did not take. What cannot be read has no tenant and no source. */
export function ledgerOf(batch: string, { rows, duplicates, conflicts, unreadable }: Verdicts, refused: ReadonlySet<StoredEvent>): LedgerRow[] {
  const tally = new Tally(batch)
  // The gate puts conflicts behind the others.
  const firsts = rows.length - conflicts.length
  rows.forEach((row, i) => tally.count(row, refused.has(row) ? 'quarantined' : i < firsts ? 'stored' : 'conflict'))
  for (const duplicate of duplicates) tally.count(duplicate, 'duplicate')
  for (const { near } of unreadable) tally.count({ tenant: '', source: '', receivedAt: near }, 'quarantined')
  return tally.rows
}

/** A record that was put aside is put aside no more: taken and counted anew elsewhere (`became` undefined), or here and now. */
export function takenBack(quarantineId: string, origin: Origin, became: 'stored' | 'duplicate' | 'conflict' | undefined): LedgerRow {
  const line: Line = {
    batch: `again:${quarantineId}`, tenant: origin.tenant, source: origin.source, window_start: windowOf(origin.receivedAt),
    taken: became === undefined ? -1 : 0, stored: 0, duplicate: 0, conflict: 0, quarantined: -1,
  }
  if (became !== undefined) line[became] = 1
  return line
}
