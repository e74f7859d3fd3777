/** Canonical bytes of events to one Native block, column by column, without making strings or objects of them. */
import { CANONICAL_FIELDS, type CanonicalKind } from '../../schemas/canonical.ts'
import { Failure } from '../../schemas/failure.ts'
import type { StoredEvent } from '../../schemas/ports.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Column, wireType } from './column-type.ts'
import { EventRows } from './event-rows.ts'

/** Where the types of a map's entries stand: `attributes` → `attribute_types`. */
export const typesColumn = (map: string): string => map.replace(/s$/, '_types')

const POSITION_COLUMNS = ['partition', 'offset', 'offset_index', 'content_hash', 'record_hash']

/** Columns of `audit_events` in order: the canonical fields, each map followed by its types, then the position. */
export const EVENT_COLUMNS: readonly string[] = [
  ...CANONICAL_FIELDS.flatMap(({ name, kind }) => (kind === 'map' ? [name, typesColumn(name)] : [name])),
  ...POSITION_COLUMNS,
]

const SHAPES: Readonly<Record<CanonicalKind, RegExp>> = {
  text: /^String$/, int: /^(?:Int64|DateTime64\(9, 'UTC'\))$/, flag: /^Bool$/, texts: /^Array\(String\)$/, map: /^Map\(String, String\)$/,
}

/** Throws Failure `defect` when the table is not what the canonical form asks for. */
export function checkEventColumns(columns: readonly Column[]): void {
  const kinds = new Map<string, CanonicalKind>(CANONICAL_FIELDS.map(({ name, kind }) => [name, kind]))
  const misfit = EVENT_COLUMNS.findIndex((name, i) => {
    const column = columns[i]
    const kind = kinds.get(name)
    return column?.name !== name || (kind !== undefined && !SHAPES[kind].test(wireType(column.type)))
  })
  if (misfit >= 0 || columns.length !== EVENT_COLUMNS.length) {
    throw new Failure('defect', 'store.columns', `audit_events and the canonical form differ at column ${columns[misfit]?.name ?? EVENT_COLUMNS.length}`)
  }
}

class EventBlock {
  readonly #out: ByteWriter
  readonly #rows: EventRows
  readonly #types: ReadonlyMap<string, string>

  constructor(columns: readonly Column[], records: readonly Buffer[]) {
    this.#rows = new EventRows(records)
    this.#out = new ByteWriter(this.#rows.bytes + records.length * 256 + 16_384)
    this.#types = new Map(columns.map(({ name, type }) => [name, wireType(type)]))
    this.#out.varint(columns.length)
    this.#out.varint(records.length)
  }

  #head(name: string): ByteWriter {
    this.#out.text(name)
    this.#out.text(this.#types.get(name) ?? '')
    return this.#out
  }

  #map(name: string): void {
    const out = this.#head(name)
    const start = out.length
    const counts = this.#rows.counts(out)
    const ends = Buffer.from(out.buffer.subarray(start, out.length))
    const types = new ByteWriter(counts.length * 16)
    this.#rows.keys(out, types, counts)
    this.#rows.values(out, counts)
    this.#head(typesColumn(name))
    this.raw(ends)
    this.raw(types.bytes())
  }

  raw(bytes: Buffer): void {
    this.#out.reserve(bytes.length)
    this.#out.length += bytes.copy(this.#out.buffer, this.#out.length)
  }

  field(name: string, kind: CanonicalKind): void {
    if (kind === 'map') return this.#map(name)
    const out = this.#head(name)
    if (kind === 'text') this.#rows.text(out)
    else if (kind === 'int') this.#rows.fixed(out, 8)
    else if (kind === 'flag') this.#rows.fixed(out, 1)
    else this.#rows.items(out, this.#rows.counts(out))
  }

  position(events: readonly StoredEvent[]): Buffer {
    this.#rows.finish()
    const partition = this.#head('partition')
    for (const event of events) partition.small(event.partition, 4)
    const offset = this.#head('offset')
    for (const event of events) offset.count(event.offset)
    const index = this.#head('offset_index')
    for (const event of events) index.small(event.offsetIndex, 4)
    this.#hashes('content_hash', events, (event) => event.contentHash)
    this.#hashes('record_hash', events, (event) => event.recordHash)
    return this.#out.bytes()
  }

  #hashes(name: string, events: readonly StoredEvent[], of: (event: StoredEvent) => string): void {
    const out = this.#head(name)
    out.reserve(events.length * 65)
    for (const event of events) {
      out.varint(64)
      if (of(event).length !== 64) throw new Failure('rejected', 'store.event', `an event's ${name} is not 64 hex digits`)
      out.length += out.buffer.write(of(event), out.length, 64, 'latin1')
    }
  }
}

/** One Native block of `audit_events`. Throws Failure `rejected` (`store.event`) when a record is damaged. */
export function encodeEvents(columns: readonly Column[], events: readonly StoredEvent[]): Buffer {
  const block = new EventBlock(columns, events.map((event) => event.bytes))
  for (const { name, kind } of CANONICAL_FIELDS) block.field(name, kind)
  return block.position(events)
}
