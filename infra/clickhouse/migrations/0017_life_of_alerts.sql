-- Alerts have a life: who did what with them and why, what is silenced until when.
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS findings UInt32 COMMENT 'Findings in all';
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS families Array(LowCardinality(String)) COMMENT 'Families of its detectors';
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS lineage String COMMENT 'Who asked for what, which agent did what where: of its gravest finding' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) COMMENT 'What an analyst says that it was: true, benign, duplicate; empty where nobody has said';
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS duplicate_of String COMMENT 'The other alert, where the verdict is duplicate' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS status_by LowCardinality(String) COMMENT 'Who gave it its status; watchkeeper where nobody did';
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS status_why String COMMENT 'The reason in writing' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS status_at DateTime64(9, 'UTC') COMMENT 'When it got its status; 1970 where it has the first' CODEC(Delta, ZSTD(1));
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS reopened UInt32 COMMENT 'How often it was opened again';
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS silenced_by String COMMENT 'Silence for which nobody is told now; empty where none' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS inhibited_by String COMMENT 'Alert (a composite) for which nobody is told of this one; empty where none' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.alert_versions ADD COLUMN IF NOT EXISTS told_at DateTime64(9, 'UTC') COMMENT 'When a message about it was last made; 1970 = never' CODEC(Delta, ZSTD(1));
ALTER TABLE watchkeeper.alert_versions COMMENT COLUMN status 'open, acknowledged, in_progress, resolved';

CREATE OR REPLACE VIEW watchkeeper.alerts
(
    alert_id String COMMENT 'Identity of the alert',
    version UInt32 COMMENT 'Grows with every change of state',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    status LowCardinality(String) COMMENT 'open, acknowledged, in_progress, resolved',
    severity LowCardinality(String) COMMENT 'Highest severity of its findings',
    group_key String COMMENT 'What its findings have in common',
    title String COMMENT 'One sentence for a person',
    detectors Array(LowCardinality(String)) COMMENT 'Detectors that raised its findings',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'What the actor is: principal, service, client, agent, host, unknown',
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
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made',
    findings UInt32 COMMENT 'Findings in all',
    families Array(LowCardinality(String)) COMMENT 'Families of its detectors',
    lineage String COMMENT 'Who asked for what, which agent did what where: of its gravest finding',
    verdict LowCardinality(String) COMMENT 'What an analyst says that it was: true, benign, duplicate; empty where nobody has said',
    duplicate_of String COMMENT 'The other alert, where the verdict is duplicate',
    status_by LowCardinality(String) COMMENT 'Who gave it its status; watchkeeper where nobody did',
    status_why String COMMENT 'The reason in writing',
    status_at DateTime64(9, 'UTC') COMMENT 'When it got its status; 1970 where it has the first',
    reopened UInt32 COMMENT 'How often it was opened again',
    silenced_by String COMMENT 'Silence for which nobody is told now; empty where none',
    inhibited_by String COMMENT 'Alert (a composite) for which nobody is told of this one; empty where none',
    told_at DateTime64(9, 'UTC') COMMENT 'When a message about it was last made; 1970 = never'
)
AS SELECT alert_id, version, tenant, status, severity, group_key, title, detectors, actor, actor_kind, principal, client, server, tool, trace_id, conversation, finding_ids, interaction_ids, evidence_ids, reasons, first_seen, last_seen, sql, created_at, updated_at,
    findings, families, lineage, verdict, duplicate_of, status_by, status_why, status_at, reopened, silenced_by, inhibited_by, told_at
FROM watchkeeper.alert_versions FINAL
COMMENT 'Findings grouped for a person, newest state of each';

