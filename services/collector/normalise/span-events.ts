/** Events within a span: an exception explains the failure, everything is kept as an attribute, bounded. */
import type { Attribute, AuditEventFields } from '../../../schemas/audit-event.ts'
import type { AnyValue, KeyValues, SpanEvent } from '../otlp/model.ts'
import type { EmitterTable } from './emitters/table.ts'
import { besideOurs, EVENTS_DROPPED } from './own-names.ts'
import { plainText } from './readings.ts'
import { jsonObject } from './values.ts'

/** Events of one span that are kept; the number of the others goes to `EVENTS_DROPPED`. */
const MOST_EVENTS = 64
/** UTF-16 units of one event's JSON text; a longer one is cut and so a plain string. */
const LONGEST_EVENT = 32_768
/** Code positions of the emitter: no audit content, and the bulk of an exception. */
const STACK = 'exception.stacktrace'
/** Ours, among what the event itself says. */
const TIME = 'time_unix_nano'

function explain(event: AuditEventFields, { attributes }: SpanEvent): void {
  event.error_type ||= plainText(attributes.get('exception.type'))
  event.status_message ||= plainText(attributes.get('exception.message'))
}

const isTime = (name: string): boolean => name === TIME

function keptEvent(at: bigint, attributes: KeyValues): Attribute {
  const members = new Map<string, AnyValue>([[TIME, at]])
  for (const [key, value] of attributes) if (key !== STACK) members.set(besideOurs(key, isTime), value)
  const text = jsonObject(members)
  return text.length <= LONGEST_EVENT ? { type: 'json', text } : { type: 'string', text: `${text.slice(0, LONGEST_EVENT)}…` }
}

function freeKey(kept: ReadonlyMap<string, Attribute>, name: string): string {
  let key = `event.${name}`
  for (let nth = 2; kept.has(key); nth++) key = `event.${name}#${nth}`
  return key
}

/** Adds `event.<name>` to `kept`; a second one of the same name becomes `event.<name>#2`. An exception explains only what failed. */
export function keepEvents(event: AuditEventFields, kept: Map<string, Attribute>, events: readonly SpanEvent[], errored: boolean): void {
  for (const spanEvent of events.slice(0, MOST_EVENTS)) {
    if (spanEvent.name === 'exception' && errored) explain(event, spanEvent)
    kept.set(freeKey(kept, spanEvent.name), keptEvent(spanEvent.at, spanEvent.attributes))
  }
  if (events.length > MOST_EVENTS) kept.set(EVENTS_DROPPED, { type: 'int', text: String(events.length - MOST_EVENTS) })
}

/** Fills what a table takes from events and attributes left empty; events that say different things say nothing. */
export function readEvents(event: AuditEventFields, table: EmitterTable, events: readonly SpanEvent[]): void {
  for (const { name, key, field } of table.events ?? []) {
    if (event[field] !== '') continue
    const said = new Set(events.filter((each) => each.name === name).map(({ attributes }) => plainText(attributes.get(key))))
    if (said.size === 1) for (const text of said) event[field] = text
  }
}
