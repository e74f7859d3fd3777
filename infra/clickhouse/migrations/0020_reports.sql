-- Reports can be made again as they were: what a merge would forget is kept beside it, in the order in which it was stored.
-- Without names of people: who it was stands in findings.
CREATE TABLE IF NOT EXISTS watchkeeper.finding_history
(
    finding_id String COMMENT 'Identity: hash of what the finding is about' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows when more becomes known',
    tenant LowCardinality(String) COMMENT 'Whose finding it is',
    detector LowCardinality(String) COMMENT 'Detector that raised it',
    rule_version UInt32 COMMENT 'Version of the detector''s rule',
    severity LowCardinality(String) COMMENT 'info, low, medium, high, critical',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    window_start DateTime64(9, 'UTC') COMMENT 'Start of the judged time' CODEC(Delta, ZSTD(1)),
    window_end DateTime64(9, 'UTC') COMMENT 'End of the judged time' CODEC(Delta, ZSTD(1)),
    created_at DateTime64(9, 'UTC') COMMENT 'When the record that caused it was received' CODEC(Delta, ZSTD(1)),
    stored_at DateTime64(9, 'UTC') DEFAULT now64(9) COMMENT 'When this version came into the table, by the engine''s clock' CODEC(Delta, ZSTD(1)),

    INDEX stored_at_range stored_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (tenant, finding_id, version)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Every version of every finding that ever was, for reports as of a time';

INSERT INTO watchkeeper.finding_history (finding_id, version, tenant, detector, rule_version, severity, server, tool, window_start, window_end, created_at, stored_at)
SELECT finding_id, version, tenant, detector, rule_version, severity, server, tool, window_start, window_end, created_at, created_at FROM watchkeeper.finding_versions
SETTINGS insert_deduplication_token = 'migration:0020:finding_history', deduplicate_insert = 'enable', max_partitions_per_insert_block = 0;

CREATE TABLE IF NOT EXISTS watchkeeper.rule_history
(
    detector LowCardinality(String) COMMENT 'Detector whose rule it is',
    version UInt32 COMMENT 'Version of the rule',
    title String COMMENT 'What it finds, in a few words' CODEC(ZSTD(1)),
    severity LowCardinality(String) COMMENT 'Usual severity of its findings',
    stored_at DateTime64(9, 'UTC') DEFAULT now64(9) COMMENT 'When an archiver said that it is in force, by the engine''s clock' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (detector, version, stored_at)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'When which rule was said to be in force, for reports as of a time';

CREATE TABLE IF NOT EXISTS watchkeeper.reports
(
    report_id String COMMENT 'Identity of what was asked: hash of tenant, controls, period and as-of time, 32 hex digits' CODEC(ZSTD(1)),
    run_id String COMMENT 'This making of it, 32 hex digits' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Whose records it is about',
    title String COMMENT 'What it is called' CODEC(ZSTD(1)),
    schedule LowCardinality(String) COMMENT 'Name of the schedule that asked for it; empty where a person did',
    controls Array(LowCardinality(String)) COMMENT 'Controls that it answers',
    period_start DateTime64(9, 'UTC') COMMENT 'What was received from then on',
    period_end DateTime64(9, 'UTC') COMMENT 'and before this',
    as_of DateTime64(9, 'UTC') COMMENT 'What the log knew at this time; again with the same time, it is the same report',
    made_at DateTime64(9, 'UTC') COMMENT 'When it was made',
    made_by LowCardinality(String) COMMENT 'Who asked for it',
    host LowCardinality(String) COMMENT 'Machine that made it',
    directory String COMMENT 'Where its files are on that machine' CODEC(ZSTD(1)),
    outcome LowCardinality(String) COMMENT 'done, or failed',
    reason String COMMENT 'Why it failed' CODEC(ZSTD(1)),
    report_hash String COMMENT 'SHA-256 of report.json, 64 hex digits: what a second making must give again' CODEC(ZSTD(1)),
    page_hash String COMMENT 'SHA-256 of report.html, 64 hex digits' CODEC(ZSTD(1)),
    note String COMMENT 'The signed note over both' CODEC(ZSTD(1)),
    answers Map(String, String) COMMENT 'Question to the SHA-256 of its answer' CODEC(ZSTD(1)),
    result_rows UInt64 COMMENT 'Rows in all answers together'
)
ENGINE = MergeTree
ORDER BY (tenant, as_of, report_id, run_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Reports that were made: for whom, as of when, with which hash';

-- Whoever's insert under the token of an attempt comes first makes the report: the second insert of a token is dropped.
CREATE TABLE IF NOT EXISTS watchkeeper.report_claims
(
    tenant LowCardinality(String) COMMENT 'Whose report it is',
    schedule LowCardinality(String) COMMENT 'Name of the schedule',
    due DateTime64(9, 'UTC') COMMENT 'Time of the timetable that it is made for' CODEC(Delta, ZSTD(1)),
    attempt UInt32 COMMENT 'Number of the attempt, from 1; 0: the schedule was first seen then',
    runner String COMMENT 'Process that makes it, by a random name' CODEC(ZSTD(1)),
    claimed_at DateTime64(9, 'UTC') COMMENT 'When it took it on' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (tenant, schedule, due, attempt)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Which process makes which scheduled report: one of many';
