/**
 * The Store port on any ClickHouse: which table rows go to, how they become blocks, what an error asks the caller to do. Where the engine
 * runs (in the process, behind HTTP) is the backend's affair.
 */
import type { KnownEvent } from '../../schemas/audit-event.ts'
import { Failure } from '../../schemas/failure.ts'
import type { LeafRun, Row, Store, StoredEvent } from '../../schemas/ports.ts'
import { type Column, parseType } from './column-type.ts'
import { EngineError } from './engine-error.ts'
import type { ReadOptions } from './engine.ts'
import { EVENT_COLUMNS, EventEncoder } from './native-events.ts'
import { encodeLeaves } from './native-leaves.ts'
import { encodeBlock } from './native.ts'
import { decodeRows } from './row-binary.ts'

/** Published name → table that its rows are inserted into. */
const TABLES: ReadonlyMap<string, string> = new Map([
  ['interactions', 'interaction_versions'], ['findings', 'finding_versions'], ['alerts', 'alert_versions'],
  ['deliveries', 'delivery_versions'], ['quarantine', 'quarantine_versions'], ['mcp_metrics', 'mcp_metric_versions'],
  ['quarantine_actions', 'quarantine_action_versions'], ['receipts', 'receipt_versions'], ['archive_ledger', 'archive_ledger'],
  ['conservation', 'conservation_versions'], ['tool_inventory', 'tool_definition_versions'], ['coverage', 'coverage_versions'],
  ['rules', 'rule_versions'], ['legal_holds', 'legal_hold_versions'], ['removals', 'removal_versions'], ['removed_events', 'removed_events'], ['alert_events', 'alert_event_versions'], ['silences', 'silence_versions'], ['response_actions', 'response_action_versions'], ['policies', 'policy_versions'], ['credentials', 'credential_versions'],
  ['leaf_orders', 'leaf_orders'], ['checkpoints', 'checkpoint_versions'], ['anchors', 'anchor_versions'],
  ['reports', 'reports'], ['report_claims', 'report_claims'], ['removal_turns', 'removal_turns'],
])
/** Published name → table that keeps what a merge of the other one forgets: the same rows go there first. */
const HISTORIES: ReadonlyMap<string, string> = new Map([['findings', 'finding_history'], ['rules', 'rule_history']])

/** Every table that rows are inserted into. */
export const INSERT_TABLES: readonly string[] = ['audit_events', 'event_leaf_versions', ...TABLES.values(), ...HISTORIES.values()]

/**
 * Engine errors that say the rows themselves are at fault: ILLEGAL_COLUMN, CANNOT_PARSE_*, CANNOT_READ_ALL_DATA, ILLEGAL_TYPE_OF_ARGUMENT,
 * TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, INCORRECT_DATA, UNKNOWN_ELEMENT_OF_ENUM, TOO_LARGE_STRING_SIZE, CANNOT_CONVERT_TYPE, and
 * VIOLATED_CONSTRAINT of a constraint that the owner of the database added. Everything else may pass: disk, memory, parts.
 */
const ROW_ERRORS = new Set([6, 26, 27, 33, 38, 41, 43, 44, 53, 69, 70, 72, 117, 131, 469, 691])

export const isRowError = (error: unknown): boolean => error instanceof EngineError && ROW_ERRORS.has(error.code)

const TOO_MANY_PARTS = 252

/** The two dear indexes are made when parts are merged, not for each small part that an insert makes: queries read the few rows without them. */
export const INSERT_SETTINGS = {
  max_partitions_per_insert_block: 0, deduplicate_insert: 'enable', max_threads: 1, max_insert_threads: 1, optimize_on_insert: 0,
  exclude_materialize_skip_indexes_on_insert: 'arguments_text,event_ids_bloom',
} as const

/** A list of ids is one query parameter, and a server takes at most 128 KiB for one (`http_max_field_value_size`). */
const IDS_A_QUERY = 2_000

export interface Block {
  /** Table of database `watchkeeper`. */
  readonly table: string
  /** The columns that the block holds, in the table's order. */
  readonly columns: readonly Column[]
  /** One Native block, in pieces. */
  readonly parts: readonly Uint8Array[]
  readonly token: string
}

/** What differs between an engine in the process and a server. What they throw is EngineError where the engine spoke, else Failure. */
export interface Backend {
  read(sql: string, options: Omit<ReadOptions, 'signal'>): Promise<Buffer>
  insert(block: Block): Promise<void>
  migrate(): Promise<void>
  close(): Promise<void>
}

function insertFailure(error: unknown, table: string): unknown {
  if (!(error instanceof EngineError)) return error
  const rejected = isRowError(error)
  const what = `ClickHouse did not take rows for ${table}: ${error.symbol} (${error.code})`
  if (rejected) return new Failure('rejected', 'store.row', what, { cause: error })
  const [code, retryAfterSeconds] = error.code === TOO_MANY_PARTS ? ['store.too_many_parts', 5] as const : ['store.insert', 1] as const
  return new Failure('unavailable', code, what, { cause: error, retryAfterSeconds })
}

