import { userInfo } from 'node:os'
import type { Decided } from '../api/quarantine-desk.ts'
import { Failure } from '../../schemas/failure.ts'
import { count } from './amounts.ts'
import { askApi } from './api-client.ts'
import { bytesPage } from './bytes-page.ts'
import { type CommonOptions, configOf } from './common.ts'
import { safe, tableLines } from './terminal-table.ts'
import { terminalWidth } from './terminal-width.ts'

export interface FilterOptions extends CommonOptions {
  readonly reason?: string
  readonly topic?: string
  readonly stage?: string
  readonly source?: string
  readonly tenant?: string
  readonly since?: string
  readonly until?: string
  readonly state?: string
  readonly limit?: number
  readonly json?: boolean
}

export interface DecisionOptions extends FilterOptions {
  readonly why?: string
  readonly all?: boolean
}

interface Listed {
  readonly quarantine_id: string
  readonly tenant: string
  readonly source: string
  readonly stage: string
  readonly reason: string
  readonly detector: string
  readonly detail: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly offset_index: number
  readonly quarantined_at: string
  readonly bytes: number
  readonly state: string
  readonly decided_by: string
  readonly decided_why: string
  readonly decided_at: string
}

interface Shown extends Listed {
  /** base64. */
  readonly payload: string
  readonly actions: readonly { readonly step: number; readonly action: string; readonly by: string; readonly why: string; readonly acted_at: string }[]
}

const AGO = /^(\d{1,6})(s|m|h|d)$/
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const SHOWN_BYTES = 4_096
/** Ids that a sentence names. */
const NAMED = 10

/** `30m`, `2h`, `7d` ago, or a time as ISO 8601. Throws Failure `misconfigured`. */
export function timeOf(text: string, nowMs: number): string {
  const ago = AGO.exec(text)
  const time = ago === null ? Date.parse(text) : nowMs - Number(ago[1]) * (SECONDS[ago[2] ?? ''] ?? 0) * 1000
  if (Number.isFinite(time)) return new Date(time).toISOString()
  throw new Failure('misconfigured', 'quarantine.time', `${JSON.stringify(text)} is no time: write 30m, 2h or 7d for so long ago, or 2026-11-21T08:00:00Z.`)
}

function filterOf({ reason, topic, stage, source, tenant, since, until, state, limit }: FilterOptions, nowMs: number): Record<string, string | number> {
  const given = {
    reason, topic, stage, source, tenant, state, limit,
    since: since === undefined ? undefined : timeOf(since, nowMs), until: until === undefined ? undefined : timeOf(until, nowMs),
  }
  return Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string | number] => pair[1] !== undefined))
}


/** `watchkeeper quarantine list` */
export async function quarantineList(options: FilterOptions): Promise<number> {
  const query = new URLSearchParams(Object.entries(filterOf(options, Date.now())).map(([name, value]): [string, string] => [name, String(value)]))
  const answer = (await askApi(configOf(options), `/api/v1/quarantine?${query}`)) as { readonly total: number; readonly entries: readonly Listed[] }
  if (options.json === true) {
    console.log(JSON.stringify(answer))
    return 0
  }
  if (answer.entries.length === 0) {
    console.log(options.state === undefined ? 'Nothing that matches is waiting in quarantine.' : 'Nothing in quarantine matches.')
    return 0
  }
  const lines = tableLines(answer.entries, [
    { title: 'id', cell: ({ quarantine_id: id }) => id }, { title: 'time', cell: ({ quarantined_at: at }) => at.slice(0, 16).replace('T', ' ') },
    { title: 'reason', cell: ({ reason }) => reason, flexible: true }, { title: 'topic', cell: ({ topic }) => topic, flexible: true },
    { title: 'source', cell: ({ source }) => source, flexible: true }, { title: 'state', cell: ({ state }) => state, flexible: true },
    { title: 'bytes', cell: ({ bytes }) => String(bytes), right: true },
  ], terminalWidth())
  console.log(lines.join('\n'))
  if (answer.total > answer.entries.length) console.log(`${count(answer.entries.length)} of ${count(answer.total)}; --limit shows more`)
  return 0
}

