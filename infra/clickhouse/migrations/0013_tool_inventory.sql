-- What servers offered, when, to whom, as who saw it. A row is one version of one definition on one day: said again it is the same row, in whatever
-- order observations come, so rows may be inserted twice and merged at any time. Columns that the hash decides are max() only because a merge must choose.
CREATE TABLE IF NOT EXISTS watchkeeper.tool_definition_versions
(
    tenant LowCardinality(String) COMMENT 'Whose observation it is',
    server LowCardinality(String) COMMENT 'MCP server that offers it, where somebody said so',
    target LowCardinality(String) COMMENT 'Address or URL of the server as the caller knew it',
    source LowCardinality(String) COMMENT 'Software that sent the observation',
    emitter LowCardinality(String) COMMENT 'Mapping that read it',
    vantage LowCardinality(String) COMMENT 'Which side saw it: agent, client, gateway, server, log',
    agent LowCardinality(String) COMMENT 'AI agent that it was offered to',
    client LowCardinality(String) COMMENT 'OAuth client that it was offered to',
    kind LowCardinality(String) COMMENT 'tool, prompt, resource, resource_template, or server: what a server says of itself',
    name String COMMENT 'Its name; of a resource the URI, of a template the URI template' CODEC(ZSTD(1)),
    definition_hash String COMMENT 'SHA-256 of the whole definition, 64 hex digits; see hash_form' CODEC(ZSTD(1)),
    seen_on DateTime64(9, 'UTC') COMMENT 'Day of the observations, UTC' CODEC(Delta, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(9, 'UTC')) COMMENT 'First observation on this day' CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'Begin of the five minutes of the last observation on this day' CODEC(Delta, ZSTD(1)),
    event_id SimpleAggregateFunction(min, String) COMMENT 'One of the observations, in audit_events' CODEC(ZSTD(1)),
    title SimpleAggregateFunction(max, String) COMMENT 'Title for people' CODEC(ZSTD(1)),
    description SimpleAggregateFunction(max, String) COMMENT 'Description for the model; of a server its instructions. At most 8,192 characters' CODEC(ZSTD(1)),
    description_bytes SimpleAggregateFunction(max, Int32) COMMENT 'Size of the whole description; -1 where there is none',
    input_schema SimpleAggregateFunction(max, String) COMMENT 'Input schema as canonical JSON; of a prompt its arguments. At most 32,768 characters' CODEC(ZSTD(1)),
    output_schema SimpleAggregateFunction(max, String) COMMENT 'Output schema as canonical JSON. At most 16,384 characters' CODEC(ZSTD(1)),
    annotations SimpleAggregateFunction(max, String) COMMENT 'Annotations as canonical JSON; of a server its version and capabilities. At most 8,192 characters' CODEC(ZSTD(1)),
    hash_form SimpleAggregateFunction(max, LowCardinality(String)) COMMENT 'jcs-1: hash over canonical JSON (RFC 8785) of name, title, description, inputSchema, outputSchema, annotations; text-1: over the entry as sent',
    description_hash SimpleAggregateFunction(max, String) COMMENT 'SHA-256 of the whole description; empty where there is none' CODEC(ZSTD(1)),
    input_schema_hash SimpleAggregateFunction(max, String) COMMENT 'SHA-256 of the whole input schema as canonical JSON' CODEC(ZSTD(1)),
    output_schema_hash SimpleAggregateFunction(max, String) COMMENT 'SHA-256 of the whole output schema as canonical JSON' CODEC(ZSTD(1)),
    annotations_hash SimpleAggregateFunction(max, String) COMMENT 'SHA-256 of the whole annotations as canonical JSON' CODEC(ZSTD(1)),
    notes SimpleAggregateFunction(max, Array(String)) COMMENT 'What is not shown as it was sent: <column>:cut, definition:redacted, definition:too_deep, definition:too_large'
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, server, kind, name, definition_hash, source, target, emitter, vantage, agent, client, seen_on)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of the tool inventory. Query the views tool_inventory and tool_changes';

