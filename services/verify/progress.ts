/** How far a run has come, so that one that was broken off can go on: what of the source was read, and what was found in it. */
import type { Fault } from '../../schemas/evidence.ts'
import { type LeafState, NO_LEAVES } from './leaf-task.ts'
import { PlaceSums, type SumsData } from './place-sums.ts'
import type { Declaration } from './declarations.ts'
import { type Blanked, MOST_DECLARATIONS, NONE_BLANKED, type RowResult } from './row-task.ts'
import { Sequences, type Session } from './sequences.ts'

const VERSION = 4

/** A run that was broken off, as it lies in a file. Whoever can write the file can make the verdict: keep it where the verifier's own files are. */
export interface SavedRun {
  readonly version: number
  /** What the run was about; another source or other keys begin anew. */
  readonly subject: string
  readonly key: string
  readonly leaves: readonly (readonly [number, Omit<LeafState, 'tree'> & { readonly tree: string }])[]
  readonly done: readonly string[]
  readonly leafSums: readonly number[]
  readonly rowSums: readonly number[]
  readonly counts: { readonly rows: number; readonly unsealed: number; readonly removed: number; readonly beyond: number }
  readonly erased: readonly (readonly [string, Blanked])[]
  readonly declarations: readonly Declaration[]
  readonly unsealedAt: readonly (readonly [string, number])[]
  readonly newest: readonly (readonly [number, number])[]
  readonly origins: readonly (readonly [string, number])[]
  readonly sessions: readonly (readonly [string, Session])[]
  readonly faults: readonly Fault[]
}

const added = (into: Map<string, number>, more: ReadonlyMap<string, number>): void => {
  for (const [name, count] of more) into.set(name, (into.get(name) ?? 0) + count)
}

const MOST_FAULTS = 1_000

export class Run {
  readonly subject: string
  readonly key: Buffer
  readonly leaves = new Map<number, LeafState>()
  readonly done = new Set<string>()
  readonly leafSums: PlaceSums
  readonly rowSums: PlaceSums
  readonly erased = new Map<string, Blanked>()
  readonly declarations: Declaration[] = []
  readonly origins = new Map<string, number>()
  readonly sequences = new Sequences()
  readonly faults: Fault[] = []
  rows = 0
  unsealed = 0
  removed = 0
  /** As in a result of rows. */
  readonly unsealedAt = new Map<string, number>()
  readonly newest = new Map<number, number>()

  /** `key`: 16 random bytes that nobody knew when the data was made. */
  constructor(subject: string, key: Buffer) {
    this.subject = subject
    this.key = key
    this.leafSums = new PlaceSums(key)
    this.rowSums = new PlaceSums(key)
  }

  stateOf(partition: number): LeafState {
    return this.leaves.get(partition) ?? NO_LEAVES
  }

  tookLeaves(partition: number, { state, sums, faults }: { readonly state: LeafState; readonly sums: SumsData; readonly faults: readonly Fault[] }): void {
    this.leaves.set(partition, state)
    this.leafSums.merge(sums)
    this.found(faults)
  }

  tookRows(id: string, result: RowResult): void {
    this.done.add(id)
    this.rowSums.merge(result.sums)
    this.rows += result.rows
    this.unsealed += result.unsealed
    this.#blanked(result.erased)
    this.#declared(result)
    added(this.origins, result.origins)
    this.sequences.merge(result.sessions, result.sessionsBeyond)
    this.found(result.faults)
  }

  #declared({ declarations, newest, unsealedAt }: Pick<RowResult, 'declarations' | 'newest' | 'unsealedAt'>): void {
    for (const one of declarations) if (this.declarations.length < MOST_DECLARATIONS) this.declarations.push(one)
    for (const [partition, at] of newest) this.newest.set(partition, at)
    added(this.unsealedAt, unsealedAt)
  }

  #blanked(more: ReadonlyMap<string, Blanked>): void {
    for (const [id, { rows, unproved, refilled }] of more) {
      const known = this.erased.get(id) ?? NONE_BLANKED
      this.erased.set(id, { rows: known.rows + rows, unproved: known.unproved + unproved, refilled: known.refilled + refilled })
    }
  }

  tookDropped(result: RowResult): void {
    this.done.add('dropped')
    this.rowSums.merge(result.sums)
    this.removed += result.rows
    this.found(result.faults)
  }

  found(faults: readonly Fault[]): void {
    for (const fault of faults) if (this.faults.length < MOST_FAULTS) this.faults.push(fault)
  }

  save(): SavedRun {
    return {
      version: VERSION, subject: this.subject, key: this.key.toString('base64'),
      leaves: [...this.leaves].map(([partition, state]) => [partition, { ...state, tree: Buffer.from(state.tree).toString('base64') }]),
      done: [...this.done], leafSums: [...this.leafSums.data().numbers], rowSums: [...this.rowSums.data().numbers],
      counts: { rows: this.rows, unsealed: this.unsealed, removed: this.removed, beyond: this.sequences.beyond },
      erased: [...this.erased], declarations: this.declarations, newest: [...this.newest], unsealedAt: [...this.unsealedAt], origins: [...this.origins], sessions: [...this.sequences.sessions], faults: this.faults,
    }
  }

  /** The run in `saved`, where it is about the same; else undefined. */
  static from(saved: SavedRun, subject: string): Run | undefined {
    if (saved.version !== VERSION || saved.subject !== subject) return undefined
    const run = new Run(subject, Buffer.from(saved.key, 'base64'))
    for (const [partition, state] of saved.leaves) run.leaves.set(partition, { ...state, tree: Buffer.from(state.tree, 'base64') })
    for (const id of saved.done) run.done.add(id)
    run.leafSums.merge({ numbers: Float64Array.from(saved.leafSums) })
    run.rowSums.merge({ numbers: Float64Array.from(saved.rowSums) })
    run.rows = saved.counts.rows
    run.unsealed = saved.counts.unsealed
    run.removed = saved.counts.removed
    run.#blanked(new Map(saved.erased))
    run.#declared({ declarations: saved.declarations, newest: new Map(saved.newest), unsealedAt: new Map(saved.unsealedAt) })
    added(run.origins, new Map(saved.origins))
    run.sequences.merge(new Map(saved.sessions), saved.counts.beyond)
    run.found(saved.faults)
    return run
  }
}
