/** The tables as the migrations leave them, against those on a server: somebody may have altered one, or made another under its name. */
import { readFileSync } from 'node:fs'
import { Failure } from '../../../schemas/failure.ts'
import type { StatementRunner } from '../migrate.ts'
import { decodeRows } from '../row-binary.ts'

export interface TableShape {
  readonly table: string
  readonly engine: string
  readonly sortingKey: string
  readonly partitionKey: string
  /** Name and type, in order. */
  readonly columns: readonly (readonly [string, string])[]
}

const BINARY = { format: 'RowBinaryWithNamesAndTypes' } as const
const SQL = `
  SELECT t.name AS name, t.engine AS engine, t.sorting_key AS sorting_key, t.partition_key AS partition_key, t.engine_full AS engine_full,
    c.columns AS columns
  FROM system.tables AS t
  INNER JOIN
  (
    SELECT table, arrayMap(x -> [x.2, x.3], arraySort(groupArray((position, name, type)))) AS columns
    FROM system.columns WHERE database = 'watchkeeper' GROUP BY table
  ) AS c ON c.table = t.name
  WHERE t.database = 'watchkeeper' AND t.engine LIKE '%MergeTree'
  ORDER BY name`

export interface FoundTable extends TableShape {
  /** How many tokens it remembers; undefined where the engine keeps that by itself. */
  readonly tokens: number | undefined
  /** Whether an insert that was answered survives a power cut. */
  readonly synced: boolean
}

const bare = (engine: string): string => engine.replace(/^(?:Replicated|Shared)/, '')

/** All tables of database `watchkeeper` that hold rows, by name. */
export async function readShapes(runner: StatementRunner): Promise<readonly FoundTable[]> {
  return decodeRows(await runner.read(SQL, BINARY)).map((row) => {
    const full = row['engine_full'] as string
    const window = /non_replicated_deduplication_window = (\d+)/.exec(full)?.[1]
    const engine = row['engine'] as string
    return {
      table: row['name'] as string, engine: bare(engine), sortingKey: row['sorting_key'] as string, partitionKey: row['partition_key'] as string,
      columns: row['columns'] as [string, string][],
      tokens: window === undefined ? (bare(engine) === engine ? 0 : undefined) : Number(window),
      synced: /fsync_after_insert = (?:1|true)/.test(full),
    }
  })
}

/** What `shape.json` says: the tables after the last migration. */
export const expectedShapes = (): readonly TableShape[] =>
  JSON.parse(readFileSync(new URL('./shape.json', import.meta.url), 'utf8')) as TableShape[]

function difference(expected: TableShape, found: FoundTable | undefined): string | undefined {
  if (found === undefined) return 'it is missing'
  if (found.engine !== expected.engine) return `its engine is ${found.engine}, not ${expected.engine}`
  if (found.sortingKey !== expected.sortingKey) return `it is ordered by (${found.sortingKey}), not (${expected.sortingKey})`
  if (found.partitionKey !== expected.partitionKey) {
    return `it is partitioned by ${found.partitionKey || 'nothing'}, not ${expected.partitionKey || 'nothing'}`
  }
  if (found.tokens === 0) return 'it remembers no insert tokens (non_replicated_deduplication_window): a repeated insert would be stored twice'
  const place = expected.columns.findIndex(([name, type], i) => found.columns[i]?.[0] !== name || found.columns[i]?.[1] !== type)
  const [name, type] = expected.columns[place] ?? []
  if (place >= 0) return `its column ${place + 1} is ${found.columns[place]?.join(' ') ?? 'missing'}, not ${name} ${type}`
  if (found.columns.length > expected.columns.length) return `it has a column more, ${found.columns[expected.columns.length]?.[0]}`
  return undefined
}

/** Throws Failure `misconfigured` that names the first difference. */
export function checkShapes(expected: readonly TableShape[], found: readonly FoundTable[]): void {
  for (const shape of expected) {
    const what = difference(shape, found.find(({ table }) => table === shape.table))
    if (what === undefined) continue
    throw new Failure('misconfigured', 'store.shape',
      `Table watchkeeper.${shape.table} on ClickHouse is not the one that the migrations made: ${what}. ` +
        'Change it back, or move the database away (RENAME DATABASE) and start with a new one.')
  }
}
