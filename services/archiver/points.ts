/** Metric points: each is stored once, the first that came, and the ledger says what became of the others. */
import { type LedgerRow, windowOf } from '../../schemas/conservation.ts'
import type { Row } from '../../schemas/ports.ts'
import { sqlTexts, sqlTime } from '../../schemas/sql-literal.ts'
import type { InsertStore } from './traced-store.ts'

export interface PlacedPoint {
  readonly row: Row
  readonly offset: number
  readonly index: number
}

/** A list of ids in a query. */
const IDS_A_QUERY = 2_000
const idOf = ({ row }: PlacedPoint): string => String(row['point_id'])

/** When each of them that is in the table was received. */
async function there(placed: readonly PlacedPoint[], store: Pick<InsertStore, 'query'>): Promise<ReadonlyMap<string, bigint>> {
  const known = new Map<string, bigint>()
  const ids = [...new Set(placed.map(idOf))]
  if (ids.length === 0) return known
  const times = placed.map(({ row }) => row['at'] as bigint).sort((a, b) => (a < b ? -1 : 1))
  const range = `tenant IN ${sqlTexts([...new Set(placed.map(({ row }) => String(row['tenant'])))])}
      AND at >= ${sqlTime(times[0] as bigint)} AND at <= ${sqlTime(times.at(-1) as bigint)}`
  for (let i = 0; i < ids.length; i += IDS_A_QUERY) {
    const rows = await store.query(`SELECT point_id, min(received_at) AS received FROM watchkeeper.mcp_metric_versions
      WHERE ${range} AND point_id IN ${sqlTexts(ids.slice(i, i + IDS_A_QUERY))} GROUP BY point_id`)
    for (const row of rows) known.set(String(row['point_id']), row['received'] as bigint)
  }
  return known
}

/**
 * Those that are to be inserted: the first of their identity. One that is there with its own time of receipt is itself, from before a crash, and
 * goes again as part of the same block.
 */
export async function firstOnes(placed: readonly PlacedPoint[], store: Pick<InsertStore, 'query'>): Promise<PlacedPoint[]> {
  const known = await there(placed, store)
  const met = new Set<string>()
  return placed.filter((point) => {
    const id = idOf(point)
    const received = point.row['received_at'] as bigint
    if (met.has(id) || (known.get(id) ?? received) !== received) return false
    met.add(id)
    return true
  })
}

export interface PointVerdicts {
  readonly partition: number
  readonly placed: readonly PlacedPoint[]
  readonly firsts: ReadonlySet<PlacedPoint>
  readonly refused: ReadonlySet<PlacedPoint>
}

/** Lines are those of envelopes, so they are the same however a restart cuts the batches. */
export function pointLedger({ partition, placed, firsts, refused }: PointVerdicts): LedgerRow[] {
  const lines = new Map<string, { -readonly [Field in keyof LedgerRow]: LedgerRow[Field] }>()
  for (const point of placed) {
    const [tenant, source, window] = [String(point.row['tenant']), String(point.row['source']), windowOf(point.row['received_at'] as bigint)]
    const batch = `metrics:${partition}:${point.offset}-${point.offset + 1}`
    const key = `${batch}\u0000${window}\u0000${tenant}\u0000${source}`
    const line = lines.get(key) ?? { batch, points: true, tenant, source, window_start: window, taken: 0, stored: 0, duplicate: 0, conflict: 0, quarantined: 0 }
    lines.set(key, line)
    line.taken++
    line[refused.has(point) ? 'quarantined' : firsts.has(point) ? 'stored' : 'duplicate']++
  }
  return [...lines.values()]
}
