/** What verdicts say of rules: how often each was right, and which alerts nobody needed. Only proposes; a person decides. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Row } from '../../../schemas/ports.ts'
import { SilenceMatcher } from '../../../schemas/silence.ts'
import { sqlText, sqlTexts } from '../../../schemas/sql-literal.ts'
import { Severity } from '../../../schemas/vocabulary.ts'
import { isoTime } from '../responses.ts'
import type { Tables } from './alert-store.ts'
import { exactTime } from './filter.ts'

/** Alerts that were benign, and none that was true: so many are enough for one actor and tool, and for all of a severity. */
const ENOUGH_OF_ONE = 3
const ENOUGH_OF_ALL = 10
const MOST = 200
const MOST_EXAMPLES = 5

/** Whose verdicts, and since when (nanoseconds). */
export interface Judged {
  readonly tenant: string | undefined
  readonly since: bigint
}

const ofTenant = ({ tenant }: Judged): string => (tenant === undefined ? '1' : `tenant = ${sqlText(tenant)}`)

/** The last verdict on each alert, from the events of its life. */
const verdicts = (judged: Judged): string =>
  `SELECT tenant, alert_id, argMax(verdict, (at, alert_version)) AS said, max(at) AS said_at FROM watchkeeper.alert_events
   WHERE ${ofTenant(judged)} AND event = 'resolved' AND verdict != '' AND at >= ${exactTime(judged.since)} GROUP BY tenant, alert_id`
const judgedAlerts = (judged: Judged): string => `${ofTenant(judged)} AND alert_id IN (SELECT alert_id FROM (${verdicts(judged)}))`

export const Precision = z.strictObject({
  tenant: z.string(), detector: z.string(), rule_version: z.number().int(),
  true_alerts: z.number().int(), benign_alerts: z.number().int(), duplicate_alerts: z.number().int(),
  precision: z.number().nullable().describe('true / (true + benign); null where nobody has said either'),
}).meta({ id: 'Precision' })
export type Precision = z.infer<typeof Precision>

/** Alerts by verdict for each detector and version of its rule that had a finding in them. */
const precisionSql = (judged: Judged): string => `SELECT tenant, detector, rule_version,
  uniqExactIf(alert_id, said = 'true') AS true_alerts, uniqExactIf(alert_id, said = 'benign') AS benign_alerts, uniqExactIf(alert_id, said = 'duplicate') AS duplicate_alerts
FROM (SELECT tenant, alert_id, arrayJoin(finding_ids) AS finding_id FROM watchkeeper.alerts WHERE ${judgedAlerts(judged)}) AS of
INNER JOIN (${verdicts(judged)}) AS verdicts USING (tenant, alert_id)
INNER JOIN (SELECT tenant, finding_id, detector, rule_version FROM watchkeeper.findings
  WHERE ${ofTenant(judged)} AND finding_id IN (SELECT arrayJoin(finding_ids) FROM watchkeeper.alerts WHERE ${judgedAlerts(judged)})) AS found USING (tenant, finding_id)
GROUP BY tenant, detector, rule_version ORDER BY benign_alerts DESC, tenant, detector, rule_version LIMIT 1000`

export async function precisionOf(store: Tables, judged: Judged): Promise<readonly Precision[]> {
  return (await store.query(precisionSql(judged))).map((row) => {
    const [right, wrong] = [Number(row['true_alerts']), Number(row['benign_alerts'])]
    return {
      tenant: String(row['tenant']), detector: String(row['detector']), rule_version: Number(row['rule_version']), true_alerts: right, benign_alerts: wrong,
      duplicate_alerts: Number(row['duplicate_alerts']), precision: right + wrong === 0 ? null : Number((right / (right + wrong)).toFixed(3)),
    }
  })
}

