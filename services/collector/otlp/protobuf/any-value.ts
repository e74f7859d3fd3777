/** AnyValue, ArrayValue, KeyValueList and KeyValue of common.proto. Nested values are read with an explicit stack. */
import type { AttributeList } from '../attribute-list.ts'
import { Double } from '../model.ts'
import type { AnyValue } from '../model.ts'
import { BYTES, FIXED64, VARINT } from './reader.ts'
import type { Reader } from './reader.ts'

const ANY_VALUE = {
  1: 'string_value', 2: 'bool_value', 3: 'int_value', 4: 'double_value', 5: 'array_value', 6: 'kvlist_value', 7: 'bytes_value',
}
const KEY_VALUE = { 1: 'key', 2: 'value' }
const VALUES = { 1: 'values' }

const STRING = (1 << 3) | BYTES
const BOOL = (2 << 3) | VARINT
const INT = (3 << 3) | VARINT
const DOUBLE = (4 << 3) | FIXED64
const LIST = (5 << 3) | BYTES
const MAP = (6 << 3) | BYTES
const BLOB = (7 << 3) | BYTES
const FIRST = (1 << 3) | BYTES
const SECOND = (2 << 3) | BYTES

/** Reads one length-prefixed KeyValue into `into`. Of a repeated key the last value counts. */
export function readKeyValue(reader: Reader, into: AttributeList, field: string): void {
  reader.budget.part(field)
  const outer = reader.enter(field)
  if (!readTextAttribute(reader, into)) readAnyAttribute(reader, into)
  reader.leave(outer)
}

/** Nearly every attribute is a key and then a text, with lengths below 2^14: told by where they end, and read without a call a field. */
function readTextAttribute(reader: Reader, into: AttributeList): boolean {
  const { bytes, pos, limit } = reader
  if (bytes[pos] !== FIRST || bytes[pos + 1]! > 127) return false
  const keyEnd = pos + 2 + bytes[pos + 1]!
  if (bytes[keyEnd] !== SECOND) return false
  const valueStart = startOf(bytes, keyEnd + 1, limit)
  if (bytes[valueStart] !== STRING) return false
  const textStart = startOf(bytes, valueStart + 1, limit)
  if (textStart < 0) return false
  into.set(reader.keyAt(pos + 2, keyEnd), reader.textAt(textStart, limit))
  reader.pos = limit
  return true
}

/** Where what has its length at `at` starts, if it goes on to `end` exactly; else -1. */
function startOf(bytes: Buffer, at: number, end: number): number {
  const low = bytes[at]!
  if (low < 128) return at + 1 + low === end ? at + 1 : -1
  const high = bytes[at + 1]!
  return high < 128 && at + 2 + (low & 127) + (high << 7) === end ? at + 2 : -1
}

function readAnyAttribute(reader: Reader, into: AttributeList): void {
  let key = ''
  let value: AnyValue = null
  while (reader.pos < reader.limit) {
    const tag = reader.tag('KeyValue')
    if (tag === FIRST) key = reader.key('KeyValue.key')
    else if (tag === SECOND) value = readAnyValue(reader, 'KeyValue.value')
    else reader.skip(tag, 'KeyValue', KEY_VALUE)
  }
  into.set(key, value)
}

/** Reads one length-prefixed AnyValue; null where no kind is set. Of several kinds the last counts. */
export function readAnyValue(reader: Reader, field: string): AnyValue {
  const outer = reader.enter(field)
  let value: AnyValue = null
  while (reader.pos < reader.limit) {
    const tag = reader.tag('AnyValue')
    value = tag === LIST || tag === MAP ? readNested(reader, tag) : readScalar(reader, tag, value)
  }
  reader.leave(outer)
  return value
}

