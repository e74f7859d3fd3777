-- Few rows with long lives whose times may change between versions: keyed by identity alone, without partitions.
CREATE TABLE IF NOT EXISTS watchkeeper.finding_versions
(
    finding_id String COMMENT 'Identity: hash of what the finding is about' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows when more becomes known',
    tenant LowCardinality(String) COMMENT 'Whose finding it is',
    detector LowCardinality(String) COMMENT 'Detector that raised it',
    rule_version UInt32 COMMENT 'Version of the detector''s rule',
    severity LowCardinality(String) COMMENT 'info, low, medium, high, critical',
    title String COMMENT 'One sentence for a person' CODEC(ZSTD(1)),
    observed String COMMENT 'What was seen' CODEC(ZSTD(1)),
    expected String COMMENT 'What was expected' CODEC(ZSTD(1)),
    reasons Array(String) COMMENT 'Why, one line each' CODEC(ZSTD(1)),
    interaction_id String COMMENT 'Interaction it is about; empty while only an observation is known' CODEC(ZSTD(1)),
    trace_id String COMMENT 'Trace id' CODEC(ZSTD(1)),
    conversation String COMMENT 'Conversation of the agent' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    window_start DateTime64(9, 'UTC') COMMENT 'Start of the judged time' CODEC(Delta, ZSTD(1)),
    window_end DateTime64(9, 'UTC') COMMENT 'End of the judged time' CODEC(Delta, ZSTD(1)),
    evidence_ids Array(String) COMMENT 'event_id of each observation it rests on' CODEC(ZSTD(1)),
    created_at DateTime64(9, 'UTC') COMMENT 'When the record that caused it was received' CODEC(Delta, ZSTD(1)),

    INDEX interaction_id_bloom interaction_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX created_at_range created_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, finding_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of findings, every version of each. Query the view findings';

CREATE TABLE IF NOT EXISTS watchkeeper.alert_versions
(
    alert_id String COMMENT 'Identity of the alert' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows with every change of state',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    status LowCardinality(String) COMMENT 'open, acknowledged, resolved',
    severity LowCardinality(String) COMMENT 'Highest severity of its findings',
    group_key String COMMENT 'What its findings have in common' CODEC(ZSTD(1)),
    title String COMMENT 'One sentence for a person' CODEC(ZSTD(1)),
    detectors Array(LowCardinality(String)) COMMENT 'Detectors that raised its findings',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    trace_id String COMMENT 'Trace id' CODEC(ZSTD(1)),
    conversation String COMMENT 'Conversation of the agent' CODEC(ZSTD(1)),
    finding_ids Array(String) COMMENT 'Its findings' CODEC(ZSTD(1)),
    interaction_ids Array(String) COMMENT 'Interactions its findings are about' CODEC(ZSTD(1)),
    evidence_ids Array(String) COMMENT 'event_id of sample observations, at most 20' CODEC(ZSTD(1)),
    reasons Array(String) COMMENT 'One line a finding' CODEC(ZSTD(1)),
    first_seen DateTime64(9, 'UTC') COMMENT 'Data time of its first finding' CODEC(Delta, ZSTD(1)),
    last_seen DateTime64(9, 'UTC') COMMENT 'Data time of its last finding' CODEC(Delta, ZSTD(1)),
    sql String COMMENT 'Query that shows the evidence' CODEC(ZSTD(1)),
    created_at DateTime64(9, 'UTC') COMMENT 'When it was opened' CODEC(Delta, ZSTD(1)),
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made' CODEC(Delta, ZSTD(1)),

    INDEX updated_at_range updated_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, alert_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of alerts, every version of each. Query the view alerts';

CREATE OR REPLACE VIEW watchkeeper.alerts
(
    alert_id String COMMENT 'Identity of the alert',
    version UInt32 COMMENT 'Grows with every change of state',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    status LowCardinality(String) COMMENT 'open, acknowledged, resolved',
    severity LowCardinality(String) COMMENT 'Highest severity of its findings',
    group_key String COMMENT 'What its findings have in common',
    title String COMMENT 'One sentence for a person',
    detectors Array(LowCardinality(String)) COMMENT 'Detectors that raised its findings',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    trace_id String COMMENT 'Trace id',
    conversation String COMMENT 'Conversation of the agent',
    finding_ids Array(String) COMMENT 'Its findings',
    interaction_ids Array(String) COMMENT 'Interactions its findings are about',
    evidence_ids Array(String) COMMENT 'event_id of sample observations, at most 20',
    reasons Array(String) COMMENT 'One line a finding',
    first_seen DateTime64(9, 'UTC') COMMENT 'Data time of its first finding',
    last_seen DateTime64(9, 'UTC') COMMENT 'Data time of its last finding',
    sql String COMMENT 'Query that shows the evidence',
    created_at DateTime64(9, 'UTC') COMMENT 'When it was opened',
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made'
)
AS SELECT alert_id, version, tenant, status, severity, group_key, title, detectors, actor, actor_kind, principal, client, server, tool, trace_id, conversation, finding_ids, interaction_ids, evidence_ids, reasons, first_seen, last_seen, sql, created_at, updated_at
FROM watchkeeper.alert_versions FINAL
COMMENT 'Findings grouped for a person, newest state of each';

CREATE OR REPLACE VIEW watchkeeper.findings
(
    finding_id String COMMENT 'Identity: hash of what the finding is about',
    version UInt32 COMMENT 'Grows when more becomes known',
    tenant LowCardinality(String) COMMENT 'Whose finding it is',
    detector LowCardinality(String) COMMENT 'Detector that raised it',
    rule_version UInt32 COMMENT 'Version of the detector''s rule',
    severity LowCardinality(String) COMMENT 'info, low, medium, high, critical',
    title String COMMENT 'One sentence for a person',
    observed String COMMENT 'What was seen',
    expected String COMMENT 'What was expected',
    reasons Array(String) COMMENT 'Why, one line each',
    interaction_id String COMMENT 'Interaction it is about; empty while only an observation is known',
    trace_id String COMMENT 'Trace id',
    conversation String COMMENT 'Conversation of the agent',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    window_start DateTime64(9, 'UTC') COMMENT 'Start of the judged time',
    window_end DateTime64(9, 'UTC') COMMENT 'End of the judged time',
    evidence_ids Array(String) COMMENT 'event_id of each observation it rests on',
    alert_id String COMMENT 'Alert it was grouped into; empty while it has none',
    created_at DateTime64(9, 'UTC') COMMENT 'When the record that caused it was received'
)
AS SELECT f.finding_id AS finding_id, f.version AS version, f.tenant AS tenant, f.detector AS detector, f.rule_version AS rule_version, f.severity AS severity, f.title AS title, f.observed AS observed, f.expected AS expected, f.reasons AS reasons, f.interaction_id AS interaction_id, f.trace_id AS trace_id, f.conversation AS conversation, f.actor AS actor, f.actor_kind AS actor_kind, f.principal AS principal, f.client AS client, f.server AS server, f.tool AS tool, f.window_start AS window_start, f.window_end AS window_end, f.evidence_ids AS evidence_ids, a.alert_id AS alert_id, f.created_at AS created_at
FROM watchkeeper.finding_versions AS f FINAL
LEFT JOIN
(
    SELECT tenant, finding_id, argMax(alert_id, (updated_at, version)) AS alert_id
    FROM watchkeeper.alert_versions FINAL
    ARRAY JOIN finding_ids AS finding_id
    GROUP BY tenant, finding_id
) AS a ON a.tenant = f.tenant AND a.finding_id = f.finding_id
SETTINGS join_use_nulls = 0
COMMENT 'What detectors said: one row per detector, key and window, newest version';
