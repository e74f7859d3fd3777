-- Of several processes, one takes rows away at a time: whoever's row of the next turn comes first.
CREATE TABLE IF NOT EXISTS watchkeeper.removal_turns
(
    turn UInt64 COMMENT 'Grows by one with every holder and every renewal',
    tenant LowCardinality(String) COMMENT 'Whose records the removal is about; empty where the turn is given back',
    holder String COMMENT 'Process that removes, by a random name; empty where the turn is given back' CODEC(ZSTD(1)),
    taken_at DateTime64(9, 'UTC') COMMENT 'When, by the clock of that process; who waits goes by its own clock' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY turn
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Who removes records at present: retention or erasure, one process at a time';
