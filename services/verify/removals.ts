/** Holds rows that were blanked or dropped against what removals say of themselves in the log. */
import type { Fault } from '../../schemas/evidence.ts'
import { type Declared, NOT_DECLARED } from './declarations.ts'
import type { Blanked } from './row-task.ts'

export interface Taken {
  readonly erased: ReadonlyMap<string, Blanked>
  /** Rows that are not there, and were listed as dropped. */
  readonly dropped: number
  readonly declared: ReadonlyMap<string, Declared>
}

export interface Judged {
  readonly faults: readonly Fault[]
  /** What cannot be said yet, in sentences. */
  readonly pending: readonly string[]
}

const fault = (question: Fault['question'], kind: string, detail: string): Fault => ({ question, kind, partition: -1, index: -1, detail })
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

function blankedBy(id: string, { rows, unproved, refilled }: Blanked, { kind, proved, fresh, isUnderWay }: Declared): Judged {
  const name = JSON.stringify(id)
  const held = kind === 'retention' ? refilled : unproved
  const hold = held === 0 ? [] : [fault('integrity', 'row-changed', `${held} rows that removal ${name} blanked hold something again`)]
  if (rows <= proved) return { faults: hold, pending: [] }
  if (isUnderWay && fresh === 0) return { faults: hold, pending: [`${rows} rows were blanked by removal ${name}, which has begun and not ended: it is under way, or a legal hold or a failure stopped it (watchkeeper removal list). Not yet provable.`] }
  if (rows <= fresh || isUnderWay) return { faults: hold, pending: [`${rows} rows were blanked by removal ${name}, and no checkpoint covers its tombstone: not yet provable.`] }
  return { faults: [...hold, fault('integrity', 'removal-undeclared', `${rows} rows were blanked by removal ${name}, and its tombstone in the log speaks of ${proved}`)], pending: [] }
}

/** What was removed must be said by tombstones under a checkpoint; and an erasure leaves nothing that could be put in its place. */
export function judgeRemovals({ erased, dropped, declared }: Taken): Judged {
  const blanked = [...erased].map(([id, rows]) => blankedBy(id, rows, declared.get(id) ?? NOT_DECLARED))
  const said = sum([...declared.values()].map(({ proved }) => proved))
  // What a tombstone says of rows that were blanked says nothing of others that were dropped.
  const left = said - sum([...erased].map(([id, { rows }]) => Math.min(rows, declared.get(id)?.proved ?? 0)))
  const [faults, pending] = [blanked.flatMap((one) => one.faults), blanked.flatMap((one) => one.pending)]
  if (dropped <= left) return { faults, pending }
  if ([...declared.values()].some(({ isUnderWay }) => isUnderWay)) return { faults, pending: [...pending, `${dropped} rows were dropped by removals of which one is under way, or ended a moment ago: not yet provable.`] }
  return { faults: [...faults, fault('completeness', 'removal-undeclared', `${dropped} rows were dropped by removals, and tombstones in the log speak of ${left}`)], pending }
}
