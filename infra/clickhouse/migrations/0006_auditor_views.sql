-- What an auditor asks first. All count interactions (one per thing that happened, however many saw it), without servers' own bookkeeping.
CREATE OR REPLACE VIEW watchkeeper.who_accessed_what
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    day Date32 COMMENT 'Day, UTC',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    method LowCardinality(String) COMMENT 'MCP method',
    tool LowCardinality(String) COMMENT 'Tool name',
    resource String COMMENT 'Resource URI',
    prompt LowCardinality(String) COMMENT 'Prompt name',
    effect LowCardinality(String) COMMENT 'What it does to the world',
    calls UInt64 COMMENT 'Interactions',
    failed UInt64 COMMENT 'Of them without success: denied, unauthenticated, errors',
    result_bytes Int64 COMMENT 'Bytes of results, where their size is known',
    arguments_bytes Int64 COMMENT 'Bytes of arguments, where their size is known',
    first_at DateTime64(9, 'UTC') COMMENT 'Start of the first',
    last_at DateTime64(9, 'UTC') COMMENT 'Start of the last'
)
AS SELECT
    i.tenant AS tenant, toDate32(i.started_at) AS day, i.actor AS actor, i.actor_kind AS actor_kind, i.principal AS principal, i.client AS client, i.server AS server, i.method AS method, i.tool AS tool, i.resource AS resource, i.prompt AS prompt, i.effect AS effect,
    count() AS calls, countIf(i.outcome NOT IN ('ok', 'unknown', 'cancelled')) AS failed, sum(greatest(i.result_bytes, 0)) AS result_bytes,
    sum(greatest(i.arguments_bytes, 0)) AS arguments_bytes, min(i.started_at) AS first_at, max(i.started_at) AS last_at
FROM watchkeeper.interactions AS i
WHERE NOT i.server_internal
GROUP BY tenant, day, actor, actor_kind, principal, client, server, method, tool, resource, prompt, effect
COMMENT 'Who used which tool, resource or prompt of which server, by day';

CREATE OR REPLACE VIEW watchkeeper.denied_and_failed
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    started_at DateTime64(9, 'UTC') COMMENT 'When',
    outcome LowCardinality(String) COMMENT 'denied, unauthenticated, protocol_error, tool_error',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    client LowCardinality(String) COMMENT 'OAuth client',
    client_address LowCardinality(String) COMMENT 'Network address of the caller',
    server LowCardinality(String) COMMENT 'MCP server name',
    method LowCardinality(String) COMMENT 'MCP method',
    tool LowCardinality(String) COMMENT 'Tool name',
    resource String COMMENT 'Resource URI',
    error_code LowCardinality(String) COMMENT 'Error code as sent',
    error_type LowCardinality(String) COMMENT 'error.type as sent',
    decision LowCardinality(String) COMMENT 'Decision on the call',
    decision_by LowCardinality(String) COMMENT 'Who or what decided',
    interaction_id String COMMENT 'The interaction',
    trace_id String COMMENT 'Trace id'
)
AS SELECT tenant, started_at, outcome, actor, actor_kind, principal, client, client_address, server, method, tool, resource, error_code, error_type, decision, decision_by, interaction_id, trace_id
FROM watchkeeper.interactions
WHERE outcome IN ('denied', 'unauthenticated', 'protocol_error', 'tool_error') AND NOT server_internal
COMMENT 'Interactions that were refused or failed, one row each';

CREATE OR REPLACE VIEW watchkeeper.activity_by_tool
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    day Date32 COMMENT 'Day, UTC',
    server LowCardinality(String) COMMENT 'MCP server name',
    tool LowCardinality(String) COMMENT 'Tool name',
    effect LowCardinality(String) COMMENT 'What it does to the world',
    calls UInt64 COMMENT 'Interactions',
    failed UInt64 COMMENT 'Of them without success: denied, unauthenticated, errors',
    result_bytes Int64 COMMENT 'Bytes of results, where their size is known',
    arguments_bytes Int64 COMMENT 'Bytes of arguments, where their size is known',
    first_at DateTime64(9, 'UTC') COMMENT 'Start of the first',
    last_at DateTime64(9, 'UTC') COMMENT 'Start of the last'
)
AS SELECT
    i.tenant AS tenant, toDate32(i.started_at) AS day, i.server AS server, i.tool AS tool, i.effect AS effect,
    count() AS calls, countIf(i.outcome NOT IN ('ok', 'unknown', 'cancelled')) AS failed, sum(greatest(i.result_bytes, 0)) AS result_bytes,
    sum(greatest(i.arguments_bytes, 0)) AS arguments_bytes, min(i.started_at) AS first_at, max(i.started_at) AS last_at