CREATE OR REPLACE VIEW watchkeeper.tool_inventory
(
    tenant LowCardinality(String) COMMENT 'Whose observation it is',
    server LowCardinality(String) COMMENT 'MCP server that offers it, where somebody said so',
    target LowCardinality(String) COMMENT 'Address or URL of the server as the caller knew it',
    source LowCardinality(String) COMMENT 'Software that sent the observations',
    emitter LowCardinality(String) COMMENT 'Mapping that read them',
    vantage LowCardinality(String) COMMENT 'Which side saw it: agent, client, gateway, server, log',
    agent LowCardinality(String) COMMENT 'AI agent that it was offered to',
    client LowCardinality(String) COMMENT 'OAuth client that it was offered to',
    kind LowCardinality(String) COMMENT 'tool, prompt, resource, resource_template, or server: what a server says of itself',
    name String COMMENT 'Its name; of a resource the URI, of a template the URI template',
    version UInt64 COMMENT 'Number of this version among those of the same name in the same list, by first_seen',
    newest Bool COMMENT 'It is the version that was offered last',
    first_seen DateTime64(9, 'UTC') COMMENT 'First observation, by the emitter''s clock and never after its receipt',
    last_seen DateTime64(9, 'UTC') COMMENT 'Begin of the five minutes of the last observation, or first_seen',
    title String COMMENT 'Title for people',
    description String COMMENT 'Description for the model; of a server its instructions. At most 8,192 characters',
    description_bytes Int32 COMMENT 'Size of the whole description; -1 where there is none',
    input_schema String COMMENT 'Input schema as canonical JSON; of a prompt its arguments. At most 32,768 characters',
    output_schema String COMMENT 'Output schema as canonical JSON. At most 16,384 characters',
    annotations String COMMENT 'Annotations as canonical JSON; of a server its version and capabilities. At most 8,192 characters',
    definition_hash String COMMENT 'SHA-256 of the whole definition, 64 hex digits; see hash_form',
    hash_form LowCardinality(String) COMMENT 'jcs-1: hash over canonical JSON (RFC 8785) of name, title, description, inputSchema, outputSchema, annotations; text-1: over the entry as sent',
    description_hash String COMMENT 'SHA-256 of the whole description; empty where there is none',
    input_schema_hash String COMMENT 'SHA-256 of the whole input schema as canonical JSON',
    output_schema_hash String COMMENT 'SHA-256 of the whole output schema as canonical JSON',
    annotations_hash String COMMENT 'SHA-256 of the whole annotations as canonical JSON',
    notes Array(String) COMMENT 'What is not shown as it was sent: <column>:cut, definition:redacted, definition:too_deep, definition:too_large',
    days_seen UInt64 COMMENT 'Days on which it was offered',
    event_id String COMMENT 'One of the observations, in audit_events'
)
AS SELECT
    tenant, server, target, source, emitter, vantage, agent, client, kind, name,
    row_number() OVER (PARTITION BY tenant, server, target, source, emitter, vantage, agent, client, kind, name ORDER BY g_first, definition_hash) AS version,
    toBool(row_number() OVER (PARTITION BY tenant, server, target, source, emitter, vantage, agent, client, kind, name ORDER BY g_last DESC, g_first DESC, definition_hash) = 1) AS newest,
    g_first AS first_seen, g_last AS last_seen, g_title AS title, g_description AS description, g_description_bytes AS description_bytes,
    g_input_schema AS input_schema, g_output_schema AS output_schema, g_annotations AS annotations, definition_hash, g_hash_form AS hash_form,
    g_description_hash AS description_hash, g_input_schema_hash AS input_schema_hash, g_output_schema_hash AS output_schema_hash, g_annotations_hash AS annotations_hash,
    g_notes AS notes, g_days AS days_seen, g_event_id AS event_id
FROM
(
    SELECT
        tenant, server, target, source, emitter, vantage, agent, client, kind, name, definition_hash,
        toDateTime64(min(first_seen), 9, 'UTC') AS g_first, toDateTime64(greatest(max(last_seen), min(first_seen)), 9, 'UTC') AS g_last, uniqExact(seen_on) AS g_days, toString(min(event_id)) AS g_event_id, toString(max(title)) AS g_title,
        toString(max(description)) AS g_description, toInt32(max(description_bytes)) AS g_description_bytes, toString(max(input_schema)) AS g_input_schema, toString(max(output_schema)) AS g_output_schema,
        toString(max(annotations)) AS g_annotations, toLowCardinality(toString(max(hash_form))) AS g_hash_form, toString(max(description_hash)) AS g_description_hash, toString(max(input_schema_hash)) AS g_input_schema_hash,
        toString(max(output_schema_hash)) AS g_output_schema_hash, toString(max(annotations_hash)) AS g_annotations_hash, CAST(max(notes) AS Array(String)) AS g_notes
    FROM watchkeeper.tool_definition_versions
    GROUP BY tenant, server, target, source, emitter, vantage, agent, client, kind, name, definition_hash
)
COMMENT 'What servers offered, when, to whom: one row a version of a definition and who saw it';

