/** Table `removals`: what was taken away, written down before and after. */
import type { Store } from '../../schemas/ports.ts'
import type { Removed, RemovalRow } from '../../schemas/removal.ts'

type Rows = Pick<Store, 'query' | 'insertRows'>

const asRow = (row: unknown): RemovalRow => row as RemovalRow

/** Newest first; undefined: of all tenants. */
export async function readRemovals(store: Pick<Store, 'query'>, tenant: string | undefined): Promise<readonly RemovalRow[]> {
  const rows = await store.query(
    `SELECT * FROM watchkeeper.removals WHERE ({any:UInt8} = 1 OR tenant = {tenant:String}) ORDER BY started_at DESC, removal_id LIMIT 1000`,
    { any: tenant === undefined ? 1 : 0, tenant: tenant ?? '' })
  return rows.map(asRow)
}

export async function findRemoval(store: Pick<Store, 'query'>, tenant: string, removalId: string): Promise<RemovalRow | undefined> {
  const rows = await store.query('SELECT * FROM watchkeeper.removals WHERE tenant = {tenant:String} AND removal_id = {removalId:String}', { tenant, removalId })
  return rows.map(asRow)[0]
}

/** One that was begun for this subject and not ended: it is gone on with. */
export async function unfinished(store: Pick<Store, 'query'>, tenant: string, subjectHash: string): Promise<RemovalRow | undefined> {
  const rows = await store.query(
    `SELECT * FROM watchkeeper.removals WHERE tenant = {tenant:String} AND kind = 'erasure' AND subject_hash = {subjectHash:String} AND state = 'running' ORDER BY started_at LIMIT 1`,
    { tenant, subjectHash })
  return rows.map(asRow)[0]
}

const write = async (store: Rows, row: RemovalRow): Promise<RemovalRow> => {
  await store.insertRows('removals', [{ ...row }], `removal:${row.removal_id}:${row.version}`)
  return row
}

export type Begun = Omit<RemovalRow, 'version' | 'state' | 'finished_at' | 'tables' | 'events' | 'events_digest'>

/** Writes down that it begins, or goes on. */
export async function begin(store: Rows, begun: Begun): Promise<RemovalRow> {
  const before = await findRemoval(store, begun.tenant, begun.removal_id)
  if (before?.state === 'running') return before
  const nothing = { tables: new Map<string, bigint>(), events: 0n, events_digest: '' }
  return write(store, { ...nothing, ...before, ...begun, version: (before?.version ?? 0) + 1, state: 'running', finished_at: 0n })
}

export const finish = (store: Rows, row: RemovalRow, { tables, events, digest }: Removed, at: bigint): Promise<RemovalRow> =>
  write(store, { ...row, version: row.version + 1, state: 'done', finished_at: at, tables, events, events_digest: digest })
