/** Which rows a removal takes, as conditions; and the statements that write the choice down. Only these name a person: no file keeps their text. */
import { type Hold, HOLD_KINDS, type Subject } from '../../../schemas/removal.ts'
import { sqlText, sqlTexts, sqlTime } from '../../../schemas/sql-literal.ts'
import { EVENT_TEXTS, type Link, type Place } from './places.ts'

/** What a condition may refer to: the rows that were chosen before, by table. */
export interface Chosen {
  readonly events: string
  keys(table: string): string
}

/** The choice as it is written down under a removal. */
export const writtenDown = (tenant: string, removalId: string): Chosen => {
  const own = `tenant = ${sqlText(tenant)} AND removal_id = ${sqlText(removalId)}`
  return {
    events: `SELECT event_id FROM watchkeeper.removed_events WHERE ${own}`,
    keys: (table) => `SELECT key FROM watchkeeper.removal_keys WHERE ${own} AND table = ${sqlText(table)}`,
  }
}

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
/** The name as a word of its own, in any case. */
const pattern = ({ names }: Subject): string => `(?i)(^|[^\\p{L}\\p{N}_])(${names.map(escaped).join('|')})($|[^\\p{L}\\p{N}_])`

const any = (conditions: readonly string[]): string => (conditions.length === 0 ? '0' : `(${conditions.join(' OR ')})`)

const namedBy = (columns: readonly string[], { names }: Subject): string => any(columns.map((column) => `lowerUTF8(${column}) IN ${sqlTexts(names)}`))
const mentionedIn = (texts: readonly string[], subject: Subject): string => any(texts.map((text) => `match(${text}, ${sqlText(pattern(subject))})`))

const linked = ({ table, key }: Place, { column, isList, table: to }: Link, chosen: Chosen, tenant: string): string => {
  const set = to === 'event' ? chosen.events : chosen.keys(to)
  if (!isList) return `${column} IN (${set})`
  return `${key} IN (SELECT ${key} FROM watchkeeper.${table} ARRAY JOIN ${column} AS linked WHERE tenant = ${sqlText(tenant)} AND linked IN (${set}))`
}

/** Events that say what a removal took name nobody, and nothing takes them: without them whoever verifies the log would miss what went. */
export const NO_TOMBSTONE = "NOT (emitter = 'watchkeeper' AND method IN ('watchkeeper/erasure.done', 'watchkeeper/retention.done'))"

/** Rows of interactions that are the subject's by name. */
const ownInteractions = (subject: Subject): string =>
  `SELECT arrayJoin(event_ids) FROM watchkeeper.interaction_versions WHERE tenant = ${sqlText(subject.tenant)} AND ${namedBy(['principal', 'actor', 'client'], subject)}`

/**
 * Audit events of the subject: those that name it, and those of calls that are its own. What administrators did stays, with what they said of the
 * subject blanked.
 */
export const eventsOf = (subject: Subject): string => {
  const own = `emitter != 'watchkeeper' AND (${namedBy(['principal', 'actor', 'client'], subject)} OR event_id IN (${ownInteractions(subject)}))`
  const told = `emitter = 'watchkeeper' AND ${NO_TOMBSTONE} AND NOT ${namedBy(['principal'], subject)} AND ${mentionedIn(['arguments', 'resource', 'status_message'], subject)}`
  const mentioned = subject.mentions ? [`(emitter != 'watchkeeper' AND ${mentionedIn(EVENT_TEXTS, subject)})`] : []
  return `tenant = ${sqlText(subject.tenant)} AND ${any([`(${own})`, `(${told})`, ...mentioned])}`
}

/** Rows of a table that are the subject's. Texts of calls are searched only where mentions are asked for: they are many, and others' words. */
export function rowsOf(place: Place, subject: Subject, chosen: Chosen): string {
  const searched = subject.mentions || place.table !== 'interaction_versions' ? [mentionedIn(place.texts, subject)] : []
  const conditions = [namedBy(place.named, subject), ...searched, ...place.links.map((link) => linked(place, link, chosen, subject.tenant))].filter((text) => text !== '0')
  return [`tenant = ${sqlText(subject.tenant)}`, any(conditions), ...(place.only === undefined ? [] : [place.only])].join(' AND ')
}

export interface Held {
  /** Condition on `audit_events`. */
  readonly events: string
  readonly interactions: string
  readonly findings: string
  readonly alerts: string
  /** Of tables with rows of alerts, that know no more of them than their id. */
  readonly alertsOwn: string
}

/** What a hold keeps, as conditions on each table. A case is an alert: its findings, its calls and their observations, and everything of its traces. */
export const heldBy = ({ tenant, kind, value }: Pick<Hold, 'tenant' | 'kind' | 'value'>): Held => heldByAny(tenant, kind, [value])

/** The same of several holds of one kind and tenant, as one condition. */
function heldByAny(tenant: string, kind: Hold['kind'], values: readonly string[]): Held {
  if (kind === 'tenant') return { events: '1', interactions: '1', findings: '1', alerts: '1', alertsOwn: '1' }
  if (kind === 'principal') return ofPrincipal({ tenant, names: values.map((value) => value.toLowerCase()), mentions: false })
  const of = (column: string): string =>
    `SELECT arrayJoin(${column}) FROM watchkeeper.alert_versions WHERE tenant = ${sqlText(tenant)} AND alert_id IN ${sqlTexts(values)}`
  const traces = `SELECT trace_id FROM watchkeeper.finding_versions WHERE tenant = ${sqlText(tenant)} AND finding_id IN (${of('finding_ids')}) AND trace_id != ''`
  const events = `SELECT arrayJoin(event_ids) FROM watchkeeper.interaction_versions WHERE tenant = ${sqlText(tenant)} AND interaction_id IN (${of('interaction_ids')})`
  return {
    events: `(event_id IN (${of('evidence_ids')}) OR event_id IN (${events}) OR trace_id IN (${traces}))`,
    interactions: `(interaction_id IN (${of('interaction_ids')}) OR trace_id IN (${traces}))`,
    findings: `finding_id IN (${of('finding_ids')})`,
    alerts: `alert_id IN ${sqlTexts(values)}`,
    alertsOwn: `alert_id IN ${sqlTexts(values)}`,
  }
}

function ofPrincipal(subject: Subject): Held {
  const named = namedBy(['principal', 'actor', 'client'], subject)
  const alertsOwn = `alert_id IN (SELECT alert_id FROM watchkeeper.alert_versions WHERE tenant = ${sqlText(subject.tenant)} AND ${named})`
  return { events: `(${named} OR event_id IN (${ownInteractions(subject)}))`, interactions: named, findings: named, alerts: named, alertsOwn }
}

/** What none of the holds keeps; all are of one tenant. */
export function notHeld(holds: readonly Hold[]): Held {
  const all = HOLD_KINDS.flatMap((kind) => {
    const own = holds.filter((hold) => hold.kind === kind)
    return own[0] === undefined ? [] : [heldByAny(own[0].tenant, kind, own.map(({ value }) => value))]
  })
  const none = (what: keyof Held): string => (all.length === 0 ? '1' : `NOT ${any(all.map((held) => held[what]))}`)
  return { events: none('events'), interactions: none('interactions'), findings: none('findings'), alerts: none('alerts'), alertsOwn: none('alertsOwn') }
}

/** Rows of calls that were received before; and rows of other tables, by their own time. */
export const before = (tenant: string, until: bigint, column = 'received_at'): string => `tenant = ${sqlText(tenant)} AND ${column} < ${sqlTime(until)}`
