/** Where removals follow each other, no look at a log that is written to finds none under way: an earlier look is held against what a later one knows of those that it met. */
import { type Declared, NOT_DECLARED } from './declarations.ts'
import { judgeRemovals, type Taken } from './removals.ts'
import { type Findings, type Report, reportOf } from './verdict.ts'

/** One reading of all of the evidence. */
export interface Look {
  readonly findings: Findings
  readonly taken: Taken
  /** What could not be said of rows that removals took, in sentences. */
  readonly blankings: readonly string[]
  /** These, and all else that may be said a moment later. */
  readonly pending: readonly string[]
}

const SETTLED = 'Removals followed each other while it was read: this is what stood there at an earlier look, with the rows that were blanked held against tombstones that were signed since.'

/** Rows seen are all that a tombstone of later may speak of: what it took since stands for no other row. */
const since = (rows: number, { proved, ...later }: Declared): Declared => ({ ...later, proved: Math.min(proved, rows), isUnderWay: later.isUnderWay && proved < rows })

/** The report of an earlier look, where all that it could not say was that of blanked rows no tombstone was signed yet, and by now one is; else undefined. */
export function settledBy({ findings, taken, blankings, pending }: Look, later: ReadonlyMap<string, Declared>): Report | undefined {
  if (findings.faults.length > 0 || blankings.length === 0 || pending.length > blankings.length) return undefined
  const known = [...taken.erased].map(([id, { rows }]) => [id, since(rows, later.get(id) ?? NOT_DECLARED)] as const)
  const judged = judgeRemovals({ ...taken, declared: new Map([...taken.declared, ...known]) })
  if (judged.faults.length + judged.pending.length > 0) return undefined
  return reportOf({ ...findings, unverifiable: findings.unverifiable.filter((why) => !blankings.includes(why)), notes: [...findings.notes, SETTLED] })
}
