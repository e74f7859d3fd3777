-- What each source sends, by hour of receipt, and what is blind without the rest. Counted from audit_events and interactions by a job.
CREATE TABLE IF NOT EXISTS watchkeeper.coverage_versions
(
    tenant LowCardinality(String) COMMENT 'Whose source it is',
    source LowCardinality(String) COMMENT 'Stable name of the sending software',
    emitter LowCardinality(String) COMMENT 'Mapping that reads it',
    scope_version LowCardinality(String) COMMENT 'Version of its instrumentation',
    service_version LowCardinality(String) COMMENT 'service.version of the sender',
    mapping_version LowCardinality(String) COMMENT 'Version of the mapping',
    window_start DateTime64(9, 'UTC') COMMENT 'Hour of receipt' CODEC(Delta, ZSTD(1)),
    version UInt64 COMMENT 'Grows with every look',
    events UInt64 COMMENT 'Observations of this hour',
    calls UInt64 COMMENT 'Of them of tools/call',
    last_received_at DateTime64(9, 'UTC') COMMENT 'When the collector last received from it' CODEC(Delta, ZSTD(1)),
    active_minutes UInt64 COMMENT 'Bit n: something was received in minute n of the hour',
    fields Map(LowCardinality(String), UInt64) COMMENT 'Field to the number of observations that have it' CODEC(ZSTD(1)),
    call_fields Map(LowCardinality(String), UInt64) COMMENT 'The same of observations of tools/call' CODEC(ZSTD(1)),
    joined_calls UInt64 COMMENT 'Calls that it took part in and that were looked at' CODEC(ZSTD(1)),
    joined_fields Map(LowCardinality(String), UInt64) COMMENT 'Column of interactions to the number of these calls in which it is known, whoever said it; DETECTOR*: all that the detector needs' CODEC(ZSTD(1)),
    detectors Map(LowCardinality(String), Float64) COMMENT 'Detector to the share of the source''s calls of one day that it can judge' CODEC(ZSTD(1)),
    blind_detectors Array(String) COMMENT 'Detectors that can judge none of them',
    missing Array(String) COMMENT 'detector:column of what a detector lacks in more than a tenth of them',
    switches Array(String) COMMENT 'What to set so that the source sends what is missing',
    usual_interval_seconds UInt32 COMMENT '95 of 100 pauses of seven days were no longer; 0 while too little is known',
    silent Bool COMMENT 'It was sending, and is quiet for longer than it ever was in seven days',
    sequence_sessions UInt64 COMMENT 'Sessions of one day with sequence numbers',
    sequence_gaps UInt64 COMMENT 'Numbers in them that never came',
    sampling Array(String) COMMENT 'What it says of its sampling, by attribute',
    sampling_probability Float64 COMMENT 'Least share that it says it sends; nan where it says nothing',
    unmapped Array(String) COMMENT 'Names of attributes of this hour that the mapping does not read, at most 50'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(window_start)
ORDER BY (window_start, tenant, source, emitter, scope_version, service_version, mapping_version)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of coverage. Query the view coverage';

CREATE OR REPLACE VIEW watchkeeper.coverage
(
    tenant LowCardinality(String) COMMENT 'Whose source it is',
    source LowCardinality(String) COMMENT 'Stable name of the sending software',
    emitter LowCardinality(String) COMMENT 'Mapping that reads it',
    scope_version LowCardinality(String) COMMENT 'Version of its instrumentation',
    service_version LowCardinality(String) COMMENT 'service.version of the sender',
    mapping_version LowCardinality(String) COMMENT 'Version of the mapping',
    window_start DateTime64(9, 'UTC') COMMENT 'Hour of receipt',
    events UInt64 COMMENT 'Observations of this hour',
    calls UInt64 COMMENT 'Of them of tools/call',
    last_received_at DateTime64(9, 'UTC') COMMENT 'When the collector last received from it',
    fields Map(LowCardinality(String), UInt64) COMMENT 'Field to the number of observations that have it',
    field_shares Map(LowCardinality(String), Float64) COMMENT 'Field to the share of observations that have it',
    call_fields Map(LowCardinality(String), UInt64) COMMENT 'Field to the number of observations of tools/call that have it',
    call_field_shares Map(LowCardinality(String), Float64) COMMENT 'Field to the share of observations of tools/call that have it',
    joined_calls UInt64 COMMENT 'Calls that it took part in and that were looked at: at most 200,000 a look',
    joined_fields Map(LowCardinality(String), UInt64) COMMENT 'Column of interactions to the number of these calls in which it is known, whoever said it; DETECTOR*: all that the detector needs',
    detectors Map(LowCardinality(String), Float64) COMMENT 'Detector to the share of the source''s calls of one day that it can judge',
    blind_detectors Array(String) COMMENT 'Detectors that can judge none of them',
    missing Array(String) COMMENT 'detector:column of what a detector lacks in more than a tenth of them',
    switches Array(String) COMMENT 'What to set so that the source sends what is missing',
    usual_interval_seconds UInt32 COMMENT '95 of 100 pauses of seven days were no longer; 0 while too little is known',
    silent Bool COMMENT 'It was sending, and is quiet for longer than it ever was in seven days',
    sequence_sessions UInt64 COMMENT 'Sessions of one day with sequence numbers',
    sequence_gaps UInt64 COMMENT 'Numbers in them that never came',
    sampling Array(String) COMMENT 'What it says of its sampling, by attribute',
    sampling_probability Float64 COMMENT 'Least share that it says it sends; nan where it says nothing',
    unmapped Array(String) COMMENT 'Names of attributes of this hour that the mapping does not read, at most 50',
    looked_at DateTime64(9, 'UTC') COMMENT 'When this was counted and judged'
)
AS SELECT
    tenant, source, emitter, scope_version, service_version, mapping_version, window_start, events, calls, last_received_at,
    fields, mapApply((field, n) -> (field, n / events), fields) AS field_shares, call_fields, mapApply((field, n) -> (field, n / calls), call_fields) AS call_field_shares,
    joined_calls, joined_fields, detectors, blind_detectors, missing, switches, usual_interval_seconds, silent, sequence_sessions, sequence_gaps,
    sampling, sampling_probability, unmapped, toDateTime64(fromUnixTimestamp64Milli(toInt64(version), 'UTC'), 9, 'UTC') AS looked_at
FROM watchkeeper.coverage_versions FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'What each source sends, hour by hour, and which detectors are blind without the rest';

-- Looks go by receipt.
ALTER TABLE watchkeeper.interaction_versions ADD INDEX IF NOT EXISTS received_range received_at TYPE minmax GRANULARITY 1;
