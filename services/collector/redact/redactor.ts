/** The redactor of the collector: every text of an event in place, closed on failure. */
import type { Attribute, Attributes, AuditEventFields } from '../../../schemas/audit-event.ts'
import type { KeyedHash } from '../../../schemas/ports.ts'
import type { Redactor } from '../contracts.ts'
import { SCANNED_LIST_COLUMNS, SCANNED_MAP_COLUMNS, SCANNED_TEXT_COLUMNS } from './columns.ts'
import { readingsOf } from './encoded.ts'
import { cleanFingerprint, FINGERPRINT_KEYS } from './fingerprints.ts'
import { FIELD } from './kinds.ts'
import { holdsSecret } from './json-text.ts'
import { gate } from './gate.ts'
import { gradeOf, type NameGrade } from './names.ts'
import { cleanPoint } from './metric-points.ts'
import { dropPieces } from './pieces.ts'
import { createPolicies, DEFAULT_POLICIES, type Policy, type RedactionPolicies } from './policy.ts'
import { isClean } from './scan.ts'
import { UNSCANNED } from './span.ts'
import { cleanTextColumns } from './text-columns.ts'
import { clean, LONGEST_NAMED_KEY, LONGEST_TEXT, Work } from './work.ts'

const WHOLE = (text: string): Attribute => ({ type: 'string', text })

/** The bytes of a `bytes` attribute: texts in them stay readable to the detectors. */
function cleanBytes(attribute: Attribute, work: Work): Attribute {
  const isSecret = readingsOf(Buffer.from(attribute.text, 'base64')).some((text) => clean(text, work) !== text)
  return isSecret ? WHOLE(UNSCANNED) : attribute
}

/** Words of one text: a secret may be told by the word before it. */
function cleanWords(words: readonly string[], work: Work): readonly string[] {
  const text = words.join(' ')
  const next = clean(text, work)
  return next === text ? words : next.split(' ')
}

interface KeyVerdict {
  /** What the gate says of the key. */
  readonly flags: number
  readonly grade: KeyGrade
}
/** `fingerprint`: a token's fingerprint is read from it. */
type KeyGrade = NameGrade | 'fingerprint'
const KEY_LIMIT = 20_000
let keys = new Map<string, KeyVerdict>()

/** By place in a map: events of one sender behind each other mostly have the same keys in the same places. */
const PLACES = 32
const placed = new Array<string>(PLACES).fill('')
const verdicts = new Array<KeyVerdict>(PLACES).fill({ flags: 0, grade: 'none' })

/** What an attribute key holds and says. */
function verdictOf(key: string, place: number): KeyVerdict {
  if (place >= PLACES || key.length > LONGEST_NAMED_KEY) return keptVerdict(key)
  if (placed[place] !== key) {
    verdicts[place] = keptVerdict(key)
    placed[place] = key
  }
  return verdicts[place]!
}

/** The keys are few and come again with every event, so answers on short ones are kept. */
function keptVerdict(key: string): KeyVerdict {
  const known = keys.get(key)
  if (known !== undefined) return known
  const verdict: KeyVerdict = { flags: gate(key), grade: FINGERPRINT_KEYS.has(key) ? 'fingerprint' : gradeOf(key) }
  if (key.length > LONGEST_NAMED_KEY) return verdict
  if (keys.size >= KEY_LIMIT) keys = new Map()
  keys.set(key, verdict)
  return verdict
}

