/** The redactor of the collector: every text of an event in place, closed on failure. */
import type { Attribute, Attributes, AuditEventFields } from '../../../schemas/audit-event.ts'
import type { KeyedHash } from '../../../schemas/ports.ts'
import type { Redactor } from '../contracts.ts'
import { SCANNED_LIST_COLUMNS, SCANNED_MAP_COLUMNS, SCANNED_TEXT_COLUMNS } from './columns.ts'
import { FIELD } from './kinds.ts'
import { holdsSecret } from './json-text.ts'
import { gate } from './gate.ts'
import { gradeOf, type NameGrade } from './names.ts'
import { cleanse, Scan } from './scan.ts'
import { UNSCANNED } from './span.ts'

/** Longest text that is kept, in UTF-16 units. */
export const LONGEST_TEXT = 64 * 1024
/** Scanned beyond the cut, so that a secret across it is seen whole. */
const BEYOND = 8 * 1024
const LONGEST_NAMED_KEY = 128

/** Where a text stands and what was done to it, as entries of `redacted`. */
class Notes {
  readonly entries = new Set<string>()

  add(field: string, scan: Scan): void {
    for (const kind of scan.take()) this.entries.add(`${field}:${kind}`)
  }
}

/** The first `LONGEST_TEXT` units, never half a surrogate pair. */
function cut(text: string): string {
  const last = text.charCodeAt(LONGEST_TEXT - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? LONGEST_TEXT - 1 : LONGEST_TEXT)
}

/** One text: scanned as far as it is kept, then cut. Never throws: what cannot be scanned is dropped. */
function clean(text: string, field: string, scan: Scan, notes: Notes): string {
  if (text === '') return text
  try {
    const long = text.length > LONGEST_TEXT
    const scanned = cleanse(long ? text.slice(0, LONGEST_TEXT + BEYOND) : text, scan)
    if (scanned === text) return text
    notes.add(field, scan)
    if (!long && scanned.length <= LONGEST_TEXT) return scanned
    notes.entries.add(`${field}:truncated`)
    return cut(scanned)
  } catch {
    scan.take()
    notes.entries.add(`${field}:unscanned`)
    return UNSCANNED
  }
}

const WHOLE = (text: string): Attribute => ({ type: 'string', text })

/** The bytes of a `bytes` attribute as Latin-1: ASCII secrets in them stay readable to the detectors. */
function cleanBytes(attribute: Attribute, field: string, scan: Scan, notes: Notes): Attribute {
  const bytes = Buffer.from(attribute.text, 'base64').toString('latin1')
  if (clean(bytes, field, scan, notes) !== bytes) return WHOLE(UNSCANNED)
  return attribute
}

interface KeyVerdict {
  readonly clean: boolean
  readonly grade: NameGrade
}
const KEY_LIMIT = 20_000
let keys = new Map<string, KeyVerdict>()

/** What an attribute key holds and says. The keys are few and come again with every event, so answers on short ones are kept. */
function verdictOf(key: string): KeyVerdict {
  const known = keys.get(key)
  if (known !== undefined) return known
  const verdict = { clean: gate(key) === 0, grade: gradeOf(key) }
  if (key.length > LONGEST_NAMED_KEY) return verdict
  if (keys.size >= KEY_LIMIT) keys = new Map()
  keys.set(key, verdict)
  return verdict
}

function cleanAttribute(grade: NameGrade, attribute: Attribute, field: string, scan: Scan, notes: Notes): Attribute {
  const { type, text } = attribute
  if (type !== 'bool' && type !== 'null' && grade !== 'none' && holdsSecret(grade, text)) {
    const token = scan.token(FIELD.kind, text)
    notes.add(field, scan)
    return WHOLE(token)
  }
  if (type === 'bool' || type === 'null' || ((type === 'int' || type === 'double') && text.length < 13)) return attribute
  if (type === 'bytes') return cleanBytes(attribute, field, scan, notes)
  const next = clean(text, field, scan, notes)
  if (next === text) return attribute
  return { type: type === 'json' && next !== UNSCANNED && next.length < LONGEST_TEXT - 1 ? 'json' : 'string', text: next }
}