CREATE TABLE IF NOT EXISTS watchkeeper.alert_event_versions
(
    event_id String COMMENT 'Identity: hash of what it says' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    alert_id String COMMENT 'The alert; empty where it is about none' CODEC(ZSTD(1)),
    alert_version UInt32 COMMENT 'Version of the alert after it',
    at DateTime64(9, 'UTC') COMMENT 'When it happened' CODEC(Delta, ZSTD(1)),
    event LowCardinality(String) COMMENT 'opened, told, escalated, acknowledged, started, resolved, reopened, noted, silenced, unsilenced, inhibited, held_back, redelivered, refused',
    from_status LowCardinality(String) COMMENT 'Status before; empty where it is about no alert',
    to_status LowCardinality(String) COMMENT 'Status after',
    verdict LowCardinality(String) COMMENT 'Verdict of an analyst, where one was given',
    by LowCardinality(String) COMMENT 'Who did it; watchkeeper where nobody asked for it',
    why String COMMENT 'The reason in writing, or why it was refused' CODEC(ZSTD(1)),
    order_id String COMMENT 'The order that it answers; empty where there was none' CODEC(ZSTD(1)),
    object String COMMENT 'Silence, message, other alert or receiver that it is about' CODEC(ZSTD(1)),
    detectors Array(LowCardinality(String)) COMMENT 'Detectors of the alert at that time: verdicts count for them',

    INDEX at_range at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, alert_id, at, event_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of the life of alerts. Query the view alert_events';

CREATE OR REPLACE VIEW watchkeeper.alert_events
(
    event_id String COMMENT 'Identity: hash of what it says',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    alert_id String COMMENT 'The alert; empty where it is about none',
    alert_version UInt32 COMMENT 'Version of the alert after it',
    at DateTime64(9, 'UTC') COMMENT 'When it happened',
    event LowCardinality(String) COMMENT 'opened, told, escalated, acknowledged, started, resolved, reopened, noted, silenced, unsilenced, inhibited, held_back, redelivered, refused',
    from_status LowCardinality(String) COMMENT 'Status before; empty where it is about no alert',
    to_status LowCardinality(String) COMMENT 'Status after',
    verdict LowCardinality(String) COMMENT 'Verdict of an analyst, where one was given',
    by LowCardinality(String) COMMENT 'Who did it; watchkeeper where nobody asked for it',
    why String COMMENT 'The reason in writing, or why it was refused',
    order_id String COMMENT 'The order that it answers; empty where there was none',
    object String COMMENT 'Silence, message, other alert or receiver that it is about',
    detectors Array(LowCardinality(String)) COMMENT 'Detectors of the alert at that time: verdicts count for them'
)
AS SELECT event_id, tenant, alert_id, alert_version, at, event, from_status, to_status, verdict, by, why, order_id, object, detectors
FROM watchkeeper.alert_event_versions FINAL
COMMENT 'Every change in the life of an alert: who, when, why';

CREATE TABLE IF NOT EXISTS watchkeeper.silence_versions
(
    silence_id String COMMENT 'Identity of the silence' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows with every change',
    tenant LowCardinality(String) COMMENT 'Whose alerts it silences',
    matchers Array(Tuple(field String, operator String, value String)) COMMENT 'All must fit' CODEC(ZSTD(1)),
    owner LowCardinality(String) COMMENT 'Who answers for it',
    reason String COMMENT 'Why' CODEC(ZSTD(1)),
    starts_at DateTime64(9, 'UTC') COMMENT 'From when it counts' CODEC(Delta, ZSTD(1)),
    ends_at DateTime64(9, 'UTC') COMMENT 'Until when' CODEC(Delta, ZSTD(1)),
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made' CODEC(Delta, ZSTD(1)),
    updated_by LowCardinality(String) COMMENT 'Who made this version'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, silence_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of silences, every version of each. Query the view silences';

CREATE OR REPLACE VIEW watchkeeper.silences
(
    silence_id String COMMENT 'Identity of the silence',
    version UInt32 COMMENT 'Grows with every change',
    tenant LowCardinality(String) COMMENT 'Whose alerts it silences',
    matchers Array(Tuple(field String, operator String, value String)) COMMENT 'All must fit',
    owner LowCardinality(String) COMMENT 'Who answers for it',
    reason String COMMENT 'Why',
    starts_at DateTime64(9, 'UTC') COMMENT 'From when it counts',
    ends_at DateTime64(9, 'UTC') COMMENT 'Until when',
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made',
    updated_by LowCardinality(String) COMMENT 'Who made this version'
)
AS SELECT silence_id, version, tenant, matchers, owner, reason, starts_at, ends_at, updated_at, updated_by
FROM watchkeeper.silence_versions FINAL
COMMENT 'What nobody is told of until when, newest state of each';
