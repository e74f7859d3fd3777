/** What is in quarantine, as asked for. Times are ISO 8601, ids 32 hex digits. */
import { z } from 'zod'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlTime, sqlTexts } from '../../schemas/sql-literal.ts'
import { type Quarantined, QUARANTINE_REASONS } from '../../schemas/quarantined.ts'

const MOST_ENTRIES = 10_000
const word = z.string().max(512)
const id = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')

/** What to look for; everything that is left out matches all. */
export const Filter = z.strictObject({
  ids: z.array(id).max(MOST_ENTRIES).optional(),
  reason: z.enum(QUARANTINE_REASONS).optional(),
  stage: word.optional(),
  topic: word.optional(),
  tenant: word.optional(),
  source: word.optional(),
  state: z.enum(['waiting', 'replayed', 'discarded', 'all']).default('waiting'),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  limit: z.number().int().min(1).max(MOST_ENTRIES).default(100),
})
export type Filter = z.infer<typeof Filter>

/** A quarantined record with what was decided on it. */
export interface Entry extends Quarantined {
  readonly state: string
  /** How many decisions there are on it. */
  readonly steps: number
  readonly decided_by: string
  readonly decided_why: string
  readonly decided_at: bigint
}

const nanoseconds = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n
const COLUMNS = 'quarantine_id, tenant, source, stage, reason, detector, detail, topic, partition, offset, offset_index, quarantined_at, state, steps, ' +
  'decided_by, decided_why, decided_at'

function conditions(filter: Filter): { readonly where: string; readonly parameters: Record<string, string> } {
  const terms = ['1']
  const parameters: Record<string, string> = {}
  for (const name of ['reason', 'stage', 'topic', 'tenant', 'source'] as const) {
    const value = filter[name]
    if (value === undefined) continue
    terms.push(`${name} = {${name}:String}`)
    parameters[name] = value
  }
  if (filter.ids !== undefined) terms.push(`quarantine_id IN ${sqlTexts(filter.ids)}`)
  if (filter.since !== undefined) terms.push(`quarantined_at >= ${sqlTime(nanoseconds(filter.since))}`)
  if (filter.until !== undefined) terms.push(`quarantined_at < ${sqlTime(nanoseconds(filter.until))}`)
  if (filter.state !== 'all') terms.push(`state = {state:String}`)
  return { where: terms.join(' AND '), parameters: filter.state === 'all' ? parameters : { ...parameters, state: filter.state } }
}

const entryOf = (row: Row): Entry => ({ ...(row as unknown as Entry), offset: Number(row['offset']), payload: String(row['payload'] ?? '') })

/** Newest first, `payload` left empty, and how many match in all. */
export async function listEntries(store: Pick<Store, 'query'>, filter: Filter): Promise<{ readonly entries: readonly (Entry & { readonly bytes: number })[]; readonly total: number }> {
  const { where, parameters } = conditions(filter)
  const rows = await store.query(`SELECT ${COLUMNS}, toUInt32(length(base64Decode(payload))) AS bytes FROM watchkeeper.quarantine WHERE ${where}
    ORDER BY quarantined_at DESC, quarantine_id LIMIT ${filter.limit}`, parameters)
  const [counted] = await store.query(`SELECT count() AS total FROM watchkeeper.quarantine WHERE ${where}`, parameters)
  return { entries: rows.map((row) => ({ ...entryOf(row), bytes: Number(row['bytes']) })), total: Number(counted?.['total'] ?? 0) }
}

/** With their payloads, oldest first. */
export async function readEntries(store: Pick<Store, 'query'>, filter: Filter): Promise<readonly Entry[]> {
  const { where, parameters } = conditions(filter)
  const rows = await store.query(
    `SELECT ${COLUMNS}, payload FROM watchkeeper.quarantine WHERE ${where} ORDER BY quarantined_at, quarantine_id LIMIT ${filter.limit}`, parameters,
  )
  return rows.map(entryOf)
}

/** Entries that other stages made of the same bytes at the same place. */
export async function sameBytes(store: Pick<Store, 'query'>, { topic, partition, offset, payload, reason }: Entry): Promise<readonly Entry[]> {
  const rows = await store.query(
    `SELECT ${COLUMNS}, payload FROM watchkeeper.quarantine WHERE topic = {topic:String} AND partition = {partition:Int32} AND offset = {offset:Int64}
     AND reason = {reason:String} AND payload = {payload:String}`, { topic, partition, offset, reason, payload })
  return rows.map(entryOf)
}

export async function actionsOn(store: Pick<Store, 'query'>, quarantineId: string): Promise<readonly Row[]> {
  return store.query('SELECT step, action, by, why, acted_at FROM watchkeeper.quarantine_actions WHERE quarantine_id = {id:String} ORDER BY step', { id: quarantineId })
}