FROM watchkeeper.interactions AS i
WHERE i.method = 'tools/call' AND NOT i.server_internal
GROUP BY tenant, day, server, tool, effect
COMMENT 'Use of each tool by day';

CREATE OR REPLACE VIEW watchkeeper.activity_by_server
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    day Date32 COMMENT 'Day, UTC',
    server LowCardinality(String) COMMENT 'MCP server name',
    calls UInt64 COMMENT 'Interactions',
    failed UInt64 COMMENT 'Of them without success: denied, unauthenticated, errors',
    result_bytes Int64 COMMENT 'Bytes of results, where their size is known',
    arguments_bytes Int64 COMMENT 'Bytes of arguments, where their size is known',
    first_at DateTime64(9, 'UTC') COMMENT 'Start of the first',
    last_at DateTime64(9, 'UTC') COMMENT 'Start of the last'
)
AS SELECT
    i.tenant AS tenant, toDate32(i.started_at) AS day, i.server AS server,
    count() AS calls, countIf(i.outcome NOT IN ('ok', 'unknown', 'cancelled')) AS failed, sum(greatest(i.result_bytes, 0)) AS result_bytes,
    sum(greatest(i.arguments_bytes, 0)) AS arguments_bytes, min(i.started_at) AS first_at, max(i.started_at) AS last_at
FROM watchkeeper.interactions AS i
WHERE NOT i.server_internal
GROUP BY tenant, day, server
COMMENT 'Use of each server by day';

CREATE OR REPLACE VIEW watchkeeper.data_volume
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    day Date32 COMMENT 'Day, UTC',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    client LowCardinality(String) COMMENT 'OAuth client',
    server LowCardinality(String) COMMENT 'MCP server name',
    calls UInt64 COMMENT 'Interactions',
    failed UInt64 COMMENT 'Of them without success: denied, unauthenticated, errors',
    result_bytes Int64 COMMENT 'Bytes of results, where their size is known',
    arguments_bytes Int64 COMMENT 'Bytes of arguments, where their size is known',
    first_at DateTime64(9, 'UTC') COMMENT 'Start of the first',
    last_at DateTime64(9, 'UTC') COMMENT 'Start of the last'
)
AS SELECT
    i.tenant AS tenant, toDate32(i.started_at) AS day, i.actor AS actor, i.actor_kind AS actor_kind, i.client AS client, i.server AS server,
    count() AS calls, countIf(i.outcome NOT IN ('ok', 'unknown', 'cancelled')) AS failed, sum(greatest(i.result_bytes, 0)) AS result_bytes,
    sum(greatest(i.arguments_bytes, 0)) AS arguments_bytes, min(i.started_at) AS first_at, max(i.started_at) AS last_at
FROM watchkeeper.interactions AS i
WHERE NOT i.server_internal
GROUP BY tenant, day, actor, actor_kind, client, server
COMMENT 'Bytes that went to each actor from each server, by day';

CREATE OR REPLACE VIEW watchkeeper.unknown_principals
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    day Date32 COMMENT 'Day, UTC',
    actor LowCardinality(String) COMMENT 'Who acted',
    actor_kind LowCardinality(String) COMMENT 'principal, client, agent, host, unknown',
    client LowCardinality(String) COMMENT 'OAuth client',
    agent LowCardinality(String) COMMENT 'AI agent',
    host LowCardinality(String) COMMENT 'Host the sender ran on',
    server LowCardinality(String) COMMENT 'MCP server name',
    calls UInt64 COMMENT 'Interactions',
    failed UInt64 COMMENT 'Of them without success: denied, unauthenticated, errors',
    result_bytes Int64 COMMENT 'Bytes of results, where their size is known',
    arguments_bytes Int64 COMMENT 'Bytes of arguments, where their size is known',
    first_at DateTime64(9, 'UTC') COMMENT 'Start of the first',
    last_at DateTime64(9, 'UTC') COMMENT 'Start of the last'
)
AS SELECT
    i.tenant AS tenant, toDate32(i.started_at) AS day, i.actor AS actor, i.actor_kind AS actor_kind, i.client AS client, i.agent AS agent, i.host AS host, i.server AS server,
    count() AS calls, countIf(i.outcome NOT IN ('ok', 'unknown', 'cancelled')) AS failed, sum(greatest(i.result_bytes, 0)) AS result_bytes,
    sum(greatest(i.arguments_bytes, 0)) AS arguments_bytes, min(i.started_at) AS first_at, max(i.started_at) AS last_at
FROM watchkeeper.interactions AS i
WHERE i.principal = '' AND NOT i.server_internal
GROUP BY tenant, day, actor, actor_kind, client, agent, host, server
COMMENT 'Use that no person or service account is named for, by day';
