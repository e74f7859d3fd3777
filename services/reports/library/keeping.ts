/** Questions about the log itself: is it whole, is it proved, how long is it kept, what is left out. */
import { ACTIVITY, AS_OF, FROM, iso, percent, type Question, RECEIVED, TENANT, TO } from './question.ts'

const WINDOW = `tenant = ${TENANT} AND window_start >= ${FROM} AND window_start < ${TO}`

export const KEEPING: readonly Question[] = [
  {
    id: 'sources', title: 'What is recorded, and what it says', asks: 'Which sources sent records, and for how many of them do we know who, from where, with which rights?',
    columns: {
      source: 'Source', emitter: 'Mapping', records: 'Records', calls: 'Tool calls', person: 'Person %', client: 'Client %', address: 'Address %', scopes: 'Scopes %', arguments: 'Arguments %',
      first_at: 'First', last_at: 'Last',
    },
    sql: `SELECT toString(source) AS source, toString(emitter) AS emitter, count() AS records, countIf(method = 'tools/call') AS calls,
  ${percent("principal != ''")} AS person, ${percent("client != ''")} AS client, ${percent("client_address != ''")} AS address, ${percent('notEmpty(scopes)')} AS scopes,
  ${percent('arguments_bytes >= 0')} AS arguments, ${iso('min(received_at)')} AS first_at, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
WHERE ${ACTIVITY}
GROUP BY source, emitter`,
    order: 'records DESC, source, emitter', exceptions: false,
    cannotSee: 'Servers, agents and gateways that send nothing: compare this list with what you run. 0 % is a field that the source does not send, and rules that need it are blind there.',
  },
  {
    id: 'account-of-records', title: 'The account of records', asks: 'Did everything that was taken arrive in the table?',
    columns: { source: 'Source', received: 'Received', rejected: 'Rejected', skipped: 'Not MCP', stored: 'Stored', duplicate: 'Duplicates', conflict: 'Conflicts', quarantined: 'Put aside', missing: 'Missing' },
    sql: `SELECT source, sum(n_received) AS received, sum(n_rejected) AS rejected, sum(n_skipped) AS skipped, sum(n_stored) AS stored, sum(n_duplicate) AS duplicate,
  sum(n_conflict) AS conflict, sum(n_quarantined) AS quarantined, greatest(sum(n_accepted) - sum(n_taken), 0) AS missing
FROM
(
  SELECT toString(source) AS source, toInt64(last.1) AS n_received, toInt64(last.2) AS n_accepted, toInt64(last.3) AS n_skipped, toInt64(last.4) AS n_rejected,
    0 AS n_taken, 0 AS n_stored, 0 AS n_duplicate, 0 AS n_conflict, 0 AS n_quarantined
  FROM
  (
    SELECT window_start, source, receipt_id, argMax((received, accepted, skipped, rejected), version) AS last
    FROM watchkeeper.receipt_versions WHERE ${WINDOW} AND NOT points GROUP BY window_start, source, receipt_id
  )
  UNION ALL
  SELECT toString(source), 0, 0, 0, 0, toInt64(taken), toInt64(stored), toInt64(duplicate), toInt64(conflict), toInt64(quarantined)
  FROM watchkeeper.archive_ledger FINAL WHERE ${WINDOW} AND NOT points AND NOT startsWith(batch, 'again:')
)
GROUP BY source`,
    order: 'source', exceptions: false,
    cannotSee: 'What a sender dropped before it reached us. After a kill of the collector its last second has no receipt: then Stored can be more than Received.',
  },
  {
    id: 'put-aside', title: 'Records put aside', asks: 'Which records could not be used, why, and what became of them?',
    columns: { reason: 'Reason', stage: 'Stage', source: 'Source', records: 'Records', decided: 'Decided on', first_at: 'First', last_at: 'Last' },
    sql: `SELECT toString(reason) AS reason, toString(stage) AS stage, toString(source) AS source, uniqExact(quarantine_id) AS records,
  uniqExactIf(quarantine_id, quarantine_id IN (SELECT quarantine_id FROM watchkeeper.quarantine_action_versions WHERE tenant = ${TENANT} AND acted_at < ${AS_OF})) AS decided,
  ${iso('min(quarantined_at)')} AS first_at, ${iso('max(quarantined_at)')} AS last_at
FROM watchkeeper.quarantine_versions
WHERE tenant = ${TENANT} AND quarantined_at >= ${FROM} AND quarantined_at < ${TO}
GROUP BY reason, stage, source`,
    order: 'records DESC, reason, stage, source', exceptions: true,
    cannotSee: 'Records of which not even the tenant could be read stand under no tenant.',
  },
  {
    id: 'signed-states', title: 'Signed states of the log', asks: 'Which states of the log were signed, and which is the last?',
    columns: { log: 'Log', signed: 'Signed', size: 'Records under the last', root: 'Its root', first_at: 'First', last_at: 'Last' },
    sql: `SELECT toString(log) AS log, uniqExact((c.size, c.root)) AS signed, max(c.size) AS size, argMax(c.root, (c.size, c.root)) AS root, ${iso('min(made_at)')} AS first_at, ${iso('max(made_at)')} AS last_at
FROM watchkeeper.checkpoint_versions AS c
WHERE made_at >= ${FROM} AND made_at < ${TO}
GROUP BY log`,
    order: 'log', exceptions: false,
    cannotSee: 'The logs hold the records of all tenants. What was never given to an anchor outside can be made anew by who has the signing key: see the anchors.',
  },
  {
    id: 'anchors', title: 'What was anchored outside', asks: 'Which signed states stand where nobody here can change them?',
    columns: { anchor: 'Anchor', kind: 'Kind', anchored: 'Anchored', failed: 'Failed', size: 'Last size', root: 'Its root', last_at: 'Last' },
    sql: `SELECT toString(anchor) AS anchor, toString(kind) AS kind, uniqExactIf(anchor_id, ok) AS anchored, uniqExactIf(anchor_id, NOT ok) AS failed,
  maxIf(a.size, ok) AS size, argMaxIf(a.root, (a.size, a.root), ok) AS root, ${iso('maxIf(anchored_at, ok)')} AS last_at
FROM watchkeeper.anchor_versions AS a
WHERE anchored_at >= ${FROM} AND anchored_at < ${TO}
GROUP BY anchor, kind`,
    order: 'anchor, kind', exceptions: false,
    cannotSee: 'No row: nothing is anchored, and the log proves itself only against who does not have its key.',
  },
  {
    id: 'kept', title: 'How far back the log reaches', asks: 'How many records of which month were stored, and how many are still there?',
    columns: { month: 'Month of receipt', stored: 'Stored then', kept: 'Still there' },
    sql: `SELECT month, sum(n_stored) AS stored, sum(n_kept) AS kept
FROM
(
  SELECT formatDateTime(window_start, '%Y-%m', 'UTC') AS month, toInt64(stored) + toInt64(conflict) AS n_stored, 0 AS n_kept
  FROM watchkeeper.archive_ledger FINAL WHERE tenant = ${TENANT} AND window_start < ${TO} AND NOT points AND NOT startsWith(batch, 'again:')
  UNION ALL
  SELECT formatDateTime(received_at, '%Y-%m', 'UTC'), 0, toInt64(count()) FROM watchkeeper.audit_events
  WHERE tenant = ${TENANT} AND received_at < ${TO} GROUP BY 1
)
GROUP BY month`,
    order: 'month', exceptions: false,
    cannotSee: 'Made again after retention dropped rows, this answer says so: it is other than before. Records put back from quarantine can make more than were stored then.',
  },
  {
    id: 'redactions', title: 'What was redacted before it was kept', asks: 'Which secrets and personal data were replaced, in how many records of whom?',
    columns: { source: 'Source', field: 'Field', kind: 'Kind', records: 'Records' },
    sql: `SELECT toString(source) AS source, splitByChar(':', mark)[1] AS field, arrayStringConcat(arraySlice(splitByChar(':', mark), 2), ':') AS kind, uniqExact(event_id) AS records
FROM watchkeeper.audit_events
ARRAY JOIN redacted AS mark
WHERE ${RECEIVED}
GROUP BY source, field, kind`,
    order: 'records DESC, source, field, kind', exceptions: false,
    cannotSee: 'Personal data that no rule covers, such as names in free text.',
  },
  {
    id: 'erasures-and-holds', title: 'Erasures, holds and retention', asks: 'Who erased whom, held what back, or changed how long is kept?',
    columns: { at: 'When', actor: 'Who', action: 'Action', object: 'On', outcome: 'Outcome' },
    sql: `SELECT ${iso('received_at')} AS at, toString(actor) AS actor, substring(toString(method), length('watchkeeper/') + 1) AS action, toString(resource) AS object, toString(outcome) AS outcome
FROM watchkeeper.audit_events
WHERE ${RECEIVED} AND emitter = 'watchkeeper' AND match(toString(method), '^watchkeeper/(erase|erasure|subject|hold|legal-hold|retention|redaction)')`,
    order: 'at, actor, action, object, outcome', exceptions: false,
    cannotSee: 'Whether the person asked for it, and copies outside of Watchkeeper.',
  },
  {
    id: 'clocks', title: 'Clocks that are off', asks: 'Which sources say times that cannot be?',
    columns: { source: 'Source', instance: 'Instance', records: 'Records', ahead_seconds: 'At most ahead (s)', behind_seconds: 'At most behind (s)' },
    sql: `SELECT toString(source) AS source, toString(service_instance) AS instance, count() AS records,
  intDiv(greatest(max(toUnixTimestamp64Milli(toDateTime64(started_at, 3, 'UTC')) - toUnixTimestamp64Milli(toDateTime64(received_at, 3, 'UTC'))), 0), 1000) AS ahead_seconds,
  intDiv(greatest(max(toUnixTimestamp64Milli(toDateTime64(received_at, 3, 'UTC')) - toUnixTimestamp64Milli(toDateTime64(started_at, 3, 'UTC'))), 0), 1000) AS behind_seconds
FROM watchkeeper.audit_events
WHERE ${ACTIVITY} AND (started_at > received_at + toIntervalMinute(1) OR started_at < received_at - toIntervalDay(1))
GROUP BY source, instance`,
    order: 'records DESC, source, instance', exceptions: true,
    cannotSee: 'A clock that is a little off. What was sent late looks like a clock that is behind.',
  },
]
