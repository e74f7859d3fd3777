/** Everything that was found wrong with the log since it was opened, counted and, for the last hundred, named. */
import type { Gap } from '../../schemas/ports.ts'
import type { Rebuilt } from './open-store.ts'
import { UNKNOWN_END } from './salvage.ts'

export interface DamageReport {
  /** Envelopes by cause, each counted once however many groups meet it. */
  readonly envelopes: Readonly<Record<Gap['cause'], number>>
  /** Partitions of a rebuilt log at whose end an unknown number of envelopes is missing. */
  readonly unknownEnds: number
  readonly groupRecords: number
  readonly commitRecords: number
  readonly rebuilt: Rebuilt | undefined
  /** The last hundred gaps that were found. */
  readonly gaps: readonly Gap[]
}

const KEPT = 100
const KNOWN = 100_000

export class Damage {
  #unknownEnds = 0
  groupRecords = 0
  commitRecords = 0
  rebuilt: Rebuilt | undefined
  readonly #counts: Record<Gap['cause'], number> = { retention: 0, damaged: 0, missing: 0, undecodable: 0 }
  readonly #known = new Set<string>()
  readonly #gaps: Gap[] = []

  /** Counts a gap unless one with this beginning and cause was counted before. */
  found(gap: Gap): void {
    const name = `${gap.topic}/${gap.partition}/${gap.first}/${gap.cause}`
    if (this.#known.has(name)) return
    if (this.#known.size < KNOWN) this.#known.add(name)
    if (gap.cause === 'missing' && gap.next - gap.first >= UNKNOWN_END) this.#unknownEnds++
    else this.#counts[gap.cause] += gap.next - gap.first
    this.#gaps.push(gap)
    if (this.#gaps.length > KEPT) this.#gaps.shift()
  }

  report(): DamageReport {
    const { groupRecords, commitRecords, rebuilt } = this
    return { envelopes: { ...this.#counts }, unknownEnds: this.#unknownEnds, groupRecords, commitRecords, rebuilt, gaps: [...this.#gaps] }
  }
}
