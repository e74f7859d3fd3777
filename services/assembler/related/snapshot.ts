/** What stage 2 saves: where the oldest that it holds begins on topic `correlations`; reading on from there makes the same state. */
import { Packr } from 'msgpackr'
import type { RelatedState } from './relate.ts'

export const RELATED_VERSION = 1

export interface RelatedSnapshot {
  /** Everything before this offset was folded and published. */
  readonly next: number
  readonly replayFrom: number
  readonly habits: RelatedState['habits']
  readonly counts: RelatedState['counts']
}

const packr = new Packr({ useRecords: true, mapsAsObjects: false, int64AsType: 'bigint' })

export function relatedSnapshotOf({ bridges, conversations, habits, counts }: RelatedState, next: number): RelatedSnapshot {
  let replayFrom = next
  for (const held of [bridges, conversations]) for (const { firstOffset } of held.values()) replayFrom = Math.min(replayFrom, firstOffset)
  return { next, replayFrom, habits, counts }
}

export const encodeRelated = (snapshot: RelatedSnapshot): Buffer => packr.pack(snapshot)

/** Throws when the bytes are not such a snapshot. */
export const decodeRelated = (bytes: Buffer): RelatedSnapshot => packr.unpack(bytes) as RelatedSnapshot
