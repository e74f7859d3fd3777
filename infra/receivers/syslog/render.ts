/** Syslog messages of RFC 5424, one line each: the message is JSON in ASCII, which every collector can read. Pure. */
import type { AlertMessage, Notice } from '../../../schemas/alert-message.ts'
import type { Severity } from '../../../schemas/vocabulary.ts'
import { reasonLines } from '../as-text.ts'
import { fitted } from '../fit.ts'
import { clip, plain } from '../plain-text.ts'
import { type Telling, tellingOf } from '../telling.ts'

/** `log audit` (RFC 5424, 6.2.1). */
const FACILITY = 13
const SEVERITIES: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 }

export interface SyslogOrigin {
  /** ASCII without space, at most 255. */
  readonly hostname: string
  readonly processId: string
  /** Octets that the receiver takes: 2,048 are what every one should, 8,192 what most do (RFC 5424, 6.1). */
  readonly largest: number
}

/** ASCII alone: nothing in it can end a line or be read in another encoding. */
const ascii = (text: string): string => text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
/** Names of the header: printable ASCII without space. */
const header = (text: string, longest: number): string => text.replace(/[^\x21-\x7e]/g, '').slice(0, longest) || '-'

function alertWords({ data }: AlertMessage, cut: (text: string) => string): Readonly<Record<string, unknown>> {
  const { alert_id, status, verdict, who, what, findings, first_seen, last_seen } = data
  return { alert_id, status, verdict, actor: cut(who.actor), tool: cut(what.tool), server: cut(what.server), detectors: cut(what.detectors.join(',')), findings, first_seen, last_seen }
}

function wordsOf(notice: Notice, telling: Telling, largest: number): Readonly<Record<string, unknown>> {
  const cut = (text: string): string => clip(plain(text), Math.floor(largest / 120))
  const { severity, label, title, lineage, facts, sql, links, leftOut, foot } = telling
  const words = {
    event: notice.type, severity, summary: `${label}: ${title}`, tenant: 'tenant' in notice.data ? cut(notice.data.tenant) : '',
    ...('what' in notice.data ? alertWords(notice as AlertMessage, cut) : {}),
    why: reasonLines(telling), lineage, facts: facts.map(({ name, value }) => `${name}: ${value}`), sql, links: links.map(({ href }) => href), left_out: leftOut, from: foot,
  }
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0)))
}

/** The message as it goes out, without the count of its octets. */
export function syslogMessage(notice: Notice, { hostname, processId, largest }: SyslogOrigin): string {
  return fitted(tellingOf(notice), (telling) => {
    const priority = FACILITY * 8 + (telling.event === 'resolved' || telling.event === 'acknowledged' ? SEVERITIES.info : SEVERITIES[telling.severity])
    const head = `<${priority}>1 ${notice.timestamp} ${header(hostname, 255)} watchkeeper ${header(processId, 128)} ${header(notice.type, 32)} -`
    const message = `${head} ${ascii(JSON.stringify(wordsOf(notice, telling, largest)))}`
    return message.length <= largest ? message : undefined
  })
}