function readScalar(reader: Reader, tag: number, before: AnyValue): AnyValue {
  switch (tag) {
    case STRING: return reader.text('AnyValue.string_value')
    case INT: return reader.int64('AnyValue.int_value')
    case BOOL: return reader.bool('AnyValue.bool_value')
    case DOUBLE: return new Double(reader.double('AnyValue.double_value'))
    case BLOB: return reader.blob('AnyValue.bytes_value')
    default:
      reader.skip(tag, 'AnyValue', ANY_VALUE)
      return before
  }
}

/** A message that is not read to its end yet. `depth` counts the AnyValues around and including it. */
type Frame = { readonly outer: number; readonly depth: number } & (
  | { readonly kind: 'value'; value: AnyValue }
  | { readonly kind: 'pair'; key: string; value: AnyValue }
  | { readonly kind: 'list'; readonly value: AnyValue[] }
  | { readonly kind: 'map'; readonly value: Map<string, AnyValue> }
)

function readNested(reader: Reader, tag: number): AnyValue {
  const stack: Frame[] = [container(reader, tag, 1)]
  for (;;) {
    const top = stack[stack.length - 1]!
    if (reader.pos < reader.limit) {
      const inner = step(reader, top)
      if (inner !== undefined) stack.push(inner)
      continue
    }
    reader.leave(top.outer)
    stack.pop()
    const parent = stack[stack.length - 1]
    if (parent === undefined) return top.value
    deliver(top, parent)
  }
}

/** Reads one field of `top`; the answer is a nested message that has to be read first. */
function step(reader: Reader, top: Frame): Frame | undefined {
  switch (top.kind) {
    case 'value': return stepValue(reader, top)
    case 'pair': return stepPair(reader, top)
    case 'list': return stepList(reader, top.depth)
    case 'map': return stepMap(reader, top.depth)
  }
}

function stepValue(reader: Reader, top: Frame & { kind: 'value' }): Frame | undefined {
  const tag = reader.tag('AnyValue')
  if (tag === LIST || tag === MAP) return container(reader, tag, top.depth)
  top.value = readScalar(reader, tag, top.value)
  return undefined
}

function stepPair(reader: Reader, top: Frame & { kind: 'pair' }): Frame | undefined {
  const tag = reader.tag('KeyValue')
  if (tag === SECOND) return innerValue(reader, top.depth, 'KeyValue.value')
  if (tag === FIRST) top.key = reader.key('KeyValue.key')
  else reader.skip(tag, 'KeyValue', KEY_VALUE)
  return undefined
}

function stepList(reader: Reader, depth: number): Frame | undefined {
  const tag = reader.tag('ArrayValue')
  if (tag !== FIRST) return void reader.skip(tag, 'ArrayValue', VALUES)
  reader.budget.part('ArrayValue.values')
  return innerValue(reader, depth, 'ArrayValue.values')
}

function stepMap(reader: Reader, depth: number): Frame | undefined {
  const tag = reader.tag('KeyValueList')
  if (tag !== FIRST) return void reader.skip(tag, 'KeyValueList', VALUES)
  reader.budget.part('KeyValueList.values')
  return { kind: 'pair', outer: reader.enter('KeyValueList.values'), depth, key: '', value: null }
}

function innerValue(reader: Reader, depth: number, field: string): Frame {
  if (depth >= reader.budget.depth) throw reader.budget.tooDeep(field)
  return { kind: 'value', outer: reader.enter(field), depth: depth + 1, value: null }
}

function container(reader: Reader, tag: number, depth: number): Frame {
  return tag === LIST
    ? { kind: 'list', outer: reader.enter('AnyValue.array_value'), depth, value: [] }
    : { kind: 'map', outer: reader.enter('AnyValue.kvlist_value'), depth, value: new Map() }
}

function deliver(child: Frame, parent: Frame): void {
  if (parent.kind === 'list') parent.value.push(child.value)
  else if (parent.kind === 'map') parent.value.set(child.kind === 'pair' ? child.key : '', child.value)
  else parent.value = child.value
}
