/** The tables as evidence: columns as they lie there, in RowBinary, which for canonical records is the canonical form itself. */
import { CANONICAL_ORDERS, type CanonicalField, type CanonicalVersion } from '../../schemas/canonical-order.ts'
import type { DeclaredGap, EvidenceSource, Piece, Places, Removal, StoredCheckpoint } from '../../schemas/evidence.ts'
import { sqlText, sqlTexts } from '../../schemas/sql-literal.ts'
import { identifier } from './bindings.ts'
import { piecesOf } from './evidence-pieces.ts'
import { typesColumn } from './native-events.ts'

/** Runs a read-only statement, and gives the bytes of its result as they come. Throws Failure. */
export interface EvidenceReader {
  /** For people. */
  readonly name: string
  /** Whether tables may be read that are not published. */
  readonly stored: boolean
  /** Rows in one answer, about: whoever answers may bound it. */
  readonly mostRows: number
  read(sql: string, format: string): AsyncIterable<Buffer>
  close(): Promise<void>
}

/** Checkpoints in one answer. */
const PAGE_CHECKPOINTS = 20_000
/** Each is a query that the primary key or an index helps. */
const MOST_RANGES = 300

const columnOf = ({ name, kind }: CanonicalField): string => {
  if (kind !== 'map') return identifier(name)
  return `arrayZip(mapKeys(${identifier(name)}), ${identifier(typesColumn(name))}, mapValues(${identifier(name)}))`
}

/** Columns of a packed record (schemas/packed-record.ts). */
const packed = (version: CanonicalVersion): string =>
  ['`partition`', '`offset`', 'offset_index', 'content_hash', 'record_hash', 'erasure', `toUInt8(${version})`, ...CANONICAL_ORDERS[version].map(columnOf)].join(', ')

/** Only records of version 1 have neither a salt nor an erasure that took it. */
const OF_VERSION: Readonly<Record<CanonicalVersion, string>> = { 1: "salt = '' AND erasure = ''", 2: "(salt != '' OR erasure != '')" }

class TableEvidence implements EvidenceSource {
  readonly name: string
  readonly tenants: readonly string[] | undefined
  readonly live: boolean
  readonly keeps = 'all'
  readonly mostRanges = MOST_RANGES
  readonly #reader: EvidenceReader

  constructor(reader: EvidenceReader, tenants: readonly string[] | undefined) {
    this.name = reader.name
    this.tenants = tenants
    this.live = !reader.stored
    this.#reader = reader
  }

  async #rowsOf(sql: string): Promise<readonly (readonly unknown[])[]> {
    const chunks: Buffer[] = []
    for await (const chunk of this.#reader.read(sql, 'JSONCompactEachRow')) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).toString('utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as unknown[])
  }

