-- What was done because of an alert: who asked for it, who approved, what was sent, what the hook answered.
CREATE TABLE IF NOT EXISTS watchkeeper.response_action_versions
(
    action_id String COMMENT 'Identity of the action' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows with every step',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    alert_id String COMMENT 'Alert because of which it is done' CODEC(ZSTD(1)),
    alert_version UInt32 COMMENT 'Version of the alert when it was asked for',
    hook LowCardinality(String) COMMENT 'Name of the hook in the configuration',
    state LowCardinality(String) COMMENT 'waiting, approved, done, failed, rejected, expired',
    request String COMMENT 'JSON: what the hook is told of the alert and of what to act on' CODEC(ZSTD(1)),
    why String COMMENT 'The reason in writing' CODEC(ZSTD(1)),
    requested_by LowCardinality(String) COMMENT 'Who asked for it',
    requested_token LowCardinality(String) COMMENT 'Name of the token it was asked with',
    requested_at DateTime64(9, 'UTC') COMMENT 'When it was asked for' CODEC(Delta, ZSTD(1)),
    decided_by LowCardinality(String) COMMENT 'Who approved or rejected it; empty where nobody did',
    decided_why String COMMENT 'The reason in writing' CODEC(ZSTD(1)),
    decided_at DateTime64(9, 'UTC') COMMENT 'When; 1970 = not yet' CODEC(Delta, ZSTD(1)),
    body String COMMENT 'The message as it was sent; empty before' CODEC(ZSTD(1)),
    attempts UInt32 COMMENT 'How often it was sent',
    status UInt16 COMMENT 'HTTP status of the last attempt, 0 where no answer came',
    answer String COMMENT 'Start of the answer, or why there was none' CODEC(ZSTD(1)),
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made' CODEC(Delta, ZSTD(1)),

    INDEX alert_id_bloom alert_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, action_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of response actions. Query the view response_actions';

CREATE OR REPLACE VIEW watchkeeper.response_actions
(
    action_id String COMMENT 'Identity of the action',
    version UInt32 COMMENT 'Grows with every step',
    tenant LowCardinality(String) COMMENT 'Whose alert it is',
    alert_id String COMMENT 'Alert because of which it is done',
    alert_version UInt32 COMMENT 'Version of the alert when it was asked for',
    hook LowCardinality(String) COMMENT 'Name of the hook in the configuration',
    state LowCardinality(String) COMMENT 'waiting, approved, done, failed, rejected, expired',
    request String COMMENT 'JSON: what the hook is told of the alert and of what to act on',
    why String COMMENT 'The reason in writing',
    requested_by LowCardinality(String) COMMENT 'Who asked for it',
    requested_token LowCardinality(String) COMMENT 'Name of the token it was asked with',
    requested_at DateTime64(9, 'UTC') COMMENT 'When it was asked for',
    decided_by LowCardinality(String) COMMENT 'Who approved or rejected it; empty where nobody did',
    decided_why String COMMENT 'The reason in writing',
    decided_at DateTime64(9, 'UTC') COMMENT 'When; 1970 = not yet',
    body String COMMENT 'The message as it was sent; empty before',
    attempts UInt32 COMMENT 'How often it was sent',
    status UInt16 COMMENT 'HTTP status of the last attempt, 0 where no answer came',
    answer String COMMENT 'Start of the answer, or why there was none',
    updated_at DateTime64(9, 'UTC') COMMENT 'When this version was made'
)
AS SELECT action_id, version, tenant, alert_id, alert_version, hook, state, request, why, requested_by, requested_token, requested_at, decided_by, decided_why, decided_at, body, attempts, status, answer, updated_at
FROM watchkeeper.response_action_versions FINAL
COMMENT 'What was done because of an alert, newest state of each';

ALTER TABLE watchkeeper.alert_event_versions COMMENT COLUMN event 'opened, told, escalated, acknowledged, started, resolved, reopened, noted, silenced, unsilenced, inhibited, held_back, redelivered, responded, refused';
