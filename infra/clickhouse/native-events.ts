/** Canonical bytes of events to one Native block, column by column, without making strings or objects of them. */
import { HASH_DIGITS } from '../../schemas/canonical.ts'
import { CANONICAL_FIELDS, type CanonicalKind } from '../../schemas/canonical-order.ts'
import { Failure } from '../../schemas/failure.ts'
import type { StoredEvent } from '../../schemas/ports.ts'
import { ByteSource } from './byte-lanes.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Column, wireType } from './column-type.ts'
import { EventColumns } from './event-columns.ts'

/** Where the types of a map's entries stand: `attributes` → `attribute_types`. */
export const typesColumn = (map: string): string => map.replace(/s$/, '_types')

const POSITION_COLUMNS = ['partition', 'offset', 'offset_index', 'content_hash', 'record_hash']

/** Columns of `audit_events` that are inserted, in order: the canonical fields, each map followed by its types, then the position. What follows keeps its defaults. */
export const EVENT_COLUMNS: readonly string[] = [
  ...CANONICAL_FIELDS.flatMap(({ name, kind }) => (kind === 'map' ? [name, typesColumn(name)] : [name])),
  ...POSITION_COLUMNS,
]

const SHAPES: Readonly<Record<CanonicalKind, RegExp>> = {
  text: /^String$/, int: /^(?:Int64|DateTime64\(9, 'UTC'\))$/, flag: /^Bool$/, texts: /^Array\(String\)$/, map: /^Map\(String, String\)$/,
}

function checkEventColumns(columns: readonly Column[]): void {
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

/** Name and type as they stand before a column's values. */
function head(name: string, type: string): Buffer {
  const out = new ByteWriter(128)
  out.text(name)
  out.text(type)
  return out.bytes()
}

/** `behind`: digits between `hashesAt` and the hash. Digits go in steps of four. */
function hashColumn(events: readonly StoredEvent[], behind: number): Buffer {
  const out = Buffer.allocUnsafeSlow(events.length * (HASH_DIGITS + 1))
  const into = new DataView(out.buffer)
  const source = new ByteSource()
  let to = 0
  for (const { hashes, hashesAt } of events) {
    if (hashesAt + behind + HASH_DIGITS > hashes.length) throw new Failure('rejected', 'store.event', 'a hash of an event is not 64 hex digits')
    source.turnTo(hashes.buffer)
    out[to++] = HASH_DIGITS
    const from = hashes.byteOffset + hashesAt + behind
    for (let i = 0; i < HASH_DIGITS; i += 4) into.setInt32(to + i, source.view.getInt32(from + i, true), true)
    to += HASH_DIGITS
  }
  return out
}

function positionColumns(events: readonly StoredEvent[]): Uint8Array[] {
  const partition = new ByteWriter(events.length * 4)
  const offset = new ByteWriter(events.length * 8)
  const index = new ByteWriter(events.length * 4)
  for (const event of events) {
    partition.small(event.partition, 4)
    offset.count(event.offset)
    index.small(event.offsetIndex, 4)
  }
  return [partition.bytes(), offset.bytes(), index.bytes(), hashColumn(events, 0), hashColumn(events, HASH_DIGITS)]
}

/** Above this many bytes the memory of a block is not kept for the next. */
const MOST_KEPT = 48 * 1024 * 1024

/** One Native block, in parts in order. */
export interface EventBlock {
  readonly parts: readonly Uint8Array[]
  /** Gives the memory of the parts back: call it at most once, when nobody reads them any more. */
  release(): void
}

/**
 * Makes blocks of `audit_events`. The memory of a block that was released serves the next one: V8 counts such memory until its next full
 * collection, and starts one for every 64 MiB.
 */
export class EventEncoder {
  readonly #heads: readonly Buffer[]
  #sizes: number[] = []
  #spare: EventColumns | undefined

  /** Throws Failure `defect` when `columns` are not those of the canonical form. */
  constructor(columns: readonly Column[]) {
    checkEventColumns(columns)
    this.#heads = columns.map(({ name, type }) => head(name, wireType(type)))
  }

  /** Throws Failure `rejected` (`store.event`) when a record is damaged. */
  encode(events: readonly StoredEvent[]): EventBlock {
    const fields = this.#spare ?? new EventColumns(this.#sizes)
    this.#spare = undefined
    for (const [row, event] of events.entries()) fields.add(event.bytes, row)
    this.#sizes = fields.sizes()
    const start = new ByteWriter(16)
    start.varint(EVENT_COLUMNS.length)
    start.varint(events.length)
    const columns: Uint8Array[][] = [...CANONICAL_FIELDS.flatMap((_, field) => fields.columns(field)), ...positionColumns(events).map((bytes) => [bytes])]
    const parts = [start.bytes(), ...columns.flatMap((bytes, i) => [this.#heads[i] as Uint8Array, ...bytes])]
    return { parts, release: () => this.#keep(fields) }
  }

  #keep(fields: EventColumns): void {
    if (fields.capacity() > MOST_KEPT) return
    fields.restart()
    this.#spare = fields
  }
}
