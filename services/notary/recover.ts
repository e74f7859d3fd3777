/** How far the logs were signed, where no state says so, or an older one than the table: read back from the checkpoints and checked on the way. */
import { logOrigin } from '../../schemas/checkpoint.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Store } from '../../schemas/ports.ts'
import { readChunks } from './leaf-chunks.ts'
import { LogTree } from './log-tree.ts'
import { type NotaryState, newState } from './state.ts'
import { topRange } from './top-log.ts'

/** The newest checkpoint of the log over all partitions in the table; of a log called `name` where that is given. */
async function newest(store: Pick<Store, 'query'>, name: string | undefined): Promise<{ readonly log: string; readonly size: number; readonly root: string } | undefined> {
  // By its size: a clock that was put back makes what was signed later look older.
  const own = name === undefined ? '(SELECT argMax(log, made_at) FROM watchkeeper.checkpoint_versions WHERE partition = -1)' : '{log:String}'
  const [row] = await store.query(`SELECT log, size, root FROM watchkeeper.checkpoint_versions WHERE partition = -1 AND log = ${own} ORDER BY size DESC LIMIT 1`,
    { log: logOrigin(name ?? '') })
  return row === undefined ? undefined : { log: String(row['log']), size: Number(row['size']), root: String(row['root']) }
}

/**
 * The state to go on from. `saved`: what the snapshot says, which holds unless the table knows more. Failure `unavailable` while the table's own rows
 * do not make its newest checkpoint: some are on their way, or somebody altered them.
 */
export async function recovered(store: Pick<Store, 'query'>, saved: NotaryState | undefined, fresh: Pick<NotaryState, 'name' | 'key'>): Promise<NotaryState> {
  const found = await newest(store, saved?.name)
  if (found === undefined || (saved !== undefined && found.size <= saved.top.size)) return saved ?? newState(fresh.name, fresh.key)
  const top = await topRange(store, found.size)
  if (top === undefined || top.root().toString('hex') !== found.root) {
    throw new Failure('unavailable', 'notary.table', `the checkpoints in the table do not make the root of ${found.log} at ${found.size}: run watchkeeper verify`, { retryAfterSeconds: 10 })
  }
  const name = found.log.replace(/\/log$/, '')
  return { ...newState(name, saved?.key ?? fresh.key), top, trees: await treesAt(store, await signedSizes(store, name)) }
}

interface Signed {
  readonly partition: number
  readonly size: number
  readonly root: string
}

/** The newest checkpoint of each partition. */
async function signedSizes(store: Pick<Store, 'query'>, name: string): Promise<readonly Signed[]> {
  const rows = await store.query(`SELECT partition, max(size) AS newest, argMax(root, size) AS newest_root FROM watchkeeper.checkpoint_versions
    WHERE partition >= 0 AND startsWith(log, {begin:String}) GROUP BY partition`, { begin: `${name}/events/` })
  return rows.map((row) => ({ partition: Number(row['partition']), size: Number(row['newest']), root: String(row['newest_root']) }))
}

/** Trees over the leaves as they were signed: a look at each leaf, once. */
async function treesAt(store: Pick<Store, 'query'>, signed: readonly Signed[]): Promise<ReadonlyMap<number, LogTree>> {
  const trees = new Map<number, LogTree>()
  for (const { partition, size, root } of signed) {
    const tree = new LogTree()
    for (let before = -1; tree.size < size && tree.size > before;) {
      before = tree.size
      tree.take(await readChunks(store, [{ partition, chunk: tree.chunk, end: size }]))
    }
    if (tree.size !== size || tree.root().toString('hex') !== root) {
      throw new Failure('unavailable', 'notary.leaves', `the leaves of partition ${partition} do not make the root that was signed at ${size}: run watchkeeper verify`, { retryAfterSeconds: 10 })
    }
    trees.set(partition, tree)
  }
  return trees
}
