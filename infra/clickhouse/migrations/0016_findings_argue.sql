-- Findings argue their case, and the rules they were made by are there to be read.
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS features Array(Tuple(name String, observed String, expected String, weight Float64)) COMMENT 'What weighed most, heaviest first: what was seen, what is usual, and its share of the judgement' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS baseline_self String COMMENT 'What the key itself is usually like; empty where not known' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS baseline_peers String COMMENT 'What its peers are like; empty where not known' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS baseline_tenant String COMMENT 'What the whole tenant is like; empty where not known' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS lineage String COMMENT 'Who asked for it in which words, which agent did what where, whether it was asked for, where arguments came from' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS sample_events Array(String) COMMENT 'At most three: event_id and, where known, what it was' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS sql String COMMENT 'Time-bounded query that shows what it rests on' CODEC(ZSTD(1));
ALTER TABLE watchkeeper.finding_versions ADD COLUMN IF NOT EXISTS part_ids Array(String) COMMENT 'Of a finding about findings: finding_id of each' CODEC(ZSTD(1));

CREATE TABLE IF NOT EXISTS watchkeeper.rule_versions
(
    detector LowCardinality(String) COMMENT 'Detector whose rule it is',
    version UInt32 COMMENT 'Version of the rule: rule_version in findings',
    title String COMMENT 'What it finds, in a few words' CODEC(ZSTD(1)),
    severity LowCardinality(String) COMMENT 'Usual severity of its findings',
    description String COMMENT 'How it judges' CODEC(ZSTD(1)),
    needs Array(LowCardinality(String)) COMMENT 'Columns of interactions without which it is blind',
    wants Array(LowCardinality(String)) COMMENT 'Columns with which it sees more',
    blind_spots Array(String) COMMENT 'What it does not see' CODEC(ZSTD(1)),
    benign Array(String) COMMENT 'What looks like it and is harmless' CODEC(ZSTD(1)),
    runbook Array(String) COMMENT 'What to do, in order' CODEC(ZSTD(1)),
    owasp_mcp_2025 Array(LowCardinality(String)) COMMENT 'OWASP MCP Top 10 (2025)',
    atlas_5 Array(LowCardinality(String)) COMMENT 'MITRE ATLAS, version 5',
    attack_19 Array(LowCardinality(String)) COMMENT 'MITRE ATT&CK, version 19'
)
ENGINE = ReplacingMergeTree
ORDER BY (detector, version)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of rules, every version that was ever in force. Query the view rules';

CREATE OR REPLACE VIEW watchkeeper.rules
(
    detector LowCardinality(String) COMMENT 'Detector whose rule it is',
    version UInt32 COMMENT 'Version of the rule: rule_version in findings',
    title String COMMENT 'What it finds, in a few words',
    severity LowCardinality(String) COMMENT 'Usual severity of its findings',
    description String COMMENT 'How it judges',
    needs Array(LowCardinality(String)) COMMENT 'Columns of interactions without which it is blind',
    wants Array(LowCardinality(String)) COMMENT 'Columns with which it sees more',
    blind_spots Array(String) COMMENT 'What it does not see',
    benign Array(String) COMMENT 'What looks like it and is harmless',
    runbook Array(String) COMMENT 'What to do, in order',
    owasp_mcp_2025 Array(LowCardinality(String)) COMMENT 'OWASP MCP Top 10 (2025)',
    atlas_5 Array(LowCardinality(String)) COMMENT 'MITRE ATLAS, version 5',
    attack_19 Array(LowCardinality(String)) COMMENT 'MITRE ATT&CK, version 19'
)
AS SELECT detector, version, title, severity, description, needs, wants, blind_spots, benign, runbook, owasp_mcp_2025, atlas_5, attack_19
FROM watchkeeper.rule_versions FINAL
COMMENT 'What detectors look for, a row for each version of a rule that was in force';

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
    actor_kind LowCardinality(String) COMMENT 'What the actor is: principal, service, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    window_start DateTime64(9, 'UTC') COMMENT 'Start of the judged time',
    window_end DateTime64(9, 'UTC') COMMENT 'End of the judged time',
    evidence_ids Array(String) COMMENT 'event_id of each observation it rests on',
    alert_id String COMMENT 'Alert it was grouped into; empty while it has none',
    created_at DateTime64(9, 'UTC') COMMENT 'When the record that caused it was received',
    features Array(Tuple(name String, observed String, expected String, weight Float64)) COMMENT 'What weighed most, heaviest first: what was seen, what is usual, and its share of the judgement',
    baseline_self String COMMENT 'What the key itself is usually like; empty where not known',
    baseline_peers String COMMENT 'What its peers are like; empty where not known',
    baseline_tenant String COMMENT 'What the whole tenant is like; empty where not known',
    lineage String COMMENT 'Who asked for it in which words, which agent did what where, whether it was asked for, where arguments came from',
    sample_events Array(String) COMMENT 'At most three: event_id and, where known, what it was',
    sql String COMMENT 'Time-bounded query that shows what it rests on',
    part_ids Array(String) COMMENT 'Of a finding about findings: finding_id of each',
    benign Array(String) COMMENT 'What looks like it and is harmless, as its rule says',
    runbook Array(String) COMMENT 'What to do, as its rule says',
    owasp_mcp_2025 Array(LowCardinality(String)) COMMENT 'OWASP MCP Top 10 (2025)',
    atlas_5 Array(LowCardinality(String)) COMMENT 'MITRE ATLAS, version 5',
    attack_19 Array(LowCardinality(String)) COMMENT 'MITRE ATT&CK, version 19'
)
AS SELECT f.finding_id AS finding_id, f.version AS version, f.tenant AS tenant, f.detector AS detector, f.rule_version AS rule_version, f.severity AS severity, f.title AS title, f.observed AS observed, f.expected AS expected, f.reasons AS reasons, f.interaction_id AS interaction_id, f.trace_id AS trace_id, f.conversation AS conversation, f.actor AS actor, f.actor_kind AS actor_kind, f.principal AS principal, f.client AS client, f.server AS server, f.tool AS tool, f.window_start AS window_start, f.window_end AS window_end, f.evidence_ids AS evidence_ids, a.alert_id AS alert_id, f.created_at AS created_at,
    f.features AS features, f.baseline_self AS baseline_self, f.baseline_peers AS baseline_peers, f.baseline_tenant AS baseline_tenant, f.lineage AS lineage, f.sample_events AS sample_events, f.sql AS sql, f.part_ids AS part_ids,
    r.benign AS benign, r.runbook AS runbook, r.owasp_mcp_2025 AS owasp_mcp_2025, r.atlas_5 AS atlas_5, r.attack_19 AS attack_19
FROM watchkeeper.finding_versions AS f FINAL
LEFT JOIN
(
    SELECT tenant, finding_id, argMax(alert_id, (updated_at, version)) AS alert_id
    FROM watchkeeper.alert_versions FINAL
    ARRAY JOIN finding_ids AS finding_id
    GROUP BY tenant, finding_id
) AS a ON a.tenant = f.tenant AND a.finding_id = f.finding_id
LEFT JOIN watchkeeper.rules AS r ON r.detector = f.detector AND r.version = f.rule_version
SETTINGS join_use_nulls = 0
COMMENT 'What detectors said: one row per detector, key and window, newest version';
