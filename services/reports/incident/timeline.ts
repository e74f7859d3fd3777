/** One line of time out of calls, findings, alerts and messages. */
import type { JsonRow } from './rows.ts'

export interface Moment {
  /** ISO 8601, nine digits: sorts as text. */
  readonly at: string
  readonly kind: 'call' | 'finding' | 'alert' | 'message'
  /** Belongs to the alert itself. */
  readonly own: boolean
  readonly who: string
  readonly what: string
  readonly details: readonly string[]
  /** In which file under which id. */
  readonly id: string
}

const text = (row: JsonRow, name: string): string => (typeof row[name] === 'string' ? row[name] : String(row[name] ?? ''))
const list = (row: JsonRow, name: string): readonly string[] => (Array.isArray(row[name]) ? row[name].map(String) : [])
const LONGEST = 2_000
const cut = (value: string): string => (value.length > LONGEST ? `${value.slice(0, LONGEST)}… (${value.length} characters)` : value)
const said = (pairs: readonly (readonly [string, string])[]): readonly string[] => pairs.filter(([, value]) => value !== '' && value !== '{}').map(([name, value]) => cut(`${name}: ${value}`))

export interface Own {
  readonly alert_id: string
  readonly interaction_ids: readonly string[]
  readonly finding_ids: readonly string[]
}

function callOf(row: JsonRow, own: Own): Moment {
  const what = [text(row, 'tool') || text(row, 'method'), text(row, 'server') === '' ? '' : `on ${text(row, 'server')}`, text(row, 'outcome')].filter((word) => word !== '').join(' ')
  return {
    at: text(row, 'started_at'), kind: 'call', own: own.interaction_ids.includes(text(row, 'interaction_id')), who: text(row, 'actor'), what, id: text(row, 'interaction_id'),
    details: said([['asked by', text(row, 'requested_by')], ['fits the request', text(row, 'request_fit')], ['arguments', text(row, 'arguments')], ['result', text(row, 'result')], ['from', text(row, 'client_address')]]),
  }
}

function findingOf(row: JsonRow, own: Own): Moment {
  return {
    at: text(row, 'window_end'), kind: 'finding', own: own.finding_ids.includes(text(row, 'finding_id')), who: text(row, 'actor'), id: text(row, 'finding_id'),
    what: `${text(row, 'detector')} (${text(row, 'severity')}): ${text(row, 'title')}`,
    details: [...said([['observed', text(row, 'observed')], ['expected', text(row, 'expected')], ['lineage', text(row, 'lineage')]]), ...list(row, 'reasons').map(cut)],
  }
}

function alertEventOf(row: JsonRow, own: Own): Moment {
  return {
    at: text(row, 'at'), kind: 'alert', own: text(row, 'alert_id') === own.alert_id, who: text(row, 'by'), id: text(row, 'alert_id'), what: `alert ${text(row, 'event').replace('_', ' ')}`,
    details: said([['status', [text(row, 'from_status'), text(row, 'to_status')].filter((word) => word !== '').join(' to ')], ['verdict', text(row, 'verdict')], ['why', text(row, 'why')]]),
  }
}

function deliveryOf(row: JsonRow, own: Own): Moment {
  return {
    at: text(row, 'attempted_at'), kind: 'message', own: text(row, 'alert_id') === own.alert_id, who: text(row, 'receiver'), id: text(row, 'message_id'), what: `message ${text(row, 'outcome').replace('_', ' ')}`,
    details: said([['attempt', text(row, 'attempt')], ['status', text(row, 'status')], ['answer', text(row, 'answer')]]),
  }
}

const READ: Readonly<Record<string, (row: JsonRow, own: Own) => Moment>> = {
  'interactions.jsonl': callOf, 'findings.jsonl': findingOf, 'alert-events.jsonl': alertEventOf, 'deliveries.jsonl': deliveryOf,
}
const MOST = 20_000

/** Gathers what belongs on the line, and puts it in order. Over its limit only what is the alert's own is added. */
export class Timeline {
  readonly #own: Own
  readonly #moments: Moment[] = []
  left = 0

  constructor(own: Own) {
    this.#own = own
  }

  add(file: string, rows: readonly JsonRow[]): void {
    const read = READ[file]
    if (read === undefined) return
    for (const row of rows) {
      const moment = read(row, this.#own)
      if (this.#moments.length < MOST || moment.own) this.#moments.push(moment)
      else this.left++
    }
  }

  get moments(): readonly Moment[] {
    const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
    return this.#moments.toSorted((a, b) => order(a.at, b.at) || order(a.kind, b.kind) || order(a.id, b.id) || order(a.what, b.what))
  }
}
