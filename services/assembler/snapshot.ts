/**
 * What the assembler saves. Not the traces it holds, which are large, but where on the bus the oldest of them begins and which they are: the
 * fold is deterministic, so reading those records again makes the same state, and what it published then is not published twice.
 */
import { Packr } from 'msgpackr'
import { type AssemblerState, nothingCounted } from './fold.ts'
import type { RelatedState } from './related/relate.ts'

export const STATE_VERSION = 3

export interface AssemblerSnapshot {
  /** Everything before this offset was folded and published. */
  readonly next: number
  /** Where the oldest trace that was held begins. */
  readonly replayFrom: number
  /** Keys of the traces that were held. */
  readonly held: readonly string[]
  readonly habits: AssemblerState['habits']
  readonly gone: AssemblerState['gone']
  readonly counts: AssemblerState['counts']
  /** What stage 2 learned of clients, and its counts, where it is here. */
  readonly related: Pick<RelatedState, 'habits' | 'counts'>
}

const packr = new Packr({ useRecords: true, mapsAsObjects: false, int64AsType: 'bigint' })

export function snapshotOf({ traces, habits, gone, counts, related }: AssemblerState, next: number): AssemblerSnapshot {
  let replayFrom = next
  for (const { firstOffset } of traces.values()) replayFrom = Math.min(replayFrom, firstOffset)
  return { next, replayFrom, held: [...traces.keys()], habits, gone, counts, related: { habits: related.habits, counts: related.counts } }
}

export const encodeSnapshot = (snapshot: AssemblerSnapshot): Buffer => packr.pack(snapshot)

/** Throws when the bytes are not such a snapshot. */
export const decodeSnapshot = (bytes: Buffer): AssemblerSnapshot => packr.unpack(bytes) as AssemblerSnapshot

/** Reading again what was read before: only traces that were held are made again, and nothing that comes out is news. */
export interface Replay {
  readonly snapshot: AssemblerSnapshot
  readonly held: ReadonlySet<string>
}

export const replayOf = (snapshot: AssemblerSnapshot): Replay => ({ snapshot, held: new Set(snapshot.held) })

/** The replay has caught up: what was learned by then is put back as it was. */
export function endReplay(state: AssemblerState, { snapshot }: Replay): void {
  state.habits = new Map(snapshot.habits)
  state.gone = snapshot.gone
  // Older snapshots counted less.
  state.counts = { ...nothingCounted(), ...snapshot.counts }
  state.related.habits = new Map(snapshot.related.habits)
  state.related.counts = { ...snapshot.related.counts }
}
