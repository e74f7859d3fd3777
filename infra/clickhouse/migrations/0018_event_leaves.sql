-- What proves the log: one leaf for each stored event, signed checkpoints over them, and what was anchored outside. Leaves stay when retention drops
-- the rows of audit_events. Hashes are bytes here and hex digits in the view; the leaf's own hash is made of them where it is asked for.
CREATE TABLE IF NOT EXISTS watchkeeper.event_leaf_versions
(
    `partition` UInt32 COMMENT 'Partition of the bus: each is a log of its own',
    leaf_index UInt64 COMMENT 'Place in the log of the partition, from 0 without gaps' CODEC(Delta, ZSTD(1)),
    `offset` Int64 COMMENT 'Where the event stands in audit_events: offset of its envelope' CODEC(Delta, ZSTD(1)),
    offset_index UInt32 COMMENT 'Place within the envelope' CODEC(Delta, ZSTD(1)),
    event_id FixedString(16) COMMENT 'Identity of the event, 16 bytes' CODEC(NONE),
    tenant LowCardinality(String) COMMENT 'Whose event it is',
    record_hash FixedString(32) COMMENT 'SHA-256 of the whole record, 32 bytes' CODEC(NONE),

    INDEX offset_range `offset` TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PRIMARY KEY (`partition`, leaf_index)
ORDER BY (`partition`, leaf_index, event_id, record_hash)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Storage of the leaves. Query the view event_leaves';

CREATE OR REPLACE VIEW watchkeeper.event_leaves
(
    `partition` UInt32 COMMENT 'Partition of the bus: each is a log of its own',
    leaf_index UInt64 COMMENT 'Place in the log of the partition, from 0 without gaps, in the order in which events were stored',
    `offset` Int64 COMMENT 'Where the event stands in audit_events: offset of its envelope',
    offset_index UInt32 COMMENT 'Place within the envelope',
    event_id String COMMENT 'Identity of the event, 32 hex digits',
    tenant LowCardinality(String) COMMENT 'Whose event it is',
    record_hash String COMMENT 'SHA-256 of the whole record, 64 hex digits',
    leaf_hash String COMMENT 'Leaf of the Merkle tree (RFC 6962): SHA-256 of 0x00, format 0x01, event_id, record_hash; 64 hex digits'
)
AS SELECT
    `partition`, leaf_index, `offset`, offset_index, lower(hex(event_id)) AS event_id, tenant, lower(hex(record_hash)) AS record_hash,
    lower(hex(SHA256(concat(unhex('0001'), leaf.event_id, leaf.record_hash)))) AS leaf_hash
FROM watchkeeper.event_leaf_versions AS leaf FINAL
COMMENT 'One leaf for each stored event: what the checkpoints sign';

-- A replayed record is stored by whoever reads the replay, and gets its leaf from the owner of its partition, who alone appends there.
CREATE TABLE IF NOT EXISTS watchkeeper.leaf_orders
(
    `partition` UInt32 COMMENT 'Partition of the bus in whose log the leaf belongs',
    `offset` Int64 COMMENT 'Where the event stands in audit_events: offset of its envelope',
    offset_index UInt32 COMMENT 'Place within the envelope',
    event_id String COMMENT 'Identity of the event, 32 hex digits',
    tenant LowCardinality(String) COMMENT 'Whose event it is',
    record_hash String COMMENT 'SHA-256 of the whole record, 64 hex digits'
)
ENGINE = ReplacingMergeTree
ORDER BY (`partition`, `offset`, offset_index, event_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)'
COMMENT 'Events stored by a replay, which are to have a leaf';

CREATE TABLE IF NOT EXISTS watchkeeper.checkpoint_versions
(
    log String COMMENT 'Origin line of the checkpoint' CODEC(ZSTD(1)),
    `partition` Int32 COMMENT 'Partition whose log it is; -1 for the log over all partitions',
    size UInt64 COMMENT 'Number of leaves',
    root String COMMENT 'Root of the Merkle tree, 64 hex digits' CODEC(ZSTD(1)),
    note String COMMENT 'The checkpoint as signed (C2SP tlog-checkpoint, signed-note)' CODEC(ZSTD(1)),
    log_index Int64 COMMENT 'Of a checkpoint of a partition: which leaf of the log over all partitions it is; else -1' CODEC(Delta, ZSTD(1)),
    made_at DateTime64(9, 'UTC') COMMENT 'When it was signed, by the clock of who signed it' CODEC(Delta, ZSTD(1)),

    INDEX log_index_range log_index TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (log, size, root)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)'
COMMENT 'Storage of checkpoints. Query the view checkpoints';

CREATE OR REPLACE VIEW watchkeeper.checkpoints
(
    log String COMMENT 'Origin line of the checkpoint: NAME/events/PARTITION, or NAME/log for the log over all partitions',
    `partition` Int32 COMMENT 'Partition whose log it is; -1 for the log over all partitions',
    size UInt64 COMMENT 'Number of leaves',
    root String COMMENT 'Root of the Merkle tree, 64 hex digits',
    note String COMMENT 'The checkpoint as signed (C2SP tlog-checkpoint, signed-note)',
    log_index Int64 COMMENT 'Of a checkpoint of a partition: which leaf of the log over all partitions it is; else -1',
    made_at DateTime64(9, 'UTC') COMMENT 'When it was signed, by the clock of who signed it'
)
AS SELECT log, `partition`, size, root, note, log_index, made_at
FROM watchkeeper.checkpoint_versions FINAL
COMMENT 'Signed states of the logs: what was stored, in which order, up to when';

CREATE TABLE IF NOT EXISTS watchkeeper.anchor_versions
(
    anchor_id String COMMENT 'Identity of the attempt, 32 hex digits' CODEC(ZSTD(1)),
    anchor LowCardinality(String) COMMENT 'Name of the anchor, as configured',
    kind LowCardinality(String) COMMENT 'file, webhook or witness',
    log String COMMENT 'Origin line of the checkpoint' CODEC(ZSTD(1)),
    size UInt64 COMMENT 'Number of leaves of the checkpoint',
    root String COMMENT 'Its root, 64 hex digits' CODEC(ZSTD(1)),
    ok Bool COMMENT 'The anchor has it',
    detail String COMMENT 'Why it does not have it; empty where it has' CODEC(ZSTD(1)),
    note String COMMENT 'The checkpoint as anchored, with the cosignature of a witness' CODEC(ZSTD(1)),
    anchored_at DateTime64(9, 'UTC') COMMENT 'When it was tried' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (anchor, anchored_at, anchor_id)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)'
COMMENT 'Storage of anchors. Query the view anchors';

CREATE OR REPLACE VIEW watchkeeper.anchors
(
    anchor_id String COMMENT 'Identity of the attempt, 32 hex digits',
    anchor LowCardinality(String) COMMENT 'Name of the anchor, as configured',
    kind LowCardinality(String) COMMENT 'file, webhook or witness',
    log String COMMENT 'Origin line of the checkpoint',
    size UInt64 COMMENT 'Number of leaves of the checkpoint',
    root String COMMENT 'Its root, 64 hex digits',
    ok Bool COMMENT 'The anchor has it',
    detail String COMMENT 'Why it does not have it; empty where it has',
    note String COMMENT 'The checkpoint as anchored, with the cosignature of a witness',
    anchored_at DateTime64(9, 'UTC') COMMENT 'When it was tried'
)
AS SELECT anchor_id, anchor, kind, log, size, root, ok, detail, note, anchored_at
FROM watchkeeper.anchor_versions FINAL
COMMENT 'What was put outside of the database when, and what could not be';
