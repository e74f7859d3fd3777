/**
 * The Store port on the in-process ClickHouse engine. One insert is one block under one token; the engine keeps the last 10,000 tokens
 * per table, so a repeated insert adds nothing, also after a crash in the middle of one that spans several partitions.
 */
import type { StoredPosition } from '../../schemas/audit-event.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Row, Store, StoredEvent } from '../../schemas/ports.ts'
import { sqlText } from '../../schemas/sql-literal.ts'
import { identifier } from './bindings.ts'
import { blockDirectories, removeLeftovers, withBlockFile } from './block-files.ts'
import { type Column, parseType, wireType } from './column-type.ts'
import { EngineError } from './engine-error.ts'
import { type Engine, type EngineOptions, openEngine } from './engine.ts'
import { type Migration, migrate, readMigrations } from './migrate.ts'
import { EventEncoder } from './native-events.ts'
import { encodeBlock } from './native.ts'
import { decodeRows } from './row-binary.ts'

/** Published name → table that its rows are inserted into. */
const TABLES: ReadonlyMap<string, string> = new Map([
  ['interactions', 'interaction_versions'], ['findings', 'finding_versions'], ['alerts', 'alert_versions'],
  ['deliveries', 'delivery_versions'], ['quarantine', 'quarantine_versions'], ['mcp_metrics', 'mcp_metric_versions'],
])

/**
 * Engine errors that say the rows themselves are at fault: ILLEGAL_COLUMN, CANNOT_PARSE_*, CANNOT_READ_ALL_DATA, ILLEGAL_TYPE_OF_ARGUMENT,
 * TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, INCORRECT_DATA, UNKNOWN_ELEMENT_OF_ENUM, TOO_LARGE_STRING_SIZE, CANNOT_CONVERT_TYPE.
 * Everything else may pass: disk, memory, parts.
 */
const ROW_ERRORS = new Set([6, 26, 27, 33, 38, 41, 43, 44, 53, 69, 70, 72, 117, 131, 691])

/** The two dear indexes are made when parts are merged, not for each of the small parts that inserts make: queries read the few rows without them. */
const INSERT_SETTINGS = `max_partitions_per_insert_block = 0, deduplicate_insert = 'enable', max_threads = 1, max_insert_threads = 1, optimize_on_insert = 0,
  exclude_materialize_skip_indexes_on_insert = 'arguments_text,event_ids_bloom'`

function insertFailure(error: unknown, table: string): unknown {
  if (!(error instanceof EngineError)) return error
  const rejected = ROW_ERRORS.has(error.code)
  return new Failure(rejected ? 'rejected' : 'unavailable', rejected ? 'store.row' : 'store.insert',
    `ClickHouse did not take rows for ${table}: ${error.symbol} (${error.code})`, { cause: error, ...(rejected ? {} : { retryAfterSeconds: 1 }) })
}

export interface ClickHouseStore extends Store {
  readonly engine: Engine
}

class ChdbStore implements ClickHouseStore {
  readonly engine: Engine
  readonly #migrations: readonly Migration[]
  readonly #blocks = blockDirectories()
  readonly #columns = new Map<string, readonly Column[]>()
  #events: EventEncoder | undefined

  constructor(engine: Engine, migrations: readonly Migration[]) {
    this.engine = engine
    this.#migrations = migrations
    removeLeftovers(this.#blocks)
  }

  async migrate(): Promise<void> {
    await migrate(this.engine, this.#migrations)
    this.#columns.clear()
    this.#events = new EventEncoder(await this.#columnsOf('audit_events'))
  }

  async insertEvents(events: readonly StoredEvent[], token: string): Promise<void> {
    if (events.length === 0) return
    const columns = await this.#columnsOf('audit_events')
    this.#events ??= new EventEncoder(columns)
    await this.#insert('audit_events', columns, { parts: this.#events.encode(events), token })
  }

  async insertRows(table: string, rows: readonly Row[], token: string): Promise<void> {
    if (rows.length === 0) return
    const physical = TABLES.get(table)
    if (physical === undefined) throw new Failure('defect', 'store.table', `rows cannot be inserted into ${JSON.stringify(table)}`)
    const columns = await this.#columnsOf(physical)
    await this.#insert(physical, columns, { parts: [encodeBlock(columns, rows)], token })
  }

  async places(tenant: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, StoredPosition>> {
    if (eventIds.length === 0) return new Map()
    const rows = await this.query(
      `SELECT event_id, partition, toFloat64(offset) AS offset, offset_index, content_hash, record_hash
       FROM watchkeeper.audit_events WHERE tenant = {tenant:String} AND event_id IN {ids:Array(String)}`, { tenant, ids: eventIds })
    return new Map(rows.map(({ event_id, ...place }) => [event_id as string, place as unknown as StoredPosition]))
  }

  async eventIdsFrom(partition: number, offset: number): Promise<readonly string[]> {
    const rows = await this.query(
      'SELECT event_id FROM watchkeeper.audit_events WHERE partition = {partition:UInt32} AND offset >= {offset:Int64}', { partition, offset })
    return rows.map((row) => row['event_id'] as string)
  }

  async query(sql: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<readonly Row[]> {
    try {
      return decodeRows(await this.engine.read(sql, { format: 'RowBinaryWithNamesAndTypes', parameters, settings: { readonly: 1 } }))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      throw new Failure('unavailable', 'store.query', `ClickHouse did not answer a query: ${error.symbol} (${error.code})`, { cause: error, retryAfterSeconds: 1 })
    }
  }

  close(): Promise<void> {
    return this.engine.close()
  }

  async #insert(table: string, columns: readonly Column[], { parts, token }: { parts: readonly Uint8Array[]; token: string }): Promise<void> {
    const structure = columns.map(({ name, type }) => `${identifier(name)} ${wireType(type)}`).join(', ')
    await withBlockFile(this.#blocks, parts, async (path) => {
      try {
        await this.engine.write(`INSERT INTO watchkeeper.${table} SETTINGS insert_deduplication_token = ${sqlText(token)}, ${INSERT_SETTINGS}
          SELECT * FROM file(${sqlText(path)}, 'Native', ${sqlText(structure)})`)
      } catch (error) {
        throw insertFailure(error, table)
      }
    })
  }

  async #columnsOf(table: string): Promise<readonly Column[]> {
    const known = this.#columns.get(table)
    if (known !== undefined) return known
    const rows = await this.query("SELECT name, type FROM system.columns WHERE database = 'watchkeeper' AND table = {table:String} ORDER BY position", { table })
    if (rows.length === 0) throw new Failure('unavailable', 'store.not_migrated', `table ${table} is missing: migrate() comes first`)
    const columns = rows.map((row) => ({ name: row['name'] as string, type: parseType(row['type'] as string) }))
    this.#columns.set(table, columns)
    return columns
  }
}

/** Opens the data directory; call `migrate` before the first insert. Throws Failure `misconfigured`. */
export function openStore(options: EngineOptions): ClickHouseStore {
  return new ChdbStore(openEngine(options), readMigrations(new URL('./migrations/', import.meta.url)))
}
