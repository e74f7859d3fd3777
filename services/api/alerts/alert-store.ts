/** Alerts as the tables have them. */
import type { Row, Store } from '../../../schemas/ports.ts'
import { sqlText, sqlTexts } from '../../../schemas/sql-literal.ts'
import { type AlertFilter, alertConditions, cursorText } from './filter.ts'
import { alertEventView, alertView, AlertEventView, AlertView, attemptView, columnsOf, findingView, FindingView } from './view.ts'

export type Tables = Pick<Store, 'query'>

/** More of one alert than anybody reads. */
const MOST = 500
const ALERT = columnsOf(AlertView)
const ATTEMPT = 'message_id, attempt, tenant, alert_id, alert_version, receiver, attempted_at, duration_ns, status, outcome, answer'

export interface Page<T> {
  readonly items: readonly T[]
  /** Null where this is the last page. */
  readonly next: string | null
}

export async function listAlerts(store: Tables, filter: AlertFilter, tenant: string | undefined): Promise<Page<ReturnType<typeof alertView>>> {
  const rows = await store.query(`SELECT ${ALERT} FROM watchkeeper.alerts WHERE ${alertConditions(filter, tenant)} ORDER BY created_at DESC, alert_id DESC LIMIT ${filter.limit + 1}`)
  const page = rows.slice(0, filter.limit)
  const last = page.at(-1)
  const more = rows.length > page.length && last !== undefined
  return { items: page.map(alertView), next: more ? cursorText({ at: last['created_at'] as bigint, id: String(last['alert_id']) }) : null }
}

const ofTenant = (tenant: string | undefined): string => (tenant === undefined ? '1' : `tenant = ${sqlText(tenant)}`)

export async function oneAlert(store: Tables, id: string, tenant: string | undefined): Promise<ReturnType<typeof alertView> | undefined> {
  const [row] = await store.query(`SELECT ${ALERT} FROM watchkeeper.alerts WHERE ${ofTenant(tenant)} AND alert_id = {id:String} LIMIT 1`, { id })
  return row === undefined ? undefined : alertView(row)
}

const FINDING = columnsOf(FindingView)

export interface Belongings {
  readonly findings: readonly ReturnType<typeof findingView>[]
  readonly events: readonly ReturnType<typeof alertEventView>[]
  readonly deliveries: readonly ReturnType<typeof attemptView>[]
}

/** Its findings, the events of its life and what was sent of it, oldest first, the latest 500 of each. */
export async function belongingsOf(store: Tables, { alert_id: id, tenant, finding_ids: findings }: Pick<ReturnType<typeof alertView>, 'alert_id' | 'tenant' | 'finding_ids'>): Promise<Belongings> {
  const own = `tenant = ${sqlText(tenant)}`
  const latest = (columns: string, table: string, [condition, order]: readonly [string, string]): Promise<readonly Row[]> =>
    store.query(`SELECT ${columns} FROM watchkeeper.${table} WHERE ${own} AND ${condition} ORDER BY ${order} DESC LIMIT ${MOST}`)
  const [found, events, attempts] = await Promise.all([
    // Not the view, which looks through all alerts for the one of each finding.
    latest(FINDING, 'finding_versions FINAL', [`finding_id IN ${sqlTexts(findings.slice(-MOST))}`, 'window_end']),
    latest(columnsOf(AlertEventView), 'alert_events', [`alert_id = ${sqlText(id)}`, 'at']), latest(ATTEMPT, 'deliveries', [`alert_id = ${sqlText(id)}`, 'attempted_at']),
  ])
  return { findings: found.map(findingView).toReversed(), events: events.map(alertEventView).toReversed(), deliveries: attempts.map(attemptView).toReversed() }
}
