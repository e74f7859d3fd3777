/** `watchkeeper alert list|show|ack|start|resolve|reopen|note|test`: alerts and what is done with them, through the API of a running server. */
import pc from 'picocolors'
import { Failure } from '../../schemas/failure.ts'
import type { AlertEventView, AlertView, AttemptView, FindingView } from '../api/alerts/view.ts'
import { callApi } from './api-client.ts'
import { type CommonOptions, configOf } from './common.ts'
import { clock, filtersOf, type ListOptions, person, printDone, printList, queryOf } from './printing.ts'
import { safe } from './terminal-table.ts'
import type { z } from 'zod'

type Alert = z.infer<typeof AlertView>
type Shown = Alert & {
  readonly finding_list: readonly z.infer<typeof FindingView>[]
  readonly events: readonly z.infer<typeof AlertEventView>[]
  readonly deliveries: readonly z.infer<typeof AttemptView>[]
}

export interface AlertListOptions extends ListOptions {
  readonly status?: readonly string[]
  readonly severity?: readonly string[]
  readonly verdict?: readonly string[]
  readonly detector?: readonly string[]
  readonly family?: readonly string[]
  readonly actor?: readonly string[]
  readonly server?: readonly string[]
  readonly text?: string
}

export interface OrderOptions extends CommonOptions {
  readonly why?: string
  readonly verdict?: string
  readonly duplicateOf?: string
  readonly ifVersion?: number
  readonly tenant?: string
  readonly json?: boolean
}

const PAINT: Readonly<Record<string, (text: string) => string>> = { critical: pc.red, high: pc.red, medium: pc.yellow }
const paint = (severity: string, text: string): string => (process.stdout.isTTY ? (PAINT[severity]?.(text) ?? text) : text)

/** An id of 32 hex digits. Throws Failure `misconfigured`. */
export function checkedId(id: string, list: string): string {
  if (/^[0-9a-f]{32}$/.test(id)) return id
  throw new Failure('misconfigured', 'alert.id', `An id has 32 hex digits: watchkeeper ${list} shows them.`)
}

export async function alertList(options: AlertListOptions): Promise<number> {
  const { status, severity, verdict, detector, family, actor, server, text } = options
  const query = queryOf({ ...filtersOf(options), status: status?.includes('all') === true ? undefined : (status ?? ['open', 'acknowledged', 'in_progress']), severity, verdict, detector, family, actor, server, text })
  return printList<Alert>(options, {
    path: `/api/v1/alerts${query}`, name: 'alerts', empty: 'No alert fits.', columns: [
      { title: 'id', cell: ({ alert_id: id }) => id },
      { title: 'severity', cell: ({ severity: how }) => how, paint: (shown, { severity: how }) => paint(how, shown) },
      { title: 'status', cell: ({ status: what }) => what },
      { title: 'opened', cell: ({ created_at: at }) => clock(at) },
      { title: 'findings', cell: ({ findings }) => String(findings), right: true },
      { title: 'title', cell: ({ title }) => title, flexible: true },
    ],
  })
}

const field = (name: string, value: string): string => `${name.padEnd(13)} ${safe(value)}`

function lifeLine({ at, event, by, why, object }: Shown['events'][number]): string {
  return `  ${clock(at)}  ${safe(event.padEnd(12))} ${safe(`${by}${object === '' ? '' : ` (${object})`}${why === '' ? '' : `: ${why}`}`)}`
}

export function alertPage(alert: Shown): string[] {
  const facts: [string, string][] = [
    ['title', alert.title], ['id', `${alert.alert_id} version ${alert.version}`], ['tenant', alert.tenant],
    ['status', `${alert.status}${alert.status_at === '' ? '' : ` since ${clock(alert.status_at)} by ${alert.status_by}`}${alert.status_why === '' ? '' : `: ${alert.status_why}`}`],
    ['verdict', `${alert.verdict}${alert.duplicate_of === '' ? '' : ` of ${alert.duplicate_of}`}`], ['severity', alert.severity], ['actor', alert.actor === '' ? '' : `${alert.actor}${alert.actor_kind === 'unknown' ? '' : ` (${alert.actor_kind})`}`],
    ['server', alert.server], ['tool', alert.tool], ['detectors', alert.detectors.join(', ')], ['lineage', alert.lineage], ['seen', `${clock(alert.first_seen)} to ${clock(alert.last_seen)}`],
    ['silenced by', alert.silenced_by], ['inhibited by', alert.inhibited_by],
  ]
  return [
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => field(name, value)), '', 'Why',
    ...alert.reasons.map((reason) => `  ${safe(reason)}`), '', 'Life', ...alert.events.map(lifeLine), '', 'Messages',
    ...alert.deliveries.map(({ attempted_at: at, receiver, outcome, status, message_id: id, answer }) =>
      `  ${clock(at)}  ${safe(receiver)} ${outcome} (${status}) ${id}${outcome === 'delivered' ? '' : `: ${safe(answer)}`}`),
    ...(alert.deliveries.length === 0 ? ['  none'] : []), '', 'Evidence (watchkeeper query)', `  ${safe(alert.sql)}`,
  ]
}

export async function alertShow(id: string, options: CommonOptions & { readonly json?: boolean }): Promise<number> {
  const { body } = await callApi(configOf(options), `/api/v1/alerts/${checkedId(id, 'alert list')}`)
  console.log(options.json === true ? JSON.stringify(body) : alertPage(body as Shown).join('\n'))
  return 0
}

const DONE: Readonly<Record<string, string>> = {
  acknowledge: 'is acknowledged', start: 'is in progress', resolve: 'is resolved', reopen: 'is open again', notes: 'has a note more',
}
export type AlertAction = 'acknowledge' | 'start' | 'resolve' | 'reopen' | 'notes'

export async function alertOrder(action: AlertAction, id: string, { why, verdict, duplicateOf, ifVersion, tenant, ...options }: OrderOptions): Promise<number> {
  const path = `/api/v1/alerts/${checkedId(id, 'alert list')}/${action}`
  const body = { by: person(), ...(why === undefined ? {} : { why }), ...(verdict === undefined ? {} : { verdict }), ...(duplicateOf === undefined ? {} : { duplicate_of: duplicateOf }), ...(tenant === undefined ? {} : { tenant }) }
  const headers: Record<string, string> = ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` }
  return printDone<{ readonly event: { readonly alert_version: number } }>(options, (config) => callApi(config, path, { method: 'POST', body, headers }),
    ({ event }) => `Alert ${id} ${DONE[action] ?? ''} (version ${event.alert_version}).`)
}

interface Tested {
  readonly receiver: string
  readonly delivered: boolean
  readonly status: number
  readonly answer: string
}

/** Exit code 1 where the receiver did not take it. */
export async function alertTest(options: CommonOptions & { readonly receiver: string; readonly json?: boolean }): Promise<number> {
  const { body } = await callApi(configOf(options), `/api/v1/receivers/${encodeURIComponent(options.receiver)}/test`, { method: 'POST' })
  const { receiver, delivered, status, answer } = body as Tested
  if (options.json === true) console.log(JSON.stringify(body))
  else console.log(delivered ? `${safe(receiver)} took it (${status}).` : `${safe(receiver)} did not take it (${status === 0 ? 'no answer' : status}): ${safe(answer)}`)
  return delivered ? 0 : 1
}