/** A key that no other has: two long keys may be the same after they were cut. */
function free(key: string, taken: ReadonlyMap<string, unknown>): string {
  if (!taken.has(key)) return key
  let number = 2
  while (taken.has(`${key} #${number}`)) number++
  return `${key} #${number}`
}

/** Nothing to do, told without a word about where it stands: true of nearly every attribute. */
const isPlain = (grade: NameGrade, { type, text }: Attribute): boolean => grade === 'none' && type !== 'bytes' && text.length <= LONGEST_TEXT && gate(text) === 0

/** Maps in which nothing was found. Events of one resource share its map, so it is looked through once and not once an event. */
const cleanMaps = new WeakSet<Attributes>()

/** The same map when nothing in it changed. */
function cleanMap(attributes: Attributes, column: string, scan: Scan, notes: Notes): Attributes {
  if (attributes.size === 0 || cleanMaps.has(attributes)) return attributes
  let next: Map<string, Attribute> | undefined
  let kept = 0
  for (const [key, attribute] of attributes) {
    const { clean: isClean, grade } = verdictOf(key)
    if (next === undefined && isClean && isPlain(grade, attribute)) {
      kept++
      continue
    }
    const cleanKey = isClean ? key : clean(key, `${column} key`, scan, notes)
    const value = cleanAttribute(grade, attribute, `${column}.${cleanKey.slice(0, LONGEST_NAMED_KEY)}`, scan, notes)
    if (next === undefined && (cleanKey !== key || value !== attribute)) next = new Map([...attributes].slice(0, kept))
    next?.set(cleanKey === key && !next.has(key) ? key : free(cleanKey, next), value)
    kept++
  }
  if (next === undefined && column === 'resource_attributes' && notes.entries.size === 0) cleanMaps.add(attributes)
  return next ?? attributes
}

function hashes(event: AuditEventFields, keyed: KeyedHash): void {
  if (event.arguments !== '' && event.arguments_hash === '') event.arguments_hash = keyed.of(event.tenant, 'content', event.arguments)
  if (event.result !== '' && event.result_hash === '') event.result_hash = keyed.of(event.tenant, 'content', event.result)
}

function redactEvent(event: AuditEventFields, keyed: KeyedHash): void {
  const scan = new Scan(event.tenant, keyed)
  const notes = new Notes()
  for (const column of SCANNED_TEXT_COLUMNS) {
    const text = event[column]
    if (text !== '') event[column] = clean(text, column, scan, notes)
  }
  for (const column of SCANNED_LIST_COLUMNS) {
    if (event[column].length > 0) event[column] = event[column].map((text) => clean(text, column, scan, notes))
  }
  for (const column of SCANNED_MAP_COLUMNS) event[column] = cleanMap(event[column], column, scan, notes) as Map<string, Attribute>
  if (notes.entries.size > 0) event.redacted = [...new Set([...event.redacted, ...notes.entries])].sort()
}

/** Nothing that an emitter wrote is left: what happened is a defect of ours, and the secret may be anywhere. */
function close(event: AuditEventFields): void {
  for (const column of SCANNED_TEXT_COLUMNS) if (event[column] !== '') event[column] = UNSCANNED
  for (const column of SCANNED_LIST_COLUMNS) event[column] = []
  for (const column of SCANNED_MAP_COLUMNS) event[column] = new Map()
  event.redacted = ['event:unscanned']
}

/** The redactor that replaces secrets by `[redacted:<kind>:<12 hex digits of the keyed hash>]`. Its methods never throw. */
export function createRedactor(keyed: KeyedHash): Redactor {
  return {
    redact(event) {
      try {
        hashes(event, keyed)
        redactEvent(event, keyed)
      } catch {
        close(event)
      }
    },
    text(tenant, text) {
      return clean(text, 'text', new Scan(tenant, keyed), new Notes())
    },
  }
}
