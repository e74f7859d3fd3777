/** What the notary remembers: how far each log was signed. Saved as one, before what was signed is told to anybody. */
import { Packr } from 'msgpackr'
import type { CheckpointRow } from '../../schemas/checkpoint.ts'
import { CompactRange } from '../../schemas/merkle.ts'
import type { Snapshot } from '../../schemas/ports.ts'
import { LogTree, type SavedTree } from './log-tree.ts'

const VERSION = 1
const packr = new Packr({ useRecords: true, int64AsType: 'bigint' })

export interface NotaryState {
  readonly name: string
  /** Verifier line of the key that signed last. */
  readonly key: string
  /** Over the bodies of all checkpoints of partitions. */
  readonly top: CompactRange
  readonly trees: ReadonlyMap<number, LogTree>
  /** What was signed last, to be told again where somebody died between. */
  readonly last: readonly CheckpointRow[]
}

interface Saved {
  readonly name: string
  readonly key: string
  readonly top: Buffer
  readonly trees: readonly (SavedTree & { readonly partition: number })[]
  readonly last: readonly (Omit<CheckpointRow, 'made_at'> & { readonly made_at: string })[]
}

export const newState = (name: string, key: string): NotaryState => ({ name, key, top: new CompactRange(), trees: new Map(), last: [] })

/** `at`: offset on topic checkpoints. */
export function encodeState({ name, key, top, trees, last }: NotaryState, at: number): Snapshot {
  const saved: Saved = {
    name, key, top: top.encode(), trees: [...trees].map(([partition, tree]) => ({ partition, ...tree.save() })),
    last: last.map((row) => ({ ...row, made_at: String(row.made_at) })),
  }
  return { version: VERSION, nextOffset: at, state: packr.pack(saved) }
}

/** Undefined for what is no such state. */
export function decodeState(snapshot: Snapshot | undefined): NotaryState | undefined {
  if (snapshot?.version !== VERSION) return undefined
  const { name, key, top, trees, last } = packr.unpack(snapshot.state) as Saved
  return {
    name, key, top: CompactRange.decode(top), trees: new Map(trees.map(({ partition, ...tree }) => [partition, new LogTree(tree)])),
    last: last.map((row) => ({ ...row, made_at: BigInt(row.made_at) })),
  }
}