CREATE OR REPLACE VIEW watchkeeper.tool_changes
(
    changed_at DateTime64(9, 'UTC') COMMENT 'When the new version was first seen on the day of the change; of what was removed, when it was last seen',
    change LowCardinality(String) COMMENT 'added, changed, or removed: the same list was seen five minutes later without it',
    tenant LowCardinality(String) COMMENT 'Whose observation it is',
    server LowCardinality(String) COMMENT 'MCP server that offers it, where somebody said so',
    target LowCardinality(String) COMMENT 'Address or URL of the server as the caller knew it',
    source LowCardinality(String) COMMENT 'Software that sent the observations',
    emitter LowCardinality(String) COMMENT 'Mapping that read them',
    vantage LowCardinality(String) COMMENT 'Which side saw it: agent, client, gateway, server, log',
    agent LowCardinality(String) COMMENT 'AI agent that it was offered to',
    client LowCardinality(String) COMMENT 'OAuth client that it was offered to',
    kind LowCardinality(String) COMMENT 'tool, prompt, resource, resource_template, or server: what a server says of itself',
    name String COMMENT 'Its name; of a resource the URI, of a template the URI template',
    parts Array(String) COMMENT 'What is other than before: title, description, input_schema, output_schema, annotations',
    description String COMMENT 'Description for the model; of a server its instructions',
    description_before String COMMENT 'The same of the version before; empty where there was none',
    input_schema String COMMENT 'Input schema as canonical JSON; of a prompt its arguments',
    input_schema_before String COMMENT 'The same of the version before',
    annotations String COMMENT 'Annotations as canonical JSON',
    annotations_before String COMMENT 'The same of the version before',
    definition_hash String COMMENT 'Hash of this version',
    definition_hash_before String COMMENT 'Hash of the version before; empty where there was none',
    event_id String COMMENT 'An observation of this version, in audit_events'
)
AS SELECT
    if(gone, g_last, g_first) AS changed_at, toLowCardinality(multiIf(gone, 'removed', b_hash = '', 'added', 'changed')) AS change,
    tenant, server, target, source, emitter, vantage, agent, client, kind, name,
    arrayFilter(part -> part != '', if(gone OR b_hash = '', [], [
        if(title = b_title, '', 'title'), if(description_hash = b_description_hash, '', 'description'), if(input_schema_hash = b_input_schema_hash, '', 'input_schema'),
        if(output_schema_hash = b_output_schema_hash, '', 'output_schema'), if(annotations_hash = b_annotations_hash, '', 'annotations')])) AS parts,
    description, if(gone, '', b_description) AS description_before, input_schema, if(gone, '', b_input_schema) AS input_schema_before,
    annotations, if(gone, '', b_annotations) AS annotations_before, definition_hash, if(gone, '', b_hash) AS definition_hash_before, event_id
FROM
(
    SELECT *,
        lagInFrame(definition_hash) OVER before AS b_hash, lagInFrame(title) OVER before AS b_title, lagInFrame(description) OVER before AS b_description,
        lagInFrame(description_hash) OVER before AS b_description_hash, lagInFrame(input_schema) OVER before AS b_input_schema,
        lagInFrame(input_schema_hash) OVER before AS b_input_schema_hash, lagInFrame(output_schema_hash) OVER before AS b_output_schema_hash,
        lagInFrame(annotations) OVER before AS b_annotations, lagInFrame(annotations_hash) OVER before AS b_annotations_hash,
        max(g_last) OVER (PARTITION BY tenant, server, target, source, emitter, vantage, agent, client, kind) AS list_last,
        max(g_last) OVER (PARTITION BY tenant, server, target, source, emitter, vantage, agent, client, kind, name) AS name_last,
        row_number() OVER (PARTITION BY tenant, server, target, source, emitter, vantage, agent, client, kind, name ORDER BY g_last DESC, g_first DESC, definition_hash) AS backwards
    FROM
    (
        SELECT
            tenant, server, target, source, emitter, vantage, agent, client, kind, name, definition_hash, seen_on,
            toDateTime64(min(first_seen), 9, 'UTC') AS g_first, toDateTime64(greatest(max(last_seen), min(first_seen)), 9, 'UTC') AS g_last, toString(min(event_id)) AS event_id, toString(max(title)) AS title, toString(max(description)) AS description,
            toString(max(input_schema)) AS input_schema, toString(max(annotations)) AS annotations, toString(max(description_hash)) AS description_hash, toString(max(input_schema_hash)) AS input_schema_hash,
            toString(max(output_schema_hash)) AS output_schema_hash, toString(max(annotations_hash)) AS annotations_hash
        FROM watchkeeper.tool_definition_versions
        GROUP BY tenant, server, target, source, emitter, vantage, agent, client, kind, name, definition_hash, seen_on
    )
    WINDOW before AS (PARTITION BY tenant, server, target, source, emitter, vantage, agent, client, kind, name ORDER BY g_first, g_last, definition_hash ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
ARRAY JOIN if(backwards = 1 AND list_last > name_last + INTERVAL 5 MINUTE, [false, true], [false]) AS gone
WHERE gone OR b_hash != definition_hash
COMMENT 'What changed in what servers offer: one row a version that was added, came in the place of another, or was removed';