function cleanAttribute(grade: KeyGrade, attribute: Attribute, work: Work): Attribute {
  const { type, text } = attribute
  if (grade === 'fingerprint' && type === 'string') {
    const next = cleanFingerprint(text, work)
    return next === text ? attribute : WHOLE(next)
  }
  if (type !== 'bool' && type !== 'null' && grade !== 'none' && grade !== 'fingerprint' && holdsSecret(grade, text)) {
    const token = work.scan.token(FIELD.kind, text)
    work.noteFound()
    return WHOLE(token)
  }
  if (type === 'bool' || type === 'null' || ((type === 'int' || type === 'double') && text.length < 13)) return attribute
  if (type === 'bytes') return cleanBytes(attribute, work)
  const next = clean(text, work)
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
const isPlain = (grade: KeyGrade, { type, text }: Attribute, policy: Policy): boolean =>
  grade === 'none' && type !== 'bytes' && text.length <= LONGEST_TEXT && isClean(text, policy)

/** The last resource in which nothing was found. Its events share the map, so it is looked through once and not once an event. */
let cleanResource: Attributes | undefined

/** The same map when nothing in it changed. */
function cleanMap(attributes: Attributes, column: string, work: Work): Attributes {
  if (attributes.size === 0 || attributes === cleanResource) return attributes
  const { policy } = work.scan
  let next: Map<string, Attribute> | undefined
  let kept = 0
  let place = 0
  for (const [key, attribute] of attributes) {
    const { flags, grade } = verdictOf(key, place++)
    const isClean = (flags & policy.mask) === 0
    if (next === undefined && isClean && isPlain(grade, attribute, policy)) {
      kept++
      continue
    }
    const cleanKey = isClean ? key : cleanedKey(key, column, work)
    work.stand(column, cleanKey)
    const value = cleanAttribute(grade, attribute, work)
    if (next === undefined && (cleanKey !== key || value !== attribute)) next = new Map([...attributes].slice(0, kept))
    next?.set(cleanKey === key && !next.has(key) ? key : free(cleanKey, next), value)
    kept++
  }
  if (next === undefined && column === 'resource_attributes' && work.entries === undefined) cleanResource = attributes
  return next ?? attributes
}

function cleanedKey(key: string, column: string, work: Work): string {
  work.stand(`${column} key`)
  return clean(key, work)
}

function hashes(event: AuditEventFields, keyed: KeyedHash): void {
  if (event.arguments !== '' && event.arguments_hash === '') event.arguments_hash = keyed.of(event.tenant, 'content', event.arguments)
  if (event.result !== '' && event.result_hash === '') event.result_hash = keyed.of(event.tenant, 'content', event.result)
}

function redactEvent(event: AuditEventFields, work: Work): void {
  const { attributes, resource_attributes, scopes } = event
  cleanTextColumns(event, work)
  for (const column of SCANNED_LIST_COLUMNS) {
    work.stand(column)
    if (event[column].length > 0) event[column] = cleanWords(event[column], work)
  }
  // One by one, as the text columns are.
  event.attributes = cleanMap(event.attributes, 'attributes', work) as Map<string, Attribute>
  event.resource_attributes = cleanMap(event.resource_attributes, 'resource_attributes', work) as Map<string, Attribute>
  if (work.entries === undefined) return
  dropPieces(event, { attributes, resource_attributes, scopes }, work)
  event.redacted = [...new Set([...event.redacted, ...work.entries])].sort()
}

/** Nothing that an emitter wrote is left: what happened is a defect of ours, and the secret may be anywhere. */
function close(event: AuditEventFields): void {
  for (const column of SCANNED_TEXT_COLUMNS) if (event[column] !== '') event[column] = UNSCANNED
  for (const column of SCANNED_LIST_COLUMNS) event[column] = []
  for (const column of SCANNED_MAP_COLUMNS) event[column] = new Map()
  event.redacted = ['event:unscanned']
}

/** The redactor that replaces secrets by `[redacted:<kind>:<12 hex digits of the keyed hash>]`. Its methods never throw. */
export function createRedactor(keyed: KeyedHash, policies: RedactionPolicies = DEFAULT_POLICIES): Redactor {
  const policyOf = createPolicies(policies)
  return {
    redact(event) {
      try {
        hashes(event, keyed)
        redactEvent(event, new Work(event.tenant, policyOf(event.tenant), keyed))
      } catch {
        close(event)
      }
    },
    point(point) {
      return cleanPoint(point, new Work(point.tenant, policyOf(point.tenant), keyed))
    },
    text(tenant, text) {
      return clean(text, new Work(tenant, policyOf(tenant), keyed))
    },
  }
}
