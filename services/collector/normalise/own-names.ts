/** Names of attributes that we write ourselves; what an emitter calls so is kept under another name, so that neither hides the other nor passes for it. */
import { SAID_KEY } from '../../../schemas/said-identity.ts'

export const LOG_BODY = 'log.body'
export const LOG_SEVERITY = 'log.severity'
export const LOG_SEVERITY_NUMBER = 'log.severity_number'
/** How many events of a span were too many to keep. */
export const EVENTS_DROPPED = 'events.dropped'
/** What was sent beside attributes, and has no field that holds all of it. */
export const SENT_STARTED_AT = 'watchkeeper.sent.started_at'
export const SENT_ENDED_AT = 'watchkeeper.sent.ended_at'
export const SENT_TRACE_STATE = 'watchkeeper.sent.tracestate'

/** Those of ours; all that begin with `OWN_PREFIX`, too. */
export const OWN_NAMES: ReadonlySet<string> = new Set([LOG_BODY, LOG_SEVERITY, LOG_SEVERITY_NUMBER, EVENTS_DROPPED, SAID_KEY])
export const OWN_PREFIX = 'watchkeeper.sent.'
/** Before the name of an emitter's attribute that is one of ours. Before one that has it already it stands once more: no two names become one. */
export const SENT = 'sent.'

/** By character code, which ones our names and `SENT` have there: most other names are told from them by two looks, and this runs for each attribute. */
function lettersAt(place: number): Uint8Array {
  const letters = new Uint8Array(128)
  for (const name of [...OWN_NAMES, OWN_PREFIX, SENT]) letters[name.charCodeAt(place)] = 1
  return letters
}
const [FIRST, FOURTH] = [lettersAt(0), lettersAt(3)]
const mayBeOurs = (name: string): boolean => FIRST[name.charCodeAt(0)] === 1 && FOURTH[name.charCodeAt(3)] === 1

/** `name`, or where `isOurs` says so of it but for what we put before it, with that before it. */
export function besideOurs(name: string, isOurs: (bare: string) => boolean): string {
  let start = 0
  while (name.startsWith(SENT, start)) start += SENT.length
  return isOurs(start === 0 ? name : name.slice(start)) ? SENT + name : name
}

const isOwnName = (name: string): boolean => OWN_NAMES.has(name) || name.startsWith(OWN_PREFIX)

/** The name under which an attribute of an emitter is kept. */
export const keptName = (name: string): string => (mayBeOurs(name) ? besideOurs(name, isOwnName) : name)
