-- Lineage as rows: where each argument value came from, and what each turn set in motion.
CREATE OR REPLACE VIEW watchkeeper.argument_sources
(
    interaction_id String COMMENT 'The interaction that it is an argument of',
    tenant LowCardinality(String) COMMENT 'Whose interaction it is',
    started_at DateTime64(9, 'UTC') COMMENT 'Start of the interaction',
    trace_id String COMMENT 'Trace id',
    conversation String COMMENT 'Conversation of the agent',
    tool_call_id String COMMENT 'Id the model gave to the tool call',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    effect LowCardinality(String) COMMENT 'What the call does to the world',
    actor LowCardinality(String) COMMENT 'Who acted',
    request_fit LowCardinality(String) COMMENT 'Whether the turn asked for the call: asked, plausible, unrelated, unknown',
    path String COMMENT 'Which argument, such as $.to[0]; JSON within a text goes on below the path of the text',
    value String COMMENT 'Its value after redaction; empty where a key of the path holds a dot or bracket',
    source LowCardinality(String) COMMENT 'Where it came from: user, tool_result, listing, system, model, unknown',
    source_call String COMMENT 'Of tool_result: tool_call_id of the call whose result it stood in, interaction_id where that has none'
)
AS SELECT
    interaction_id, tenant, started_at, trace_id, conversation, tool_call_id, server, tool, effect, actor, request_fit, path,
    if(startsWith(raw, '"'), JSONExtractString(raw), raw) AS value,
    toLowCardinality(splitByChar(':', said)[1]) AS source,
    substring(said, length(source) + 2) AS source_call
FROM (
    SELECT interaction_id, tenant, started_at, trace_id, conversation, tool_call_id, server, tool, effect, actor, request_fit, path, said, arrayFold(
        (held, step) -> if(
            startsWith(step, '['),
            arrayElement(JSONExtractArrayRaw(if(startsWith(held, '"'), JSONExtractString(held), held)), toUInt32OrZero(substring(step, 2)) + 1),
            JSONExtractRaw(if(startsWith(held, '"'), JSONExtractString(held), held), step)
        ),
        extractAll(substring(path, 2), '\\[[0-9]+|[^.\\[\\]]+'), arguments
    ) AS raw
    FROM watchkeeper.interactions
    ARRAY JOIN mapKeys(argument_sources) AS path, mapValues(argument_sources) AS said
)
COMMENT 'Where each argument value came from, a row each. Values too common to tell are left out';

CREATE OR REPLACE VIEW watchkeeper.turns
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    conversation String COMMENT 'Conversation of the agent; empty where none is known',
    trace_id String COMMENT 'Where no conversation is known: the trace',
    turn String COMMENT 'Words of the user, redacted, the first 2,000 characters',
    requested_by LowCardinality(String) COMMENT 'user_turn, parent_agent: the calls of an agent that another one called',
    actor LowCardinality(String) COMMENT 'Who acted',
    first_at DateTime64(9, 'UTC') COMMENT 'Start of the first call',
    last_at DateTime64(9, 'UTC') COMMENT 'Start of the last call',
    calls UInt64 COMMENT 'Tool calls that the turn set in motion',
    unrelated UInt64 COMMENT 'Of them those that it did not ask for',
    servers Array(String) COMMENT 'MCP servers that were called',
    tools Array(String) COMMENT 'Tools that were called',
    effects Array(String) COMMENT 'What the calls did to the world',
    interaction_ids Array(String) COMMENT 'The calls, in the order of their start'
)
AS SELECT
    i.tenant AS tenant, i.conversation AS conversation, if(i.conversation = '', i.trace_id, '') AS trace_id, i.request_text AS turn, i.requested_by AS requested_by, i.actor AS actor,
    min(i.started_at) AS first_at, max(i.started_at) AS last_at, count() AS calls, countIf(i.request_fit = 'unrelated') AS unrelated,
    arraySort(groupUniqArray(i.server)) AS servers, arraySort(groupUniqArray(i.tool)) AS tools, arraySort(groupUniqArray(i.effect)) AS effects,
    arrayMap(call -> call.2, arraySort(groupArray((i.started_at, i.interaction_id)))) AS interaction_ids
FROM watchkeeper.interactions AS i
WHERE i.method = 'tools/call' AND i.request_text != ''
GROUP BY tenant, conversation, trace_id, turn, requested_by, actor
COMMENT 'What each turn of a user set in motion, a row each'
