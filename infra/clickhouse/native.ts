/**
 * Rows to one block of ClickHouse's Native format: column count, row count, then per column name, type and all values; arrays and maps
 * as cumulative 64-bit ends followed by their items. (https://clickhouse.com/docs/interfaces/formats/Native)
 */
import { Failure } from '../../schemas/failure.ts'
import type { Row } from '../../schemas/ports.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Column, type ColumnType, enumValues, wireType } from './column-type.ts'

/** Says which value does not fit, by place and never by content. */
class Misfit extends Error {
  constructor(wanted: string) {
    super(`is no ${wanted}`)
    this.name = 'Misfit'
  }
}

interface Integer {
  readonly min: bigint
  readonly max: bigint
  readonly bytes: 1 | 2 | 4 | 8
}
const signed = (bytes: 1 | 2 | 4 | 8): Integer => ({ min: -(2n ** BigInt(bytes * 8 - 1)), max: 2n ** BigInt(bytes * 8 - 1) - 1n, bytes })
const unsigned = (bytes: 1 | 2 | 4 | 8): Integer => ({ min: 0n, max: 2n ** BigInt(bytes * 8) - 1n, bytes })
const INTEGERS: ReadonlyMap<string, Integer> = new Map([
  ['Int8', signed(1)], ['Int16', signed(2)], ['Int32', signed(4)], ['Int64', signed(8)], ['DateTime64', signed(8)],
  ['UInt8', unsigned(1)], ['UInt16', unsigned(2)], ['UInt32', unsigned(4)], ['UInt64', unsigned(8)],
])

/** Writes all values of a column, one after the other. Throws Misfit. */
type WriteColumn = (out: ByteWriter, values: readonly unknown[]) => void

function writeTexts(out: ByteWriter, values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value !== 'string') throw new Misfit('text')
    out.text(value)
  }
}

function writeBools(out: ByteWriter, values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value !== 'boolean') throw new Misfit('boolean')
    out.small(value ? 1 : 0, 1)
  }
}

function writeFloats(out: ByteWriter, values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value !== 'number') throw new Misfit('number')
    out.float64(value)
  }
}

const isWhole = (value: unknown): value is bigint | number => typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))

function integerWriter({ min, max, bytes }: Integer): WriteColumn {
  const misfit = (): Misfit => new Misfit(`integer between ${min} and ${max}`)
  if (bytes === 8) {
    return (out, values) => {
      for (const value of values) {
        if (!isWhole(value)) throw misfit()
        const whole = typeof value === 'bigint' ? value : BigInt(value)
        if (whole < min || whole > max) throw misfit()
        out.int64(whole)
      }
    }
  }
  const [least, most] = [Number(min), Number(max)]
  return (out, values) => {
    for (const value of values) {
      if (!isWhole(value) || value < least || value > most) throw misfit()
      out.small(Number(value), bytes)
    }
  }
}

function enumWriter(type: ColumnType): WriteColumn {
  const words = enumValues(type)
  return (out, values) => {
    for (const value of values) {
      const known = typeof value === 'string' ? words.get(value) : undefined
      if (known === undefined) throw new Misfit('word of its list')
      out.small(known, 1)
    }
  }
}

/** Cumulative ends, then the items of all rows as one column. */
function listWriter(writeItems: WriteColumn): WriteColumn {
  return (out, values) => {
    const items: unknown[] = []
    for (const value of values) {
      if (!Array.isArray(value)) throw new Misfit('list')
      for (let i = 0; i < value.length; i++) items.push(value[i])
      out.count(items.length)
    }
    writeItems(out, items)
  }
}

/** Cumulative ends, then all keys, then all values. */
function mapWriter(writeKeys: WriteColumn, writeItems: WriteColumn): WriteColumn {
  return (out, values) => {
    const keys: unknown[] = []
    const items: unknown[] = []
    for (const value of values) {
      if (!(value instanceof Map)) throw new Misfit('map')
      for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
        keys.push(key)
        items.push(item)
      }
      out.count(keys.length)
    }
    writeKeys(out, keys)
    writeItems(out, items)
  }
}

