/** How a value of any OTLP kind becomes the text of a field; '' = nothing usable. Every reading is linear in its input. */
import { isUtf8 } from 'node:buffer'
import { type AnyValue, Double } from '../otlp/model.ts'
import { actorsIn } from './actors.ts'
import type { Reading, Source } from './emitters/table.ts'
import { jsonText } from './values.ts'
import { MCP_METHODS, WITHHELD } from './words.ts'

/** Go's logs send JSON and other text as bytes. '' where they are none. */
function textIn(bytes: Uint8Array): string {
  if (!isUtf8(bytes) || bytes.includes(0)) return ''
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** Scalars as text; a list of one as its only member. */
export function plainText(value: AnyValue | undefined): string {
  if (typeof value === 'string') return value === WITHHELD ? '' : value
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  if (value instanceof Double) return String(value.value)
  if (value instanceof Uint8Array) return plainText(textIn(value))
  return Array.isArray(value) && value.length === 1 && typeof value[0] !== 'object' ? plainText(value[0] as AnyValue) : ''
}

/** The members of a list, also of one that is sent as JSON text; undefined where it is none. An IPv6 address with its port stands in brackets, too. */
function membersOf(value: AnyValue): readonly AnyValue[] | undefined {
  if (Array.isArray(value)) return value as readonly AnyValue[]
  const text = plainText(value)
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  try {
    return JSON.parse(text) as readonly AnyValue[]
  } catch {
    return undefined
  }
}

const textsOf = (members: readonly AnyValue[]): string[] => members.map(plainText).filter((each) => each !== '')

function first(value: AnyValue): string {
  const members = membersOf(value)
  return plainText(members === undefined ? value : members[0])
}

/** A header that came several times is one list (RFC 9110, 5.3). */
function list(value: AnyValue): string {
  const members = membersOf(value)
  return members === undefined ? plainText(value) : textsOf(members).join(', ')
}

/** Words of a text or of a list of texts. */
export function wordsOf(value: AnyValue): string[] {
  const members = membersOf(value)
  if (members !== undefined) return textsOf(members)
  return plainText(value)
    .split(/[\s,]+/)
    .filter((word) => word !== '')
}

/** Words with one space between. */
const words = (value: AnyValue): string =>
  typeof value === 'string' && value !== WITHHELD && !/^\[|[\s,]/.test(value) ? value : wordsOf(value).join(' ')

function braced(value: AnyValue): string {
  const text = plainText(value)
  return text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text
}

const structured = (value: AnyValue): string => (typeof value === 'object' && value !== null ? plainBytes(value) || jsonText(value) : plainText(value))

const plainBytes = (value: AnyValue): string => (value instanceof Uint8Array ? textIn(value) : '')

/** `10.1.2.3:99`, `[::1]:99` and bare addresses. */
export function addressIn(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.includes(']') ? text.indexOf(']') : undefined)
  const colon = text.indexOf(':')
  return colon !== -1 && colon === text.lastIndexOf(':') ? text.slice(0, colon) : text
}

const address = (value: AnyValue): string => addressIn(plainText(value))

/** A non-ASCII name comes as `=?base64?…?=` (MCP 2026-07-28, Streamable HTTP). */
function mcpName(value: AnyValue): string {
  const text = first(value)
  const encoded = text.startsWith('=?base64?') && text.endsWith('?=') && text.length > 11
  return encoded ? Buffer.from(text.slice(9, -2), 'base64').toString('utf8') : text
}

function path(value: AnyValue): string {
  const text = plainText(value)
  const scheme = text.indexOf('://')
  const start = scheme === -1 ? 0 : text.indexOf('/', scheme + 3)
  return start === -1 ? '/' : (text.slice(start).split(/[?#]/, 1)[0] ?? '')
}

/** Python writes booleans as `True`. */
const flag = (value: AnyValue): string => plainText(value).toLowerCase()

const verb = (value: AnyValue): string => plainText(value).split(' ', 1)[0] ?? ''

/** The path in `POST /mcp HTTP/1.1`. */
const requestPath = (value: AnyValue): string => path(plainText(value).split(' ', 2)[1] ?? '')

function milliseconds(value: AnyValue): string {
  const text = plainText(value)
  return text.endsWith('ms') ? text.slice(0, -2) : text
}

function seconds(value: AnyValue): string {
  const text = plainText(value)
  const number = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? String(number * 1_000) : ''
}

const READ: Readonly<Record<Reading, (value: AnyValue) => string>> = {
  text: plainText,
  braced,
  json: structured,
  words,
  address,
  header: first,
  actors: actorsIn,
  list,
  'mcp-method': (value) => (MCP_METHODS.has(plainText(value)) ? plainText(value) : ''),
  'mcp-name': mcpName,
  path,
  verb,
  'request-path': requestPath,
  flag,
  negated: (value) => NEGATED.get(flag(value)) ?? '',
  milliseconds,
  seconds,
}

/** Several fields are read from one attribute one after the other: the text is parsed once. */
let lastText = ''
let lastParsed: unknown

function parsed(text: string): unknown {
  if (!text.startsWith('{')) return undefined
  if (text === lastText) return lastParsed
  try {
    lastParsed = JSON.parse(text)
  } catch {
    // Cut or forged JSON: the field is simply not known; the text stays an attribute.
    lastParsed = undefined
  }
  lastText = text
  return lastParsed
}

/** A step down in an OTLP structure or in parsed JSON; undefined where there is no such member of its own. */
function stepInto(value: unknown, name: string): unknown {
  if (value instanceof Map) return value.get(name)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

function memberOf(value: AnyValue, names: readonly string[], structures: boolean): AnyValue | undefined {
  let found: unknown = typeof value === 'string' || value instanceof Uint8Array ? parsed(plainText(value)) : value
  for (const name of names) found = stepInto(found, name)
  if (value instanceof Map) return found as AnyValue | undefined
  if (typeof found === 'object') return structures && found !== null ? JSON.stringify(found) : undefined
  return typeof found === 'string' || typeof found === 'boolean' ? found : typeof found === 'number' ? String(found) : undefined
}

const NEGATED: ReadonlyMap<string, string> = new Map([['true', 'false'], ['false', 'true']])

/** The reader of one source, put together once. */
export function readerOf(source: Source): (value: AnyValue) => string {
  const read = READ[source.reading ?? 'text']
  const { member, except } = source
  if (member !== undefined) {
    const names = typeof member === 'string' ? [member] : member
    return (value) => read(memberOf(value, names, source.reading === 'json') ?? null)
  }
  if (except === undefined) return read
  return (value) => {
    const text = read(value)
    return except.includes(text) ? '' : text
  }
}