/** `watchkeeper quarantine show ID`: the bytes are a stranger's, so they are shown escaped or as hex. */
export async function quarantineShow(id: string, options: CommonOptions & { readonly json?: boolean }): Promise<number> {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Failure('misconfigured', 'quarantine.id', 'An id has 32 hex digits: watchkeeper quarantine list shows them.')
  const entry = (await askApi(configOf(options), `/api/v1/quarantine/${id}`)) as Shown
  if (options.json === true) console.log(JSON.stringify(entry))
  else console.log(showLines(entry).join('\n'))
  return 0
}

function showLines(entry: Shown): string[] {
  const place = entry.offset < 0 ? '' : `${entry.topic} partition ${entry.partition} offset ${entry.offset}${entry.offset_index < 0 ? '' : `, record ${entry.offset_index}`}`
  const facts: [string, string][] = [
    ['id', entry.quarantine_id], ['time', entry.quarantined_at || 'not known'], ['reason', entry.reason], ['stage', entry.stage],
    ['detector', entry.detector], ['detail', entry.detail], ['place', place], ['tenant', entry.tenant], ['source', entry.source], ['state', entry.state],
  ]
  const bytes = Buffer.from(entry.payload, 'base64')
  return [
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(9)} ${safe(value)}`),
    ...entry.actions.map(({ action, by, why, acted_at: at }) => `${action.padEnd(9)} ${safe(`${at} by ${by}${why === '' ? '' : `: ${why}`}`)}`),
    '', ...(bytes.length === 0 ? ['Its bytes were not kept, or never arrived.'] : [`${bytes.length} bytes:`, ...bytesPage(bytes, SHOWN_BYTES)]),
  ]
}

const DONE: Readonly<Record<string, string>> = {
  replayed: 'put back', discarded: 'discarded', already_replayed: 'put back before', already_discarded: 'discarded before',
  still_unreadable: 'still unreadable for this version: nothing was done', not_replayable: 'cannot be put back: nothing was done',
}

function notThere(ids: readonly string[]): string {
  const more = ids.length > NAMED ? ` and ${count(ids.length - NAMED)} more` : ''
  const named = ids.slice(0, NAMED).map(safe).join(', ')
  return `Not in quarantine, or not with these filters: ${named}${more}. Ids have 32 hex digits: watchkeeper quarantine list shows them.`
}

/** `watchkeeper quarantine replay|discard [ID…]`: those ids, or all that match. Exit code 1 where something could not be done, or an id is not there. */
export async function quarantineDecide(action: 'replay' | 'discard', ids: readonly string[], options: DecisionOptions): Promise<number> {
  const filter = filterOf(options, Date.now())
  if (ids.length === 0 && options.all !== true && Object.keys(filter).every((name) => name === 'limit')) {
    throw new Failure('misconfigured', 'quarantine.which', 'Say which: ids, filters such as --reason, or --all for everything that waits.')
  }
  const by = userInfo().username
  const which = ids.length === 0 ? { limit: 10_000, ...filter } : { state: 'all', limit: ids.length, ...filter, ids }
  const answer = (await askApi(configOf(options), `/api/v1/quarantine/${action}`, { filter: which, by, why: options.why ?? '' })) as {
    readonly counts: Readonly<Record<string, number>>
    readonly decided: readonly Decided[]
  }
  const missing = [...new Set(ids)].filter((id) => !answer.decided.some((one) => one.quarantine_id === id))
  const failed = answer.decided.filter(({ outcome }) => outcome === 'still_unreadable' || outcome === 'not_replayable')
  if (options.json === true) console.log(JSON.stringify({ ...answer, not_found: missing }))
  else {
    const lines = Object.entries(answer.counts).map(([outcome, number]) => `${count(number)} ${DONE[outcome] ?? outcome}`)
    console.log(lines.length === 0 ? 'Nothing in quarantine matches.' : lines.join('\n'))
    for (const { quarantine_id: id, why } of failed.slice(0, NAMED)) console.log(`  ${id}  ${safe(why)}`)
    if (missing.length > 0) console.error(notThere(missing))
  }
  return failed.length + missing.length === 0 ? 0 : 1
}
