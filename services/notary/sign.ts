/** From trees that have grown to signed checkpoints: one of each partition, and one over all of them. Pure. */
import type { KeyObject } from 'node:crypto'
import { type CheckpointRow, logOrigin, partitionOrigin } from '../../schemas/checkpoint.ts'
import { CompactRange, leafHash } from '../../schemas/merkle.ts'
import { checkpointBody, signNote } from '../../schemas/note.ts'
import type { LogTree } from './log-tree.ts'
import type { NotaryState } from './state.ts'

export interface Signing {
  readonly privateKey: KeyObject
  /** Nanoseconds. */
  readonly at: bigint
}

/** The state with these trees in the place of theirs; its `last` rows are the new checkpoints, that of the log over all partitions behind the others. */
export function signTrees(state: NotaryState, grown: ReadonlyMap<number, LogTree>, { privateKey, at }: Signing): NotaryState {
  const { name } = state
  // C2SP: a log's key is called as its log; one name for all keeps it one line for who verifies.
  const signer = { name: logOrigin(name), privateKey }
  const top = CompactRange.decode(state.top.encode())
  const row = (log: string, tree: { readonly size: number; root(): Buffer }, place: Pick<CheckpointRow, 'partition' | 'log_index'>): CheckpointRow => {
    const [size, root] = [tree.size, tree.root()]
    return { log, size, root: root.toString('hex'), note: signNote(checkpointBody({ origin: log, size, root, madeAt: at }), signer), made_at: at, ...place }
  }
  const rows: CheckpointRow[] = []
  for (const [partition, tree] of [...grown].sort(([one], [other]) => one - other)) {
    const origin = partitionOrigin(name, partition)
    rows.push(row(origin, tree, { partition, log_index: top.size }))
    top.append(leafHash(Buffer.from(checkpointBody({ origin, size: tree.size, root: tree.root(), madeAt: at }))))
  }
  rows.push(row(logOrigin(name), top, { partition: -1, log_index: -1 }))
  return { ...state, top, trees: new Map([...state.trees, ...grown]), last: rows }
}
