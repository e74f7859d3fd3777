-- Quarantined records get a state: what was decided on each is written beside it, never over it.
ALTER TABLE watchkeeper.quarantine_versions
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) DEFAULT '' COMMENT 'Name of the sending software, where known' AFTER tenant,
    ADD COLUMN IF NOT EXISTS detector LowCardinality(String) DEFAULT '' COMMENT 'Detector that failed on it, empty where none did' AFTER reason,
    ADD COLUMN IF NOT EXISTS offset_index Int32 DEFAULT -1 COMMENT 'Place within the envelope; -1 where it is the whole envelope' AFTER `offset`;

CREATE TABLE IF NOT EXISTS watchkeeper.quarantine_action_versions
(
    quarantine_id String COMMENT 'The record that was decided on' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Whose record it is, where known',
    step UInt32 COMMENT 'Number of the action on this record, from 1',
    action LowCardinality(String) COMMENT 'replay, discard, or return: the replay failed for the same reason',
    by String COMMENT 'Who asked, as they said' CODEC(ZSTD(1)),
    why String COMMENT 'Why, as they said' CODEC(ZSTD(1)),
    acted_at DateTime64(9, 'UTC') COMMENT 'When it was done' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, quarantine_id, step)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of decisions on quarantined records. Query the view quarantine_actions';

CREATE OR REPLACE VIEW watchkeeper.quarantine_actions
(
    quarantine_id String COMMENT 'The record that was decided on',
    tenant LowCardinality(String) COMMENT 'Whose record it is, where known',
    step UInt32 COMMENT 'Number of the action on this record, from 1',
    action LowCardinality(String) COMMENT 'replay, discard, or return: the replay failed for the same reason',
    by String COMMENT 'Who asked, as they said',
    why String COMMENT 'Why, as they said',
    acted_at DateTime64(9, 'UTC') COMMENT 'When it was done'
)
AS SELECT quarantine_id, tenant, step, action, by, why, acted_at
FROM watchkeeper.quarantine_action_versions FINAL
COMMENT 'Every decision on a quarantined record, oldest first by step';

CREATE OR REPLACE VIEW watchkeeper.quarantine
(
    quarantine_id String COMMENT 'Identity: hash of stage, reason and payload',
    tenant LowCardinality(String) COMMENT 'Whose record it is, where known',
    source LowCardinality(String) COMMENT 'Name of the sending software, where known',
    stage LowCardinality(String) COMMENT 'Service that gave up on it',
    reason LowCardinality(String) COMMENT 'Cause: undecodable_record, damaged_group, missing_group, redaction_failed, defect, refused_row, lookup_failed',
    detector LowCardinality(String) COMMENT 'Detector that failed on it, empty where none did',
    detail String COMMENT 'Which field, what shape, what to do',
    topic LowCardinality(String) COMMENT 'Topic of the bus it came from',
    `partition` Int32 COMMENT 'Partition of that topic; -1 where none',
    `offset` Int64 COMMENT 'Offset in that partition; -1 where none',
    offset_index Int32 COMMENT 'Place within the envelope; -1 where it is the whole envelope',
    payload String COMMENT 'The record as base64 where it may be kept',
    quarantined_at DateTime64(9, 'UTC') COMMENT 'Record time near it',
    state LowCardinality(String) COMMENT 'waiting, replayed, discarded',
    steps UInt32 COMMENT 'How many decisions there are on it: see quarantine_actions',
    decided_by String COMMENT 'Who asked for the last one, as they said',
    decided_why String COMMENT 'Why, as they said',
    decided_at DateTime64(9, 'UTC') COMMENT 'When; 1970-01-01 where nothing was decided'
)
AS SELECT
    q.quarantine_id AS quarantine_id, q.tenant AS tenant, q.source AS source, q.stage AS stage, q.reason AS reason, q.detector AS detector, q.detail AS detail, q.topic AS topic,
    q.`partition` AS `partition`, q.`offset` AS `offset`, q.offset_index AS offset_index, q.payload AS payload, q.quarantined_at AS quarantined_at,
    toLowCardinality(transform(toString(a.last_action), ['replay', 'discard'], ['replayed', 'discarded'], 'waiting')) AS state,
    a.steps AS steps, a.last_by AS decided_by, a.last_why AS decided_why, a.last_at AS decided_at
FROM (SELECT * FROM watchkeeper.quarantine_versions FINAL) AS q
LEFT JOIN
(
    SELECT tenant, quarantine_id, argMax(action, step) AS last_action, max(step) AS steps, argMax(by, step) AS last_by, argMax(why, step) AS last_why, argMax(acted_at, step) AS last_at
    FROM watchkeeper.quarantine_action_versions FINAL
    GROUP BY tenant, quarantine_id
) AS a ON a.tenant = q.tenant AND a.quarantine_id = q.quarantine_id
SETTINGS join_use_nulls = 0
COMMENT 'Records that reached us and could not be used, with the cause and what was decided';

