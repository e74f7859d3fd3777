-- Records can be blanked and still prove themselves; what was removed is written down, and what nobody may remove.
ALTER TABLE watchkeeper.audit_events ADD COLUMN IF NOT EXISTS salt String COMMENT 'Random, 32 hex digits: hides what content_hash commits to; empty in records of canonical version 1, and where the row was blanked' CODEC(ZSTD(1)) AFTER conflict_with;
ALTER TABLE watchkeeper.audit_events ADD COLUMN IF NOT EXISTS erasure LowCardinality(String) COMMENT 'removal_id of the removal that blanked the row''s personal and content columns; empty where none did' AFTER record_hash;
ALTER TABLE watchkeeper.audit_events COMMENT COLUMN content_hash 'SHA-256 of the salt and of the personal and content columns, 64 hex digits (canonical version 1: of what the emitter said, unsalted)';
ALTER TABLE watchkeeper.audit_events COMMENT COLUMN record_hash 'SHA-256 of the public columns and content_hash, 64 hex digits: can be made again also when the row was blanked';

CREATE TABLE IF NOT EXISTS watchkeeper.legal_hold_versions
(
    hold_id String COMMENT 'Identity of the hold' CODEC(ZSTD(1)),
    version UInt32 COMMENT '1 when it was placed, 2 when it was released',
    tenant LowCardinality(String) COMMENT 'Whose records it holds',
    kind LowCardinality(String) COMMENT 'tenant: all of the tenant; principal: one subject; case: what an alert is about',
    value String COMMENT 'The subject, or the alert_id; empty for the whole tenant' CODEC(ZSTD(1)),
    reason String COMMENT 'Why it was placed, in writing' CODEC(ZSTD(1)),
    placed_by LowCardinality(String) COMMENT 'Who placed it',
    placed_at DateTime64(9, 'UTC') COMMENT 'When it was placed' CODEC(Delta, ZSTD(1)),
    released_by LowCardinality(String) COMMENT 'Who released it; empty while it holds',
    released_why String COMMENT 'Why it was released, in writing' CODEC(ZSTD(1)),
    released_at DateTime64(9, 'UTC') COMMENT 'When it was released; 1970-01-01 while it holds' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, hold_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of legal holds, every version. Query the view legal_holds';

CREATE OR REPLACE VIEW watchkeeper.legal_holds
(
    hold_id String COMMENT 'Identity of the hold',
    version UInt32 COMMENT '1 when it was placed, 2 when it was released',
    tenant LowCardinality(String) COMMENT 'Whose records it holds',
    kind LowCardinality(String) COMMENT 'tenant: all of the tenant; principal: one subject; case: what an alert is about',
    value String COMMENT 'The subject, or the alert_id; empty for the whole tenant',
    reason String COMMENT 'Why it was placed, in writing',
    placed_by LowCardinality(String) COMMENT 'Who placed it',
    placed_at DateTime64(9, 'UTC') COMMENT 'When it was placed',
    released_by LowCardinality(String) COMMENT 'Who released it; empty while it holds',
    released_why String COMMENT 'Why it was released, in writing',
    released_at DateTime64(9, 'UTC') COMMENT 'When it was released; 1970-01-01 while it holds'
)
AS SELECT hold_id, version, tenant, kind, value, reason, placed_by, placed_at, released_by, released_why, released_at
FROM watchkeeper.legal_hold_versions FINAL
COMMENT 'What must not be removed: no retention, no erasure and no destruction of keys while a hold is not released';

CREATE TABLE IF NOT EXISTS watchkeeper.removal_versions
(
    removal_id String COMMENT 'Identity of the removal' CODEC(ZSTD(1)),
    version UInt32 COMMENT 'Grows with every step',
    tenant LowCardinality(String) COMMENT 'Whose records were removed',
    kind LowCardinality(String) COMMENT 'retention or erasure',
    class LowCardinality(String) COMMENT 'What: metadata (whole rows), content (content columns), findings, or subject (all of one person)',
    subject_hash String COMMENT 'Keyed hash of the erased subject; empty for retention' CODEC(ZSTD(1)),
    until DateTime64(9, 'UTC') COMMENT 'Of retention: what is older than this; 1970-01-01 for an erasure' CODEC(Delta, ZSTD(1)),
    reason String COMMENT 'The reason in writing, or the configured retention' CODEC(ZSTD(1)),
    removed_by LowCardinality(String) COMMENT 'Who asked for it; watchkeeper for retention',
    state LowCardinality(String) COMMENT 'running or done',
    started_at DateTime64(9, 'UTC') COMMENT 'When it began' CODEC(Delta, ZSTD(1)),
    finished_at DateTime64(9, 'UTC') COMMENT 'When it was done; 1970-01-01 while it runs' CODEC(Delta, ZSTD(1)),
    tables Map(LowCardinality(String), UInt64) COMMENT 'Rows blanked or removed, by table' CODEC(ZSTD(1)),
    events UInt64 COMMENT 'Audit events blanked or removed',
    events_digest String COMMENT 'SHA-256 over their event_ids in order, 64 hex digits' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, removal_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of removals, every version. Query the view removals';

CREATE OR REPLACE VIEW watchkeeper.removals
(
    removal_id String COMMENT 'Identity of the removal',
    version UInt32 COMMENT 'Grows with every step',
    tenant LowCardinality(String) COMMENT 'Whose records were removed',
    kind LowCardinality(String) COMMENT 'retention or erasure',
    class LowCardinality(String) COMMENT 'What: metadata (whole rows), content (content columns), findings, or subject (all of one person)',
    subject_hash String COMMENT 'Keyed hash of the erased subject; empty for retention',
    until DateTime64(9, 'UTC') COMMENT 'Of retention: what is older than this; 1970-01-01 for an erasure',
    reason String COMMENT 'The reason in writing, or the configured retention',
    removed_by LowCardinality(String) COMMENT 'Who asked for it; watchkeeper for retention',
    state LowCardinality(String) COMMENT 'running or done',
    started_at DateTime64(9, 'UTC') COMMENT 'When it began',
    finished_at DateTime64(9, 'UTC') COMMENT 'When it was done; 1970-01-01 while it runs',
    tables Map(LowCardinality(String), UInt64) COMMENT 'Rows blanked or removed, by table',
    events UInt64 COMMENT 'Audit events blanked or removed',
    events_digest String COMMENT 'SHA-256 over their event_ids in order, 64 hex digits'
)
AS SELECT removal_id, version, tenant, kind, class, subject_hash, until, reason, removed_by, state, started_at, finished_at, tables, events, events_digest
FROM watchkeeper.removal_versions FINAL
COMMENT 'What was taken out of the tables, by retention or erasure: the declared gaps of the log';

-- Which events a removal took, for whoever verifies: their leaves stay.
CREATE TABLE IF NOT EXISTS watchkeeper.removed_events
(
    tenant LowCardinality(String) COMMENT 'Whose event it was',
    removal_id String COMMENT 'The removal that took it' CODEC(ZSTD(1)),
    `partition` UInt32 COMMENT 'Partition of the bus it was read from',
    `offset` Int64 COMMENT 'Offset of its envelope in that partition' CODEC(Delta, ZSTD(1)),
    offset_index UInt32 COMMENT 'Place within the envelope' CODEC(Delta, ZSTD(1)),
    event_id String COMMENT 'Its identity' CODEC(ZSTD(1)),
    record_hash String COMMENT 'What its row proved itself by' CODEC(ZSTD(1)),
    how LowCardinality(String) COMMENT 'blanked (the row is there without personal and content columns) or dropped'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, removal_id, `partition`, `offset`, offset_index, event_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Audit events that a removal blanked or dropped';

-- What a removal under way has chosen: the statements that change rows name these, never a person, because the engine keeps their text.
CREATE TABLE IF NOT EXISTS watchkeeper.removal_keys
(
    tenant LowCardinality(String) COMMENT 'Whose row it is',
    removal_id String COMMENT 'The removal that takes it' CODEC(ZSTD(1)),
    `table` LowCardinality(String) COMMENT 'Table of the row',
    key String COMMENT 'What the row is known by there' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, removal_id, `table`, key)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Rows that removals chose, other than audit events';
