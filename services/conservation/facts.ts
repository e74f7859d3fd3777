/** What the tables know of sources and minutes. */
import { type ConservationRow, WINDOW_NS } from '../../schemas/conservation.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlTime } from '../../schemas/sql-literal.ts'
import type { Facts } from './reckon.ts'

const COUNTS = [
  'received', 'accepted', 'skipped', 'rejected', 'taken', 'ledger_stored', 'ledger_conflict', 'duplicate', 'quarantined', 'stored', 'conflict',
] as const
type Count = (typeof COUNTS)[number]

interface Part {
  readonly counts: Partial<Record<Count, string>>
  readonly points: string
  readonly window: string
  /** Behind `FROM watchkeeper.` */
  readonly from: string
}

/** Source rows of one table as a full list of counts, so that those of all can stand below each other. */
function part({ counts, points, window, from }: Part): string {
  const columns = COUNTS.map((name) => `toInt64(${counts[name] ?? '0'}) AS c_${name}`)
  return `SELECT ${points} AS of_points, tenant, source, ${window} AS w, ${columns.join(', ')} FROM watchkeeper.${from}`
}

const RECEIVED_MINUTE = "toDateTime64(toStartOfMinute(received_at, 'UTC'), 9, 'UTC')"

const OFF = 'received != accepted + skipped + rejected OR accepted > taken OR taken != ledger_stored + ledger_conflict + duplicate + quarantined ' +
  "OR ledger_stored + ledger_conflict != stored + conflict OR tenant = ''"

export interface Span {
  /** First and first-not window, nanoseconds. */
  readonly since: bigint
  readonly until: bigint
  /** Only what is off, and what nobody could read. */
  readonly onlyOff: boolean
}

/** Most lines of one look: over it the newest are looked at, and the rest by the look that asks only for what is off. */
const MOST_LINES = 50_000

function factsSql({ since, until, onlyOff }: Span): string {
  const [from, to] = [sqlTime(since), sqlTime(until)]
  const inside = `window_start >= ${from} AND window_start < ${to}`
  const receivedInside = `received_at >= ${from} AND received_at < ${to} GROUP BY tenant, source, w`
  const parts = [
    part({
      counts: { received: 'received', accepted: 'accepted', skipped: 'skipped', rejected: 'rejected' }, points: 'points', window: 'window_start',
      from: `receipt_versions FINAL WHERE ${inside}`,
    }),
    part({
      counts: { taken: 'taken', ledger_stored: 'stored', ledger_conflict: 'conflict', duplicate: 'duplicate', quarantined: 'quarantined' }, points: 'points',
      window: 'window_start', from: `archive_ledger FINAL WHERE ${inside}`,
    }),
    part({
      counts: { stored: "countIf(conflict_with = '')", conflict: "countIf(conflict_with != '')" }, points: 'false', window: RECEIVED_MINUTE,
      from: `audit_events WHERE ${receivedInside}`,
    }),
    // A batch that was inserted again after a crash is two rows of a point until they are merged.
    part({ counts: { stored: 'uniqExact(point_id)' }, points: 'true', window: RECEIVED_MINUTE, from: `mcp_metric_versions WHERE ${receivedInside}` }),
  ]
  return `SELECT of_points AS points, tenant, source, w AS window_start, ${COUNTS.map((name) => `sum(c_${name}) AS ${name}`).join(', ')}
    FROM (${parts.join(' UNION ALL ')})
    GROUP BY of_points, tenant, source, w ${onlyOff ? `HAVING ${OFF}` : ''}
    ORDER BY w DESC, tenant, source, of_points LIMIT ${MOST_LINES}`
}

function factsOf(row: Row): Facts {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, Number(row[name])])) as Record<Count, number>
  return { points: row['points'] === true, tenant: String(row['tenant']), source: String(row['source']), window_start: row['window_start'] as bigint, ...counts }
}

/** Oldest first. */
export async function readFacts(store: Pick<Store, 'query'>, span: Span): Promise<readonly Facts[]> {
  return (await store.query(factsSql(span))).map(factsOf).reverse()
}

/** First windows with an account, of records and of points; undefined where there is none yet. */
export interface Firsts {
  readonly records: bigint | undefined
  readonly points: bigint | undefined
}

export async function firstWindows(store: Pick<Store, 'query'>): Promise<Firsts> {
  return { records: await firstWindow(store, 'NOT points', 'audit_events'), points: await firstWindow(store, 'points', 'mcp_metric_versions') }
}

/** That of the first receipt, or the one behind it where rows of a version without receipts stand before. */
async function firstWindow(store: Pick<Store, 'query'>, which: string, table: string): Promise<bigint | undefined> {
  const [first] = await store.query(`SELECT window_start FROM watchkeeper.receipt_versions WHERE ${which} ORDER BY window_start LIMIT 1`)
  if (first === undefined) return undefined
  const window = first['window_start'] as bigint
  const older = await store.query(`SELECT 1 AS found FROM watchkeeper.${table} WHERE received_at < ${sqlTime(window)} LIMIT 1`)
  return older.length === 0 ? window : window + WINDOW_NS
}

/** Lines that are off, as they were told last. */
export async function readOff(store: Pick<Store, 'query'>): Promise<readonly ConservationRow[]> {
  const rows = await store.query(`SELECT * FROM watchkeeper.conservation WHERE settled AND (missing_in_collector != 0 OR missing_on_bus != 0
    OR missing_in_archiver != 0 OR missing_in_table != 0) ORDER BY window_start DESC LIMIT ${MOST_LINES}`)
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) =>
    [name, typeof value === 'bigint' && name !== 'window_start' && name !== 'checked_at' ? Number(value) : value])) as unknown as ConservationRow)
}