  /** ` AND tenant IN (…)`, where only some are asked for. */
  get #ofTenants(): string {
    return this.tenants === undefined ? '' : ` AND tenant IN ${sqlTexts(this.tenants)}`
  }

  async partitions(): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#rowsOf('SELECT `partition`, toFloat64(max(leaf_index)) + 1 FROM watchkeeper.event_leaves GROUP BY `partition` ORDER BY `partition`')
    return new Map(rows.map(([partition, size]) => [Number(partition), Number(size)]))
  }

  async* checkpoints(of: 'log' | 'partitions'): AsyncGenerator<readonly StoredCheckpoint[]> {
    const [by, where] = of === 'log' ? ['size', '`partition` = -1'] : ['log_index', '`partition` >= 0']
    for (let from = 0; ;) {
      const rows = await this.#rowsOf(`SELECT \`partition\`, toFloat64(size), note, toFloat64(log_index), toString(toUnixTimestamp64Nano(made_at)) FROM watchkeeper.checkpoints
        WHERE ${where} AND ${by} >= ${from} ORDER BY ${by}, root, note LIMIT ${PAGE_CHECKPOINTS} WITH TIES`)
      if (rows.length === 0) return
      yield rows.map(([partition, size, note, logIndex, madeAt]) => ({ partition: Number(partition), size: Number(size), note: String(note), logIndex: Number(logIndex), madeAt: String(madeAt) }))
      const last = rows.at(-1) as readonly unknown[]
      from = Number(of === 'log' ? last[1] : last[3]) + 1
    }
  }

  #leaves(where: string, order: string): AsyncIterable<Buffer> {
    const tenant = this.tenants === undefined ? 'tenant' : `if(tenant IN ${sqlTexts(this.tenants)}, toString(tenant), '')`
    const [table, id, record] = this.#reader.stored
      ? ['event_leaf_versions', 'event_id', 'record_hash'] : ['event_leaves', 'toFixedString(unhex(event_id), 16)', 'toFixedString(unhex(record_hash), 32)']
    return this.#reader.read(`SELECT leaf_index, \`offset\`, offset_index, ${id}, ${record}, ${tenant} FROM watchkeeper.${table} AS leaf WHERE ${where} ${order}`, 'RowBinary')
  }

  leaves(partition: number, from: number, count: number): AsyncIterable<Buffer> {
    return this.#leaves(`leaf.\`partition\` = ${partition} AND leaf.leaf_index >= ${from} AND leaf.leaf_index < ${from + count}`,
      'ORDER BY leaf.`partition`, leaf.leaf_index, leaf.event_id, leaf.record_hash')
  }

  async pieces(): Promise<readonly Piece[]> {
    const days = await this.#rowsOf(`SELECT tenant, toInt32(toDate32(started_at)) AS day, count() FROM watchkeeper.audit_events WHERE 1${this.#ofTenants}
      GROUP BY tenant, day ORDER BY tenant, day`)
    const pieces: Piece[] = []
    for (const [tenant, day, rows] of days) pieces.push(...await piecesOf({ tenant: String(tenant), day: Number(day), rows: Number(rows) }, this.#reader.mostRows, (sql) => this.#rowsOf(sql)))
    return pieces
  }

  async* rows({ id }: Piece): AsyncGenerator<Buffer> {
    for (const version of [2, 1] as const) {
      yield* this.#reader.read(`SELECT ${packed(version)} FROM watchkeeper.audit_events WHERE ${id} AND ${OF_VERSION[version]}`, 'RowBinary')
    }
  }

  dropped(): AsyncIterable<Buffer> {
    return this.#reader.read(`SELECT toUInt64(\`partition\`), \`offset\`, offset_index, toFixedString(substring(unhex(event_id), 1, 16), 16),
      toFixedString(substring(unhex(record_hash), 1, 32), 32), tenant FROM watchkeeper.removed_events FINAL WHERE how = 'dropped'${this.#ofTenants}`, 'RowBinary')
  }

  async anchored(): Promise<readonly string[]> {
    const rows = await this.#rowsOf(`SELECT note FROM watchkeeper.anchors WHERE ok AND note != '' GROUP BY note ORDER BY min(size), note`)
    return rows.map(([note]) => String(note))
  }

  async removals(): Promise<readonly Removal[]> {
    const rows = await this.#rowsOf(`SELECT removal_id, kind, concat(class, ' of ', tenant, ', ', toString(events), ' events, ', state, ': ', reason),
      toFloat64(toUnixTimestamp64Milli(greatest(started_at, finished_at)))
      FROM watchkeeper.removals WHERE 1${this.#ofTenants} ORDER BY started_at, removal_id`)
    return rows.map(([id, kind, detail, at]) => ({ id: String(id), kind: String(kind), detail: String(detail), at: Number(at) }))
  }

  async gaps(): Promise<readonly DeclaredGap[]> {
    const rows = await this.#rowsOf(`SELECT \`partition\`, toFloat64(\`offset\`), detail, if(state = 'discarded', concat(decided_by, ': ', decided_why), '')
      FROM watchkeeper.quarantine WHERE topic = 'events' AND reason IN ('missing_group', 'damaged_group') ORDER BY \`partition\`, \`offset\``)
    return rows.map(([partition, first, detail, explained]) => {
      const next = Number(/ to (\d+) cannot be read/.exec(String(detail))?.[1] ?? Number(first)) + 1
      return { partition: Number(partition), first: Number(first), next, detail: String(detail), explained: String(explained) }
    })
  }

  leavesWithin({ partition, first, next }: Places): AsyncIterable<Buffer> {
    return this.#leaves(`leaf.\`partition\` = ${partition} AND leaf.\`offset\` >= ${first} AND leaf.\`offset\` < ${next}`, 'ORDER BY leaf.leaf_index')
  }

  async* rowsWithin({ partition, first, next }: Places): AsyncGenerator<Buffer> {
    const where = `\`partition\` = ${partition} AND \`offset\` >= ${first} AND \`offset\` < ${next}${this.#ofTenants}`
    for (const version of [2, 1] as const) {
      yield* this.#reader.read(`SELECT ${packed(version)} FROM watchkeeper.audit_events WHERE ${where} AND ${OF_VERSION[version]}`, 'RowBinary')
    }
  }

  async find(eventId: string): Promise<{ readonly partition: number; readonly index: number } | undefined> {
    const [row] = await this.#rowsOf(`SELECT \`partition\`, toFloat64(leaf_index) FROM watchkeeper.event_leaves WHERE event_id = ${sqlText(eventId)} ORDER BY leaf_index LIMIT 1`)
    return row === undefined ? undefined : { partition: Number(row[0]), index: Number(row[1]) }
  }

  notes(): readonly [] {
    return []
  }

  faults(): readonly [] {
    return []
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}

/** `tenants`: rows of these alone; the leaves of all are read, without the names of the others. */
export const tableEvidence = (reader: EvidenceReader, tenants?: readonly string[]): EvidenceSource => new TableEvidence(reader, tenants)