/** Element by element, of all values each: the fields of those names. */
function tupleWriter(names: readonly string[], writers: readonly WriteColumn[]): WriteColumn {
  return (out, values) => {
    for (const [i, write] of writers.entries()) {
      const name = names[i] ?? ''
      write(out, values.map((value) => {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) throw new Misfit('record of its elements')
        return (value as Readonly<Record<string, unknown>>)[name]
      }))
    }
  }
}

/** How a column of the type is written: decided once a column, so that the loops over its values meet one kind only. */
function columnWriter(type: ColumnType): WriteColumn {
  const inner = type.inner.map(columnWriter)
  const [first, second] = inner
  if (type.name === 'LowCardinality' && first !== undefined) return first
  if (type.name === 'Array' && first !== undefined) return listWriter(first)
  if (type.name === 'Map' && first !== undefined && second !== undefined) return mapWriter(first, second)
  if (type.name === 'Tuple') return tupleWriter(type.names ?? [], inner)
  if (type.name === 'String') return writeTexts
  if (type.name === 'Bool') return writeBools
  if (type.name === 'Float64') return writeFloats
  if (type.name === 'Enum8') return enumWriter(type)
  const integer = INTEGERS.get(type.name)
  if (integer === undefined) throw new TypeError(`blocks with columns of type ${type.name} cannot be written`)
  return integerWriter(integer)
}

/** Whether a row's own names are these, in this order. */
function has(row: Row, keys: readonly string[]): boolean {
  let at = 0
  for (const name in row) if (keys[at++] !== name) return false
  return at === keys.length
}

/** Into which column the value of each name goes. */
function columnsOf(keys: readonly string[], byName: ReadonlyMap<string, unknown[]>, row: number): unknown[][] {
  return keys.map((name) => {
    const column = byName.get(name)
    if (column === undefined) throw new Failure('rejected', 'store.row', `row ${row}: the table has no column ${JSON.stringify(name.slice(0, 64))}`)
    return column
  })
}

/**
 * Rows turned into columns. Names are looked up anew only where a row's differ from those of the row before it; they are gone through in the row
 * itself, because lists of its names and values would be two arrays a row.
 */
function transposed(columns: readonly Column[], rows: readonly Row[]): unknown[][] {
  const turned = columns.map((): unknown[] => new Array<unknown>(rows.length).fill(undefined))
  const byName = new Map(columns.map(({ name }, i) => [name, turned[i] as unknown[]]))
  let keys: readonly string[] = []
  let into: readonly unknown[][] = []
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place] as Row
    if (!has(row, keys)) {
      keys = Object.keys(row)
      into = columnsOf(keys, byName, place)
    }
    let at = 0
    for (const name in row) (into[at++] as unknown[])[place] = row[name]
  }
  return turned
}

/** One Native block. Throws Failure `rejected` (`store.row`) that names row and column of the first value that does not fit. */
export function encodeBlock(columns: readonly Column[], rows: readonly Row[]): Buffer {
  const values = transposed(columns, rows)
  const out = new ByteWriter(rows.length * columns.length * 16)
  out.varint(columns.length)
  out.varint(rows.length)
  for (const [i, { name, type }] of columns.entries()) {
    const column = values[i] as unknown[]
    const write = columnWriter(type)
    out.text(name)
    out.text(wireType(type))
    try {
      write(out, column)
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      throw new Failure('rejected', 'store.row', `row ${misfitOf(write, column)}, column ${name}: the value ${error.message}`)
    }
  }
  return out.bytes()
}

/** Which row it was: looked for only when something is wrong. */
function misfitOf(write: WriteColumn, column: readonly unknown[]): number {
  return column.findIndex((value) => {
    try {
      write(new ByteWriter(64), [value])
      return false
    } catch {
      return true
    }
  })
}
