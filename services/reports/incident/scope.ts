/** What belongs to an alert: its lineage, its actor, its time. */
import type { Row, Store } from '../../../schemas/ports.ts'

export interface IncidentOrder {
  readonly alertId: string
  /** Undefined: whoever's it is. */
  readonly tenant: string | undefined
  readonly beforeMinutes: number
  readonly afterMinutes: number
}

/** Everything that is looked for, as parameters of every statement. Times are nanoseconds. */
export interface Scope {
  readonly tenant: string
  readonly alert_id: string
  readonly actor: string
  readonly principal: string
  readonly traces: readonly string[]
  readonly conversations: readonly string[]
  readonly interaction_ids: readonly string[]
  readonly finding_ids: readonly string[]
  readonly event_ids: readonly string[]
  readonly since: bigint
  readonly until: bigint
  /** For people. */
  readonly title: string
}

type Query = Pick<Store, 'query'>
const MINUTE_NS = 60_000_000_000n
const MOST_IDS = 2_000
const texts = (value: unknown): readonly string[] => (value as readonly string[]).filter((text) => text !== '')
const distinct = (lists: readonly (readonly string[])[]): readonly string[] => [...new Set(lists.flat())].sort().slice(0, MOST_IDS)

async function relatives(store: Query, tenant: string, { interactions, findings }: { readonly interactions: readonly string[]; readonly findings: readonly string[] }): Promise<readonly Row[]> {
  const parameters = { tenant, interactions, findings }
  const calls = await store.query(
    `SELECT interaction_id, trace_id, conversation, event_ids FROM watchkeeper.interactions
     WHERE tenant = {tenant:String} AND interaction_id IN {interactions:Array(String)} ORDER BY interaction_id LIMIT ${MOST_IDS}`, parameters)
  const found = await store.query(
    `SELECT interaction_id, trace_id, conversation, evidence_ids AS event_ids FROM watchkeeper.findings
     WHERE tenant = {tenant:String} AND finding_id IN {findings:Array(String)} ORDER BY finding_id LIMIT ${MOST_IDS}`, parameters)
  return [...calls, ...found]
}

/** Undefined where there is no such alert of this tenant. */
export async function scopeOf(store: Query, { alertId, tenant: asked, beforeMinutes, afterMinutes }: IncidentOrder): Promise<Scope | undefined> {
  const [alert] = await store.query(
    `SELECT tenant, title, actor, principal, trace_id, conversation, finding_ids, interaction_ids, evidence_ids, first_seen, last_seen FROM watchkeeper.alerts
     WHERE alert_id = {id:String}${asked === undefined ? '' : ' AND tenant = {tenant:String}'} ORDER BY tenant LIMIT 1`, { id: alertId, ...(asked === undefined ? {} : { tenant: asked }) })
  if (alert === undefined) return undefined
  const tenant = String(alert['tenant'])
  const [interactions, findings] = [texts(alert['interaction_ids']), texts(alert['finding_ids'])]
  const kin = await relatives(store, tenant, { interactions: interactions.slice(0, MOST_IDS), findings: findings.slice(0, MOST_IDS) })
  const all = (name: string): readonly (readonly string[])[] => kin.map((row) => texts([row[name]]))
  return {
    tenant, alert_id: alertId, title: String(alert['title']), actor: String(alert['actor']), principal: String(alert['principal']),
    traces: distinct([texts([alert['trace_id']]), ...all('trace_id')]), conversations: distinct([texts([alert['conversation']]), ...all('conversation')]),
    interaction_ids: distinct([interactions, ...all('interaction_id')]), finding_ids: distinct([findings]),
    event_ids: distinct([texts(alert['evidence_ids']), ...kin.map((row) => texts(row['event_ids']))]),
    since: (alert['first_seen'] as bigint) - BigInt(beforeMinutes) * MINUTE_NS, until: (alert['last_seen'] as bigint) + BigInt(afterMinutes) * MINUTE_NS,
  }
}
