-- Rows that may be written again after a restart, with the same content: the key holds the whole identity, and FINAL shows it once.
CREATE TABLE IF NOT EXISTS watchkeeper.delivery_versions
(
    message_id String COMMENT 'Id of the message, the same for every attempt' CODEC(ZSTD(1)),
    attempt UInt32 COMMENT 'Number of the attempt, from 1',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    alert_id String COMMENT 'Alert it tells about' CODEC(ZSTD(1)),
    alert_version UInt32 COMMENT 'Version of the alert that was sent',
    receiver LowCardinality(String) COMMENT 'Name of the receiver in the configuration',
    attempted_at DateTime64(9, 'UTC') COMMENT 'When it was sent' CODEC(Delta, ZSTD(1)),
    duration_ns Int64 COMMENT 'Time until the answer, in nanoseconds',
    status UInt16 COMMENT 'HTTP status, 0 where no answer came',
    outcome LowCardinality(String) COMMENT 'delivered, retry, gave_up',
    answer String COMMENT 'Start of the answer, or why there was none' CODEC(ZSTD(1)),

    INDEX alert_id_bloom alert_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, message_id, receiver, attempt)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of deliveries. Query the view deliveries';

CREATE TABLE IF NOT EXISTS watchkeeper.quarantine_versions
(
    quarantine_id String COMMENT 'Identity: hash of stage, reason and payload' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Whose record it is, where known',
    stage LowCardinality(String) COMMENT 'Service that gave up on it',
    reason LowCardinality(String) COMMENT 'Cause: undecodable_record, damaged_group, missing_group, redaction_failed, defect, refused_row, lookup_failed',
    detail String COMMENT 'Which field, what shape, what to do' CODEC(ZSTD(1)),
    topic LowCardinality(String) COMMENT 'Topic of the bus it came from',
    `partition` Int32 COMMENT 'Partition of that topic; -1 where none',
    `offset` Int64 COMMENT 'Offset in that partition; -1 where none',
    payload String COMMENT 'The record as base64 where it may be kept' CODEC(ZSTD(1)),
    quarantined_at DateTime64(9, 'UTC') COMMENT 'When it was put aside' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, quarantine_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of quarantined records. Query the view quarantine';

CREATE TABLE IF NOT EXISTS watchkeeper.mcp_metric_versions
(
    point_id String COMMENT 'Identity: hash of tenant, stream and time' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Whose metric it is',
    metric LowCardinality(String) COMMENT 'Metric name',
    unit LowCardinality(String) COMMENT 'Unit as sent',
    kind LowCardinality(String) COMMENT 'sum, gauge, histogram, exponential_histogram, summary',
    temporality LowCardinality(String) COMMENT 'delta, cumulative or empty; cumulative points must not be summed',
    source LowCardinality(String) COMMENT 'Software that sent it',
    method LowCardinality(String) COMMENT 'MCP method',
    tool LowCardinality(String) COMMENT 'Tool name',
    server LowCardinality(String) COMMENT 'MCP server name',
    started_at DateTime64(9, 'UTC') COMMENT 'Start of the interval' CODEC(Delta, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'Time of the point' CODEC(Delta, ZSTD(1)),
    received_at DateTime64(9, 'UTC') COMMENT 'When the collector received it' CODEC(Delta, ZSTD(1)),
    count Int64 COMMENT 'Number of observations in the point',
    sum Float64 COMMENT 'Sum of the observations, in the unit as sent',
    value_seconds Float64 COMMENT 'Durations in seconds whatever the unit said; NaN where it is no duration',
    attributes Map(LowCardinality(String), String) COMMENT 'All remaining attributes as text' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY if(at >= toDateTime64('2024-01-01', 9, 'UTC') AND at < toDateTime64('2036-01-01', 9, 'UTC'), toYYYYMM(at), 0)
ORDER BY (tenant, metric, source, at, point_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of metric points. Query the view mcp_metrics';

CREATE OR REPLACE VIEW watchkeeper.deliveries
(
    message_id String COMMENT 'Id of the message, the same for every attempt',
    attempt UInt32 COMMENT 'Number of the attempt, from 1',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    alert_id String COMMENT 'Alert it tells about',
    alert_version UInt32 COMMENT 'Version of the alert that was sent',
    receiver LowCardinality(String) COMMENT 'Name of the receiver in the configuration',
    attempted_at DateTime64(9, 'UTC') COMMENT 'When it was sent',
    duration_ns Int64 COMMENT 'Time until the answer, in nanoseconds',
    status UInt16 COMMENT 'HTTP status, 0 where no answer came',
    outcome LowCardinality(String) COMMENT 'delivered, retry, gave_up',
    answer String COMMENT 'Start of the answer, or why there was none'
)
AS SELECT message_id, attempt, tenant, alert_id, alert_version, receiver, attempted_at, duration_ns, status, outcome, answer
FROM watchkeeper.delivery_versions FINAL
COMMENT 'Attempts to tell a receiver about an alert';

CREATE OR REPLACE VIEW watchkeeper.quarantine
(
    quarantine_id String COMMENT 'Identity: hash of stage, reason and payload',
    tenant LowCardinality(String) COMMENT 'Whose record it is, where known',
    stage LowCardinality(String) COMMENT 'Service that gave up on it',
    reason LowCardinality(String) COMMENT 'Cause: undecodable_record, damaged_group, missing_group, redaction_failed, defect, refused_row, lookup_failed',
    detail String COMMENT 'Which field, what shape, what to do',
    topic LowCardinality(String) COMMENT 'Topic of the bus it came from',
    `partition` Int32 COMMENT 'Partition of that topic; -1 where none',
    `offset` Int64 COMMENT 'Offset in that partition; -1 where none',
    payload String COMMENT 'The record as base64 where it may be kept',
    quarantined_at DateTime64(9, 'UTC') COMMENT 'When it was put aside'
)
AS SELECT quarantine_id, tenant, stage, reason, detail, topic, `partition`, `offset`, payload, quarantined_at
FROM watchkeeper.quarantine_versions FINAL
COMMENT 'Records that reached us and could not be used, with the cause';

CREATE OR REPLACE VIEW watchkeeper.mcp_metrics
(
    point_id String COMMENT 'Identity: hash of tenant, stream and time',
    tenant LowCardinality(String) COMMENT 'Whose metric it is',
    metric LowCardinality(String) COMMENT 'Metric name',
    unit LowCardinality(String) COMMENT 'Unit as sent',
    kind LowCardinality(String) COMMENT 'sum, gauge, histogram, exponential_histogram, summary',
    temporality LowCardinality(String) COMMENT 'delta, cumulative or empty; cumulative points must not be summed',
    source LowCardinality(String) COMMENT 'Software that sent it',
    method LowCardinality(String) COMMENT 'MCP method',
    tool LowCardinality(String) COMMENT 'Tool name',
    server LowCardinality(String) COMMENT 'MCP server name',
    started_at DateTime64(9, 'UTC') COMMENT 'Start of the interval',
    at DateTime64(9, 'UTC') COMMENT 'Time of the point',
    received_at DateTime64(9, 'UTC') COMMENT 'When the collector received it',
    count Int64 COMMENT 'Number of observations in the point',
    sum Float64 COMMENT 'Sum of the observations, in the unit as sent',
    value_seconds Float64 COMMENT 'Durations in seconds whatever the unit said; NaN where it is no duration',
    attributes Map(LowCardinality(String), String) COMMENT 'All remaining attributes as text'
)
AS SELECT point_id, tenant, metric, unit, kind, temporality, source, method, tool, server, started_at, at, received_at, count, sum, value_seconds, attributes
FROM watchkeeper.mcp_metric_versions FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes_if_final = 1
COMMENT 'Points of MCP metrics as sent';
