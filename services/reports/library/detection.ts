/** Questions about what was found, who was told, what was done, and by which rules. */
import { ACTIVITY, AS_OF, FROM, iso, type Question, TENANT, TO } from './question.ts'

/** Findings that were first stored in the period, each as it was known as of the time. */
const FOUND = `(
  SELECT finding_id, argMax((detector, rule_version, severity, server, tool), (version, stored_at)) AS last, min(stored_at) AS found_at,
    min(created_at) AS received, max(window_end) AS happened
  FROM watchkeeper.finding_history
  WHERE tenant = ${TENANT} AND stored_at < ${AS_OF}
  GROUP BY finding_id
  HAVING found_at >= ${FROM} AND found_at < ${TO}
)`
const LIFE = `tenant = ${TENANT} AND alert_id != '' AND at < ${AS_OF}`
const when = (event: string): string => iso(`minIf(at, event = '${event}')`)

/** What rules need of a call, and when a record of it has that. What only the joined call has (who asked, the effect) cannot be told of one record. */
const NEEDS: Readonly<Record<string, string>> = {
  actor: "actor != ''", arguments: 'notEmpty(arguments)', arguments_bytes: 'arguments_bytes >= 0', arguments_hash: 'notEmpty(arguments_hash)', outcome: "outcome != 'unknown'", result: 'notEmpty(result)',
  scopes: 'notEmpty(scopes)', server: "server != ''", token_fingerprint: "token_fingerprint != ''", tool: "tool != ''", client_country: "client_address != ''", client_network: "client_address != ''",
}

