/**
 * Results in ClickHouse's RowBinaryWithNamesAndTypes as JavaScript values, exact: 64-bit integers and DateTime64 (its ticks) as bigint,
 * Bool as boolean, Map as Map, Nullable as null. (https://clickhouse.com/docs/interfaces/formats/RowBinaryWithNamesAndTypes)
 */
import type { Row } from '../../schemas/ports.ts'
import { type Column, type ColumnType, enumValues, parseType } from './column-type.ts'

class Cursor {
  readonly bytes: Buffer
  at = 0
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Steps over `size` bytes and says where they began. */
  take(size: number): number {
    const start = this.at
    if (start + size > this.bytes.length) throw new RangeError('the result ends inside a value')
    this.at = start + size
    return start
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.bytes[this.take(1)] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  text(size = this.varint()): string {
    const start = this.take(size)
    return this.bytes.toString('utf8', start, this.at)
  }
}

type Read = (cursor: Cursor) => unknown
const SCALARS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['String', (c) => c.text()],
  ['Bool', (c) => c.bytes[c.take(1)] === 1],
  ['UInt8', (c) => c.bytes.readUInt8(c.take(1))], ['Int8', (c) => c.bytes.readInt8(c.take(1))],
  ['UInt16', (c) => c.bytes.readUInt16LE(c.take(2))], ['Int16', (c) => c.bytes.readInt16LE(c.take(2))],
  ['UInt32', (c) => c.bytes.readUInt32LE(c.take(4))], ['Int32', (c) => c.bytes.readInt32LE(c.take(4))],
  ['UInt64', (c) => c.bytes.readBigUInt64LE(c.take(8))], ['Int64', (c) => c.bytes.readBigInt64LE(c.take(8))],
  ['DateTime64', (c) => c.bytes.readBigInt64LE(c.take(8))],
  ['Float32', (c) => c.bytes.readFloatLE(c.take(4))], ['Float64', (c) => c.bytes.readDoubleLE(c.take(8))],
  /** The type of a bare NULL or an empty list: it has no bytes. */
  ['Nothing', () => null],
  /** Days since 1970, seconds since 1970. */
  ['Date', (c) => c.bytes.readUInt16LE(c.take(2))], ['Date32', (c) => c.bytes.readInt32LE(c.take(4))],
  ['DateTime', (c) => c.bytes.readUInt32LE(c.take(4))],
])

function listReader(item: Read): Read {
  return (cursor) => Array.from({ length: cursor.varint() }, () => item(cursor))
}

function mapReader(key: Read, value: Read): Read {
  return (cursor) => {
    const entries = new Map<unknown, unknown>()
    for (let left = cursor.varint(); left > 0; left--) {
      const name = key(cursor)
      entries.set(name, value(cursor))
    }
    return entries
  }
}

function enumReader(type: ColumnType): Read {
  const words = new Map([...enumValues(type)].map(([word, number]) => [number, word]))
  return type.name === 'Enum8' ? (c) => words.get(c.bytes.readInt8(c.take(1))) : (c) => words.get(c.bytes.readInt16LE(c.take(2)))
}

function readerOf(type: ColumnType): Read {
  const scalar = SCALARS.get(type.name)
  if (scalar !== undefined) return scalar
  const [first, second] = type.inner.map(readerOf)
  if (type.name === 'FixedString') return (cursor) => cursor.text(Number(type.parameters[0]))
  if (type.name.startsWith('Enum')) return enumReader(type)
  if (type.name === 'Map' && first !== undefined && second !== undefined) return mapReader(first, second)
  if (type.name === 'Tuple') return tupleReader(type.inner.map(readerOf))
  if (first === undefined) throw new TypeError(`results with columns of type ${type.name} cannot be read: cast it in the query`)
  if (type.name === 'LowCardinality') return first
  if (type.name === 'Array') return listReader(first)
  return (cursor) => (cursor.bytes[cursor.take(1)] === 1 ? null : first(cursor))
}

const tupleReader = (items: readonly Read[]): Read => (cursor) => items.map((item) => item(cursor))

/** Column names and types at the head of the result. */
function readHead(cursor: Cursor): Column[] {
  const names = Array.from({ length: cursor.varint() }, () => cursor.text())
  return names.map((name) => ({ name, type: parseType(cursor.text()) }))
}

/** All rows of `bytes`, which must be RowBinaryWithNamesAndTypes. Throws RangeError when cut, TypeError for a type it does not know. */
export function decodeRows(bytes: Buffer): Row[] {
  if (bytes.length === 0) return []
  const cursor = new Cursor(bytes)
  const readers = readHead(cursor).map(({ name, type }) => ({ name, read: readerOf(type) }))
  const rows: Row[] = []
  while (cursor.at < bytes.length) {
    const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>
    for (const { name, read } of readers) row[name] = read(cursor)
    rows.push(row)
  }
  return rows
}
