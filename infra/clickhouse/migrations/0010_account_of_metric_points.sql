-- Metric points get an account of their own beside that of spans and log records. What is there already is of records.
ALTER TABLE watchkeeper.receipt_versions
    ADD COLUMN IF NOT EXISTS points Bool DEFAULT false COMMENT 'Of metric points; else of spans and log records' AFTER version;

ALTER TABLE watchkeeper.archive_ledger
    ADD COLUMN IF NOT EXISTS points Bool DEFAULT false COMMENT 'Of metric points; else of spans and log records' AFTER batch;

ALTER TABLE watchkeeper.conservation_versions
    ADD COLUMN IF NOT EXISTS points Bool COMMENT 'Of metric points; else of spans and log records',
    MODIFY ORDER BY (window_start, tenant, source, points);

ALTER TABLE watchkeeper.mcp_metric_versions
    ADD INDEX IF NOT EXISTS received_range received_at TYPE minmax GRANULARITY 1,
    ADD INDEX IF NOT EXISTS point_bloom point_id TYPE bloom_filter(0.01) GRANULARITY 1;

CREATE OR REPLACE VIEW watchkeeper.conservation
(
    tenant LowCardinality(String) COMMENT 'Whose records they are; empty for what cannot be read',
    source LowCardinality(String) COMMENT 'Name of the sending software',
    points Bool COMMENT 'Of metric points (table mcp_metrics); else of spans and log records (table audit_events)',
    window_start DateTime64(9, 'UTC') COMMENT 'Minute of receipt',
    received Int64 COMMENT 'Taken, and what is on the bus without a receipt',
    unconfirmed Int64 COMMENT 'Of them without a receipt: answer lost, repeated by the bus, or the collector was killed before it said so',
    stored Int64 COMMENT 'Rows of the table that are the first of their identity',
    duplicate Int64 COMMENT 'Already there: records with the same content, points with the same stream and time',
    conflict Int64 COMMENT 'Rows of audit_events that contradict another',
    quarantined Int64 COMMENT 'Put aside and not replayed',
    rejected Int64 COMMENT 'Refused in a partial success',
    skipped Int64 COMMENT 'Not about MCP, our own telemetry, or a point twice in one request',
    in_flight Int64 COMMENT 'Durable on the bus, not yet archived',
    difference Int64 COMMENT 'received minus all of the others: not 0 is a finding once settled',
    missing_in_collector Int64 COMMENT 'Part of the difference: received, and neither accepted, rejected nor skipped',
    missing_on_bus Int64 COMMENT 'Part of the difference: accepted, and never read by the archiver',
    missing_in_archiver Int64 COMMENT 'Part of the difference: read, and without a verdict',
    missing_in_table Int64 COMMENT 'Part of the difference: stored, and not in the table (below 0: rows that nobody stored)',
    settled Bool COMMENT 'Everything of the minute is through; false = some of it may be in flight',
    checked_at DateTime64(9, 'UTC') COMMENT 'When it was last looked at'
)
AS SELECT
    tenant, source, points, window_start, received, unconfirmed, stored, duplicate, conflict, quarantined, rejected, skipped, in_flight, difference,
    missing_in_collector, missing_on_bus, missing_in_archiver, missing_in_table, settled, checked_at
FROM watchkeeper.conservation_versions FINAL
COMMENT 'The account: received = stored + duplicate + conflict + quarantined + rejected + skipped + in flight, per source and minute of receipt';