-- What each run of a collector took, cumulative per source and minute: the highest version of an id is the word that holds.
CREATE TABLE IF NOT EXISTS watchkeeper.receipt_versions
(
    receipt_id String COMMENT 'Run, tenant, source and window' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows while the window is open',
    tenant LowCardinality(String) COMMENT 'Whose records they are',
    source LowCardinality(String) COMMENT 'Name of the sending software',
    window_start DateTime64(9, 'UTC') COMMENT 'Minute of receipt' CODEC(Delta, ZSTD(1)),
    received UInt32 COMMENT 'Spans and log records in requests that were answered with 200',
    accepted UInt32 COMMENT 'Of them durable on the bus',
    skipped UInt32 COMMENT 'Of them not about MCP, or our own telemetry',
    rejected UInt32 COMMENT 'Of them refused in a partial success'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(window_start)
ORDER BY (window_start, tenant, source, receipt_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'What the collectors took, per source and minute';

-- Keyed by the batch, so that a batch that is made again after a crash is the same row and counts once.
CREATE TABLE IF NOT EXISTS watchkeeper.archive_ledger
(
    batch String COMMENT 'PARTITION:FIRST-NEXT of topic events, or again:QUARANTINE_ID for a replay' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Whose records they are; empty for what cannot be read',
    source LowCardinality(String) COMMENT 'Name of the sending software; empty for what cannot be read',
    window_start DateTime64(9, 'UTC') COMMENT 'Minute of receipt' CODEC(Delta, ZSTD(1)),
    taken Int32 COMMENT 'Records read from the bus; below 0 where a replay takes an earlier word back',
    stored Int32 COMMENT 'Of them stored as first of their identity',
    duplicate Int32 COMMENT 'Of them already there with the same content',
    conflict Int32 COMMENT 'Of them stored under an id of their own, because their identity is there with other content',
    quarantined Int32 COMMENT 'Of them put aside'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(window_start)
ORDER BY (window_start, tenant, source, batch)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'What the archiver made of each batch of topic events';

CREATE TABLE IF NOT EXISTS watchkeeper.conservation_versions
(
    tenant LowCardinality(String) COMMENT 'Whose records they are; empty for what cannot be read',
    source LowCardinality(String) COMMENT 'Name of the sending software',
    window_start DateTime64(9, 'UTC') COMMENT 'Minute of receipt' CODEC(Delta, ZSTD(1)),
    version UInt64 COMMENT 'Grows with every look',
    received Int64 COMMENT 'Spans and log records taken, and those that are on the bus without a receipt',
    unconfirmed Int64 COMMENT 'Of them without a receipt: answer lost, repeated by the bus, or the collector was killed before it said so',
    stored Int64 COMMENT 'Rows of audit_events that are the first of their identity',
    duplicate Int64 COMMENT 'Already there with the same content',
    conflict Int64 COMMENT 'Rows of audit_events that contradict another',
    quarantined Int64 COMMENT 'Put aside and not replayed',
    rejected Int64 COMMENT 'Refused in a partial success',
    skipped Int64 COMMENT 'Not about MCP, or our own telemetry',
    in_flight Int64 COMMENT 'Durable on the bus, not yet archived',
    difference Int64 COMMENT 'received minus all of the others: not 0 is a finding once settled',
    missing_in_collector Int64 COMMENT 'Part of the difference: received, and neither accepted, rejected nor skipped',
    missing_on_bus Int64 COMMENT 'Part of the difference: accepted, and never read by the archiver',
    missing_in_archiver Int64 COMMENT 'Part of the difference: read, and without a verdict',
    missing_in_table Int64 COMMENT 'Part of the difference: stored, and not in audit_events (below 0: rows that nobody stored)',
    settled Bool COMMENT 'Everything of the minute is through; false = some of it may be in flight',
    checked_at DateTime64(9, 'UTC') COMMENT 'When it was last looked at' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(window_start)
ORDER BY (window_start, tenant, source)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of conservation. Query the view conservation';

CREATE OR REPLACE VIEW watchkeeper.conservation
(
    tenant LowCardinality(String) COMMENT 'Whose records they are; empty for what cannot be read',
    source LowCardinality(String) COMMENT 'Name of the sending software',
    window_start DateTime64(9, 'UTC') COMMENT 'Minute of receipt',
    received Int64 COMMENT 'Spans and log records taken, and those that are on the bus without a receipt',
    unconfirmed Int64 COMMENT 'Of them without a receipt: answer lost, repeated by the bus, or the collector was killed before it said so',
    stored Int64 COMMENT 'Rows of audit_events that are the first of their identity',
    duplicate Int64 COMMENT 'Already there with the same content',
    conflict Int64 COMMENT 'Rows of audit_events that contradict another',
    quarantined Int64 COMMENT 'Put aside and not replayed',
    rejected Int64 COMMENT 'Refused in a partial success',
    skipped Int64 COMMENT 'Not about MCP, or our own telemetry',
    in_flight Int64 COMMENT 'Durable on the bus, not yet archived',
    difference Int64 COMMENT 'received minus all of the others: not 0 is a finding once settled',
    missing_in_collector Int64 COMMENT 'Part of the difference: received, and neither accepted, rejected nor skipped',
    missing_on_bus Int64 COMMENT 'Part of the difference: accepted, and never read by the archiver',
    missing_in_archiver Int64 COMMENT 'Part of the difference: read, and without a verdict',
    missing_in_table Int64 COMMENT 'Part of the difference: stored, and not in audit_events (below 0: rows that nobody stored)',
    settled Bool COMMENT 'Everything of the minute is through; false = some of it may be in flight',
    checked_at DateTime64(9, 'UTC') COMMENT 'When it was last looked at'
)
AS SELECT
    tenant, source, window_start, received, unconfirmed, stored, duplicate, conflict, quarantined, rejected, skipped, in_flight, difference,
    missing_in_collector, missing_on_bus, missing_in_archiver, missing_in_table, settled, checked_at
FROM watchkeeper.conservation_versions FINAL
COMMENT 'The account: received = stored + duplicate + conflict + quarantined + rejected + skipped + in flight, per source and minute of receipt';