export const Proposal = z.strictObject({
  proposal_id: z.string(), tenant: z.string(), detector: z.string(), severity: Severity.or(z.literal('')), actor: z.string(), tool: z.string(),
  benign_alerts: z.number().int(), last_at: z.string(), alert_ids: z.array(z.string()).describe('Some of them'),
  matchers: z.array(SilenceMatcher).describe('Of the silence that accepting it makes'),
  why: z.string(), accepted_until: z.string().describe("'' while it is not accepted"),
}).meta({ id: 'Proposal' })
export type Proposal = z.infer<typeof Proposal>

/** Only alerts of one detector count: what others said beside it is no reason to be quiet. `columns`: what they have in common. */
const benignSql = (judged: Judged, columns: string, { enough, where }: { readonly enough: number; readonly where: string }): string =>
  `SELECT tenant, detectors[1] AS detector, ${columns}, countIf(said = 'benign') AS benign, countIf(said = 'true') AS right, max(said_at) AS last_at,
  groupArrayIf(${MOST_EXAMPLES})(alert_id, said = 'benign') AS ids
FROM (SELECT tenant, alert_id, detectors, severity, actor, tool FROM watchkeeper.alerts WHERE ${judgedAlerts(judged)} AND length(detectors) = 1 AND ${where}) AS of
INNER JOIN (${verdicts(judged)}) AS verdicts USING (tenant, alert_id)
GROUP BY tenant, detector, ${columns} HAVING benign >= ${enough} AND right = 0 ORDER BY benign DESC, tenant, detector LIMIT ${MOST}`

const is = (field: SilenceMatcher['field'], value: string): SilenceMatcher => ({ field, operator: 'is', value })

/** The same proposal has the same id, and the silence that comes of it, too. */
const proposalId = (tenant: string, matchers: readonly SilenceMatcher[]): string =>
  createHash('sha256').update(JSON.stringify(['tuning', tenant, matchers.map(({ field, value }) => [field, value])])).digest('hex').slice(0, 32)

function proposalOf(row: Row): Omit<Proposal, 'accepted_until'> {
  const text = (name: string): string => String(row[name] ?? '')
  const [tenant, detector, severity, actor, tool, benign] = [text('tenant'), text('detector'), text('severity'), text('actor'), text('tool'), Number(row['benign'])]
  const matchers = severity === '' ? [is('detector', detector), is('actor', actor), is('tool', tool)] : [is('detector', detector), is('severity', severity)]
  const what = severity === '' ? `of ${actor} with ${tool}` : `of severity ${severity}`
  return {
    proposal_id: proposalId(tenant, matchers), tenant, detector, severity: severity as Severity | '', actor, tool, benign_alerts: benign, last_at: isoTime(row['last_at'] as bigint),
    alert_ids: row['ids'] as string[], matchers, why: `${benign} alerts of ${detector} ${what} were benign, and none was true.`,
  }
}

async function acceptedUntil(store: Tables, ids: readonly string[], now: bigint): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await store.query(`SELECT tenant, silence_id, ends_at FROM watchkeeper.silences WHERE silence_id IN ${sqlTexts(ids)} AND ends_at > ${exactTime(now)}`)
  return new Map(rows.map((row) => [String(row['silence_id']), isoTime(row['ends_at'] as bigint)]))
}

/** What could be quiet, by the verdicts of people; those with the most alerts first. */
export async function proposals(store: Tables, judged: Judged, now: bigint): Promise<readonly Proposal[]> {
  const [ofOne, ofAll] = await Promise.all([
    store.query(benignSql(judged, 'actor, tool', { enough: ENOUGH_OF_ONE, where: "actor != '' AND tool != ''" })), store.query(benignSql(judged, 'severity', { enough: ENOUGH_OF_ALL, where: "severity != 'critical'" })),
  ])
  const found = [...ofAll, ...ofOne].map(proposalOf).filter(({ matchers }) => matchers.every(({ value }) => value.length <= 512))
  const until = await acceptedUntil(store, found.map(({ proposal_id: id }) => id), now)
  return found.map((proposal) => ({ ...proposal, accepted_until: until.get(proposal.proposal_id) ?? '' })).sort((a, b) => b.benign_alerts - a.benign_alerts)
}
