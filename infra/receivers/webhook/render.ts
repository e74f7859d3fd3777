/** The notice itself as JSON, below the 20 KB that Standard Webhooks 1.0.0 asks for. Pure. */
import type { AlertMessage, Notice } from '../../../schemas/alert-message.ts'
import { clip } from '../plain-text.ts'

const LARGEST = 20_000
/** Addresses are not cut: a part of one leads somewhere else. */
const LONGEST_LINK = 1_000
const MOST_LINKS = 5

interface Room {
  readonly reasons: number
  /** Reasons that argue their case, and rules that say what to do. */
  readonly argued: number
  /** Longest text in UTF-16 units, and most entries of any other list. */
  readonly text: number
  readonly entries: number
}
/** The alerter keeps within the size already; labels and links of the configuration may bring it over. */
const ROOMS: readonly Room[] = [
  { reasons: 20, argued: 5, text: 2_000, entries: 50 }, { reasons: 20, argued: 2, text: 2_000, entries: 50 }, { reasons: 20, argued: 0, text: 400, entries: 20 },
  { reasons: 10, argued: 0, text: 200, entries: 20 }, { reasons: 5, argued: 0, text: 100, entries: 10 }, { reasons: 1, argued: 0, text: 32, entries: 5 },
]

const fits = (body: string): boolean => Buffer.byteLength(body) < LARGEST

/** Cut texts and lists, at every depth. Words of closed lists, ids and times are shorter than any limit. */
function cut(value: unknown, room: Room): unknown {
  if (typeof value === 'string') return clip(value, room.text)
  if (Array.isArray(value)) return value.slice(0, room.entries).map((one) => cut(one, room))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cut(one, room)]))
}

/** Of an alert so many reasons, of which so many argue; those that are left out are counted. */
function fewer({ data }: AlertMessage, { reasons, argued }: Room): AlertMessage['data'] {
  const why = data.why.slice(0, reasons).map(({ case: argument, ...reason }, at) => ({ ...reason, ...(at < argued && argument !== undefined ? { case: argument } : {}) }))
  return { ...data, why, why_omitted: data.why_omitted + data.why.length - why.length, rules: data.rules.slice(0, argued) }
}

function lesser(notice: Notice, room: Room): string {
  const data: object = 'what' in notice.data ? fewer(notice as AlertMessage, room) : notice.data
  const labels = Object.fromEntries(Object.entries(notice.data.labels).slice(0, room.entries))
  const small = cut({ ...data, labels }, room) as object
  if (!('links' in notice.data)) return JSON.stringify({ ...notice, data: small })
  // Half a query would be worse than none.
  const { sql, links } = notice.data
  const whole = sql.length <= room.text * 2 ? sql : ''
  const kept = links.filter(({ href }) => href.length <= LONGEST_LINK).slice(0, MOST_LINKS).map((link) => ({ ...link, text: clip(link.text, room.text) }))
  return JSON.stringify({ ...notice, data: { ...small, sql: whole, links: kept } })
}

export function webhookBody(notice: Notice): string {
  let body = JSON.stringify(notice)
  for (const room of ROOMS) {
    if (fits(body)) return body
    body = lesser(notice, room)
  }
  return body
}
