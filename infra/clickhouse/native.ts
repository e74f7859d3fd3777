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

function writeInteger(out: ByteWriter, value: unknown, { min, max, bytes }: Integer): void {
  const whole = typeof value === 'bigint' ? value : typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (whole === undefined || whole < min || whole > max) throw new Misfit(`integer between ${min} and ${max}`)
  if (bytes === 8) out.int64(whole)
  else out.small(Number(whole), bytes)
}

type WriteScalar = (out: ByteWriter, value: unknown) => void

function writeText(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'string') throw new Misfit('text')
  out.text(value)
}

function writeBool(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'boolean') throw new Misfit('boolean')
  out.small(value ? 1 : 0, 1)
}

function writeFloat(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'number') throw new Misfit('number')
  out.float64(value)
}

function enumWriter(type: ColumnType): WriteScalar {
  const words = enumValues(type)
  return (out, value) => {
    const known = typeof value === 'string' ? words.get(value) : undefined
    if (known === undefined) throw new Misfit('word of its list')
    out.small(known, 1)
  }
}

/** How values of the type are written: decided once a column, not once a value. */
function scalarWriter(type: ColumnType): WriteScalar {
  if (type.name === 'String') return writeText
  if (type.name === 'Bool') return writeBool
  if (type.name === 'Float64') return writeFloat
  if (type.name === 'Enum8') return enumWriter(type)
  const integer = INTEGERS.get(type.name)
  if (integer === undefined) throw new TypeError(`blocks with columns of type ${type.name} cannot be written`)
  return (out, value) => writeInteger(out, value, integer)
}

/** Cumulative ends, then all items of all rows as one column each. */
function writeNested(out: ByteWriter, type: ColumnType, values: readonly unknown[]): void {
  const items: unknown[][] = type.inner.map(() => [])
  let end = 0
  for (const value of values) {
    if (type.name === 'Map' ? !(value instanceof Map) : !Array.isArray(value)) throw new Misfit(type.name === 'Map' ? 'map' : 'list')
    for (const item of value as Iterable<unknown>) {
      if (type.name === 'Map') for (const [i, part] of (item as [unknown, unknown]).entries()) items[i]?.push(part)
      else items[0]?.push(item)
      end++
    }
    out.count(end)
  }
  for (const [i, inner] of type.inner.entries()) writeValues(out, inner, items[i] ?? [])
}

function writeValues(out: ByteWriter, type: ColumnType, values: readonly unknown[]): void {
  if (type.name === 'LowCardinality') for (const inner of type.inner) writeValues(out, inner, values)
  else if (type.name === 'Array' || type.name === 'Map') writeNested(out, type, values)
  else {
    const write = scalarWriter(type)
    for (const value of values) write(out, value)
  }
}

function checkNames(names: ReadonlySet<string>, row: Row, place: number): void {
  const unknown = Object.keys(row).find((name) => !names.has(name))
  if (unknown !== undefined) throw new Failure('rejected', 'store.row', `row ${place}: the table has no column ${JSON.stringify(unknown.slice(0, 64))}`)
}

/** One Native block. Throws Failure `rejected` (`store.row`) that names row and column of the first value that does not fit. */
export function encodeBlock(columns: readonly Column[], rows: readonly Row[]): Buffer {
  const out = new ByteWriter(rows.length * columns.length * 8)
  const names = new Set(columns.map((column) => column.name))
  for (const [place, row] of rows.entries()) checkNames(names, row, place)
  out.varint(columns.length)
  out.varint(rows.length)
  for (const { name, type } of columns) {
    out.text(name)
    out.text(wireType(type))
    try {
      writeValues(out, type, rows.map((row) => row[name]))
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      throw new Failure('rejected', 'store.row', `row ${misfitOf(type, rows, name)}, column ${name}: the value ${error.message}`)
    }
  }
  return out.bytes()
}

/** Which row it was: looked for only when something is wrong. */
function misfitOf(type: ColumnType, rows: readonly Row[], name: string): number {
  return rows.findIndex((row) => {
    try {
      writeValues(new ByteWriter(64), type, [row[name]])
      return false
    } catch {
      return true
    }
  })
}
