/**
 * Fields of an OTLP/JSON object, by the rules of the OTLP specification and the JSON mapping of proto3: a missing field and null are the
 * default; 64-bit integers are strings or numbers; enums are integers; ids are hex. Each throws Failure `rejected` that names the field.
 * In one thing the mapping is followed and not OTLP, which wants lowerCamelCase alone: original names (`start_time_unix_nano`) are taken too,
 * or what is under them would be lost without a word.
 */
import { undecodable } from '../budget.ts'
import { integer } from '../integer.ts'

export type JsonObject = Readonly<Record<string, unknown>>

const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n
const HEX = /^[0-9a-fA-F]*$/
const INTEGER = /^-?[0-9]{1,20}$/
/** With the `u` flag a pair is one character, so only halves match. */
const LONE_SURROGATE = /[\ud800-\udfff]/u
const DOUBLE = /^-?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)$/

/** Names of several words as they stand in the .proto files. */
const ORIGINALS: ReadonlyMap<string, string> = new Map([
  'resourceSpans', 'scopeSpans', 'resourceLogs', 'scopeLogs', 'logRecords', 'resourceMetrics', 'scopeMetrics',
  'traceId', 'spanId', 'parentSpanId', 'traceState', 'startTimeUnixNano', 'endTimeUnixNano', 'timeUnixNano', 'observedTimeUnixNano',
  'severityNumber', 'severityText', 'eventName', 'exponentialHistogram', 'aggregationTemporality', 'dataPoints', 'asInt', 'asDouble',
].map((name) => [name, originalName(name)]))

/** `start_time_unix_nano` for `startTimeUnixNano`. */
export function originalName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** An own property only, so that no name reaches a prototype. Both spellings at once are refused: readers would differ in what they see. */
export function field(object: JsonObject, name: string): unknown {
  const original = ORIGINALS.get(name)
  if (original === undefined || !Object.hasOwn(object, original)) return Object.hasOwn(object, name) ? object[name] : undefined
  if (Object.hasOwn(object, name)) throw undecodable(`${name}: is there twice, the second time as ${original}`)
  return object[original]
}

export function asObject(value: unknown, name: string): JsonObject {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw undecodable(`${name}: is no object`)
  return value as JsonObject
}

export function asList(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw undecodable(`${name}: is no array`)
  return value
}

/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD as they would on the way to disk. */
export function asText(value: unknown, name: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw undecodable(`${name}: is no string`)
  return LONE_SURROGATE.test(value) ? Buffer.from(value).toString('utf8') : value
}

export function asEnum(value: unknown, name: string): number {
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number' || (value | 0) !== value) throw undecodable(`${name}: is no enum number (names are not allowed in OTLP/JSON)`)
  return value
}

/** Signed or unsigned 64 bits as a bigint. */
export function asInteger(value: unknown, name: string): bigint {
  if (value === undefined || value === null) return 0n
  if (typeof value === 'number' && Number.isInteger(value)) return inRange(BigInt(value), name)
  if (typeof value === 'string' && INTEGER.test(value)) return inRange(BigInt(value), name)
  throw undecodable(`${name}: is no integer`)
}

/** Nanoseconds since 1970: fixed64, never negative. */
export function asNanos(value: unknown, name: string): bigint {
  const nanos = asInteger(value, name)
  if (nanos < 0n) throw undecodable(`${name}: is negative`)
  return nanos
}

export function asPlainInteger(value: unknown, name: string): number | bigint {
  const exact = asInteger(value, name)
  if (exact !== BigInt.asIntN(64, exact)) throw undecodable(`${name}: is no 64-bit integer`)
  return integer(exact)
}

function inRange(value: bigint, name: string): bigint {
  if (value < INT64_MIN || value > UINT64_MAX) throw undecodable(`${name}: is no 64-bit integer`)
  return value
}

const NOT_FINITE: ReadonlyMap<unknown, number> = new Map([['NaN', Number.NaN], ['Infinity', Infinity], ['-Infinity', -Infinity]])

/** Digits that are more than a double can hold are an error in the JSON mapping of proto3, not an infinity. */
export function asDouble(value: unknown, name: string): number {
  const named = NOT_FINITE.get(value)
  if (named !== undefined) return named
  const number = typeof value === 'string' && DOUBLE.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw undecodable(`${name}: is no number that a double can hold`)
}

/** `digits`: 32 for a trace id, 16 for a span id. '' for hex of another length or of zeroes only, which the specification calls no id. */
export function asId(value: unknown, digits: number, name: string): string {
  const text = asText(value, name)
  if (text.length === digits && HEX.test(text)) return allZero(text) ? '' : text.toLowerCase()
  if (!HEX.test(text)) throw undecodable(`${name}: is not hexadecimal (ids are hex, not base64, in OTLP/JSON)`)
  return ''
}

function allZero(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== 0x30) return false
  return true
}