const narrowed = (row: Row, columns: readonly Column[]): Row => Object.fromEntries(columns.flatMap(({ name }) => (name in row ? [[name, row[name]]] : [])))

export class TableStore implements Store {
  readonly #backend: Backend
  readonly #columns = new Map<string, readonly Column[]>()
  #events: EventEncoder | undefined

  constructor(backend: Backend) {
    this.#backend = backend
  }

  async migrate(): Promise<void> {
    await this.#backend.migrate()
    this.#columns.clear()
    this.#events = new EventEncoder(await this.#eventColumns())
  }

  async insertEvents(events: readonly StoredEvent[], token: string): Promise<void> {
    if (events.length === 0) return
    const columns = await this.#eventColumns()
    this.#events ??= new EventEncoder(columns)
    const block = this.#events.encode(events)
    await this.#insert({ table: 'audit_events', columns, parts: block.parts, token })
    // Not after a failure: what was given up may still be on its way.
    block.release()
  }

  async insertLeaves(runs: readonly LeafRun[], token: string): Promise<void> {
    if (runs.every(({ leaves }) => leaves.length === 0)) return
    const columns = await this.#columnsOf('event_leaf_versions')
    await this.#insert({ table: 'event_leaf_versions', columns, parts: encodeLeaves(columns, runs), token })
  }

  async insertRows(table: string, rows: readonly Row[], token: string): Promise<void> {
    if (rows.length === 0) return
    const physical = TABLES.get(table)
    if (physical === undefined) throw new Failure('defect', 'store.table', `rows cannot be inserted into ${JSON.stringify(table)}`)
    const history = HISTORIES.get(table)
    if (history !== undefined) {
      const kept = await this.#columnsOf(history)
      await this.#insert({ table: history, columns: kept, parts: [encodeBlock(kept, rows.map((row) => narrowed(row, kept)))], token })
    }
    const columns = await this.#columnsOf(physical)
    await this.#insert({ table: physical, columns, parts: [encodeBlock(columns, rows)], token })
  }

  async places(tenant: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, KnownEvent>> {
    const places = new Map<string, KnownEvent>()
    for (let from = 0; from < eventIds.length; from += IDS_A_QUERY) {
      const rows = await this.query(
        `SELECT event_id, partition, toFloat64(offset) AS offset, offset_index, content_hash, record_hash,
           transport, exporter_peer, received_at, conflict_with, credential, salt, erasure
         FROM watchkeeper.audit_events WHERE tenant = {tenant:String} AND event_id IN {ids:Array(String)}`,
        { tenant, ids: eventIds.slice(from, from + IDS_A_QUERY) })
      for (const { event_id, ...place } of rows) places.set(event_id as string, place as unknown as KnownEvent)
    }
    return places
  }

  async eventIdsFrom(partition: number, offset: number): Promise<readonly string[]> {
    const rows = await this.query(
      'SELECT event_id FROM watchkeeper.audit_events WHERE partition = {partition:UInt32} AND offset >= {offset:Int64}', { partition, offset })
    return rows.map((row) => row['event_id'] as string)
  }

  async query(sql: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<readonly Row[]> {
    try {
      return decodeRows(await this.#backend.read(sql, { format: 'RowBinaryWithNamesAndTypes', parameters, settings: { readonly: 1 } }))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const what = `ClickHouse did not answer a query: ${error.symbol} (${error.code})`
      throw new Failure('unavailable', 'store.query', what, { cause: error, retryAfterSeconds: 1 })
    }
  }

  close(): Promise<void> {
    return this.#backend.close()
  }

  async #insert(block: Block): Promise<void> {
    try {
      await this.#backend.insert(block)
    } catch (error) {
      throw insertFailure(error, block.table)
    }
  }

  /** Those that are inserted. */
  async #eventColumns(): Promise<readonly Column[]> {
    return (await this.#columnsOf('audit_events')).slice(0, EVENT_COLUMNS.length)
  }

  async #columnsOf(table: string): Promise<readonly Column[]> {
    const known = this.#columns.get(table)
    if (known !== undefined) return known
    // When a row came into the table is the engine's to say.
    const rows = await this.query(
      "SELECT name, type FROM system.columns WHERE database = 'watchkeeper' AND table = {table:String} AND default_expression NOT LIKE 'now64%' ORDER BY position", { table })
    if (rows.length === 0) throw new Failure('unavailable', 'store.not_migrated', `table ${table} is missing: migrate() comes first`)
    const columns = rows.map((row) => ({ name: row['name'] as string, type: parseType(row['type'] as string) }))
    this.#columns.set(table, columns)
    return columns
  }
}