export const DETECTION: readonly Question[] = [
  {
    id: 'findings', title: 'What detectors found', asks: 'What was found, by which version of which rule, how grave?',
    columns: { detector: 'Detector', rule_version: 'Rule version', severity: 'Severity', findings: 'Findings', servers: 'Servers', tools: 'Tools' },
    sql: `SELECT toString(last.1) AS detector, last.2 AS rule_version, toString(last.3) AS severity, count() AS findings, uniqExactIf(last.4, last.4 != '') AS servers, uniqExactIf(last.5, last.5 != '') AS tools
FROM ${FOUND}
GROUP BY detector, rule_version, severity`,
    order: "transform(severity, ['critical', 'high', 'medium', 'low', 'info'], [1, 2, 3, 4, 5], 6), findings DESC, detector, rule_version", exceptions: false,
    cannotSee: 'What no rule looks for, and what a rule is blind to where its fields are not sent. docs/detections.md says the blind spots of each.',
  },
  {
    id: 'grave-findings', title: 'Grave findings, one by one', asks: 'Which high and critical findings are there, and how long after the fact were they known?',
    columns: { found_at: 'Found', severity: 'Severity', detector: 'Detector', server: 'Server', tool: 'Tool', happened_at: 'Happened', delay_seconds: 'Known after (s)', finding_id: 'Finding' },
    sql: `SELECT ${iso('found_at')} AS found_at, toString(last.3) AS severity, toString(last.1) AS detector, toString(last.4) AS server, toString(last.5) AS tool, ${iso('happened')} AS happened_at,
  greatest(dateDiff('second', received, f.found_at), 0) AS delay_seconds, finding_id
FROM ${FOUND} AS f
WHERE last.3 IN ('high', 'critical')`,
    order: 'found_at, finding_id', exceptions: true,
    cannotSee: 'Whether personal data were concerned: a person must judge that. Who it was stands in table findings, under the id.',
  },
  {
    id: 'policy-violations', title: 'Against the policy', asks: 'Which interactions were against a policy in force?',
    columns: { server: 'Server', tool: 'Tool', severity: 'Severity', rule_version: 'Rule version', findings: 'Findings' },
    sql: `SELECT toString(last.4) AS server, toString(last.5) AS tool, toString(last.3) AS severity, last.2 AS rule_version, count() AS findings
FROM ${FOUND}
WHERE last.1 = 'policy-violation'
GROUP BY server, tool, severity, rule_version`,
    order: 'findings DESC, server, tool, severity, rule_version', exceptions: true,
    cannotSee: 'What no policy speaks of. No row can also mean that no policy was published: see the policies in force.',
  },
  {
    id: 'changed-tools', title: 'Tools that changed, and servers that are new', asks: 'Which tools were changed, shadowed or poisoned, which servers and destinations are new?',
    columns: { detector: 'Detector', server: 'Server', tool: 'Tool', severity: 'Severity', findings: 'Findings' },
    sql: `SELECT toString(last.1) AS detector, toString(last.4) AS server, toString(last.5) AS tool, toString(last.3) AS severity, count() AS findings
FROM ${FOUND}
WHERE last.1 IN ('changed-definition', 'shadowed-tool', 'poisoned-description', 'new-server', 'new-destination', 'changed-configuration')
GROUP BY detector, server, tool, severity`,
    order: 'detector, findings DESC, server, tool, severity', exceptions: true,
    cannotSee: 'Tools of servers whose lists nobody reports. Every version: views tool_inventory and tool_changes.',
  },
  {
    id: 'response', title: 'What was done about alerts', asks: 'When was each alert opened, told, acknowledged and resolved, by whom, and what was it?',
    columns: { opened_at: 'Opened', alert_id: 'Alert', detectors: 'Detectors', told_at: 'Told', acknowledged_at: 'Acknowledged', resolved_at: 'Resolved', minutes_to_answer: 'Answered after (min)', verdict: 'Verdict', people: 'By' },
    sql: `SELECT ${when('opened')} AS opened_at, alert_id, arrayStringConcat(arraySort(arrayDistinct(arrayFlatten(groupArray(arrayMap(d -> toString(d), detectors))))), ', ') AS detectors,
  ${when('told')} AS told_at, ${when('acknowledged')} AS acknowledged_at, ${iso("maxIf(at, event = 'resolved')")} AS resolved_at,
  if(countIf(event IN ('acknowledged', 'started', 'resolved') AND by != 'watchkeeper') = 0, -1,
    dateDiff('minute', minIf(at, event = 'opened'), minIf(at, event IN ('acknowledged', 'started', 'resolved') AND by != 'watchkeeper'))) AS minutes_to_answer,
  toString(argMaxIf(verdict, (at, event_id), verdict != '')) AS verdict,
  arrayStringConcat(arraySort(groupUniqArrayIf(toString(by), by NOT IN ('', 'watchkeeper'))), ', ') AS people
FROM watchkeeper.alert_event_versions
WHERE ${LIFE}
GROUP BY alert_id
HAVING minIf(at, event = 'opened') >= ${FROM} AND minIf(at, event = 'opened') < ${TO}`,
    order: 'opened_at, alert_id', exceptions: false,
    cannotSee: 'What was done elsewhere, such as in a ticket. -1: nobody has answered it.',
  },
  {
    id: 'messages', title: 'Who was told', asks: 'Which receivers got messages, and which did not?',
    columns: { receiver: 'Receiver', outcome: 'Outcome', attempts: 'Attempts', alerts: 'Alerts', last_at: 'Last' },
    sql: `SELECT toString(receiver) AS receiver, toString(outcome) AS outcome, uniqExact((message_id, attempt)) AS attempts, uniqExact(alert_id) AS alerts, ${iso('max(attempted_at)')} AS last_at
FROM watchkeeper.delivery_versions
WHERE tenant = ${TENANT} AND attempted_at >= ${FROM} AND attempted_at < ${TO}
GROUP BY receiver, outcome`,
    order: 'receiver, outcome', exceptions: false,
    cannotSee: 'Whether somebody read it.',
  },
  {
    id: 'rules-in-force', title: 'Rules in force', asks: 'Which version of which rule judged?',
    columns: { detector: 'Detector', version: 'Version', title: 'Finds', severity: 'Severity', since: 'Since' },
    sql: `SELECT detector, version, title, severity, since
FROM
(
  SELECT toString(detector) AS detector, version, max(r.title) AS title, max(toString(r.severity)) AS severity, ${iso('min(stored_at)')} AS since, min(stored_at) AS first,
    max(version) OVER (PARTITION BY detector) AS newest
  FROM watchkeeper.rule_history AS r WHERE stored_at < ${AS_OF} GROUP BY detector, version
)
WHERE version = newest OR first >= ${FROM}`,
    order: 'detector, version', exceptions: false,
    cannotSee: 'Parameters of rules: they stand in the configuration. Since is when this installation first said so.',
  },
  {
    id: 'blind-rules', title: 'Rules that were blind', asks: 'Which sources sent not once what a rule in force needs?',
    columns: { source: 'Source', emitter: 'Mapping', calls: 'Records of tool calls', missing: 'Never sent', rules: 'Rules that need it', blind: 'How many' },
    sql: `SELECT toString(c.source) AS source, toString(c.emitter) AS emitter, max(c.records) AS calls, need AS missing,
  arrayStringConcat(arraySort(groupUniqArray(toString(r.detector))), ', ') AS rules, uniqExact(r.detector) AS blind
FROM
(
  SELECT source, emitter, count() AS records, arrayFilter(name -> name != '', [${Object.entries(NEEDS).map(([name, condition]) => `if(countIf(${condition}) = 0, '${name}', '')`).join(', ')}]) AS absent
  FROM watchkeeper.audit_events WHERE ${ACTIVITY} AND method = 'tools/call' GROUP BY source, emitter
) AS c
ARRAY JOIN absent AS need
INNER JOIN
(
  SELECT v.detector AS detector, arrayJoin(max(v.needs)) AS needed FROM watchkeeper.rule_versions AS v
  WHERE (v.detector, v.version) IN (SELECT detector, max(version) FROM watchkeeper.rule_history WHERE stored_at < ${AS_OF} GROUP BY detector)
  GROUP BY v.detector, v.version
) AS r ON r.needed = need
GROUP BY c.source, c.emitter, need`,
    order: 'blind DESC, calls DESC, source, emitter, missing', exceptions: true,
    cannotSee: 'Another record of the same call may have what this source leaves out: table coverage says it for whole calls, with what to set. A field that is sent now and then counts as sent.',
  },
  {
    id: 'policies-in-force', title: 'Policies in force', asks: 'Which version of which policy was in force?',
    columns: { policy: 'Policy', version: 'Version', action: 'Published or withdrawn', mode: 'Mode', rules: 'Rules', in_force_from: 'In force from', hash: 'SHA-256' },
    sql: `SELECT toString(policy) AS policy, version, toString(action) AS action, toString(mode) AS mode, max(p.rules) AS rules, ${iso('min(p.in_force_from)')} AS in_force_from, hash
FROM watchkeeper.policy_versions AS p
WHERE tenant IN (${TENANT}, '*') AND published_at < ${AS_OF} AND p.in_force_from < ${TO}
GROUP BY policy, version, action, mode, hash`,
    order: 'policy, in_force_from, version, action, mode, hash', exceptions: false,
    cannotSee: 'No row: no policy was published, and nothing was checked against one.',
  },
]
