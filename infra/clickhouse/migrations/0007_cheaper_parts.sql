-- What rows cost on their way in. Each merge costs twice an insert, so a row should meet few of them: parts wait until 32 of about the same
-- size are there, instead of about six. The price is the rows that no merge has indexed yet: at most 31 inserts, which a search reads in full
-- (with 64 that was 680,000 rows and 0.3 to 0.6 s of CPU a search).
-- Columns of type Array(LowCardinality(String)) cost eight times Array(String), whatever is in them.
-- Types change on parts that are there in the background; until then the engine converts while it reads.
ALTER TABLE watchkeeper.audit_events
    MODIFY COLUMN scopes Array(String),
    MODIFY COLUMN redacted Array(String)
SETTINGS alter_sync = 0;

ALTER TABLE watchkeeper.interaction_versions
    MODIFY COLUMN scopes Array(String),
    MODIFY COLUMN request_fit_reasons Array(String),
    MODIFY COLUMN vantages Array(String),
    MODIFY COLUMN emitters Array(String),
    MODIFY COLUMN sources Array(String),
    MODIFY COLUMN redacted Array(String)
SETTINGS alter_sync = 0;

-- The view says the new types too, or each read of them would be converted back.
CREATE OR REPLACE VIEW watchkeeper.interactions
(
    interaction_id String COMMENT 'Identity, the same for every version',
    version UInt32 COMMENT 'Grows when later observations add to it',
    tenant LowCardinality(String) COMMENT 'Whose interaction it is',
    started_at DateTime64(9, 'UTC') COMMENT 'Start of the earliest observation, in nanoseconds',
    ended_at DateTime64(9, 'UTC') COMMENT 'End of the latest observation',
    duration_ns Int64 COMMENT 'Duration in nanoseconds',
    sort_at DateTime64(9, 'UTC') COMMENT 'started_at of the first version: the row''s place in the table, never changed',
    received_at DateTime64(9, 'UTC') COMMENT 'When the last observation in this version was received',
    method LowCardinality(String) COMMENT 'MCP method, such as tools/call',
    tool LowCardinality(String) COMMENT 'Tool name',
    prompt LowCardinality(String) COMMENT 'Prompt name',
    resource String COMMENT 'Resource URI',
    server LowCardinality(String) COMMENT 'MCP server name',
    target LowCardinality(String) COMMENT 'Address or URL of the server as the caller knew it',
    effect LowCardinality(String) COMMENT 'What it does to the world: read, write, send, pay, delete, grant, execute, unknown',
    actor LowCardinality(String) COMMENT 'Who acted: principal, else OAuth client, else agent, else host',
    actor_kind LowCardinality(String) COMMENT 'What the actor is: principal, client, agent, host, unknown',
    principal LowCardinality(String) COMMENT 'Person or service account',
    principal_source LowCardinality(String) COMMENT 'Attribute the principal came from',
    principal_trust LowCardinality(String) COMMENT 'verified, server_reported, client_reported, self_declared, none',
    client LowCardinality(String) COMMENT 'OAuth client, never a person',
    client_source LowCardinality(String) COMMENT 'Attribute the client came from',
    client_trust LowCardinality(String) COMMENT 'Trust in the client, same words as principal_trust',
    agent LowCardinality(String) COMMENT 'AI agent',
    token_fingerprint LowCardinality(String) COMMENT 'Keyed hash of the access token, never the token',
    token_trust LowCardinality(String) COMMENT 'Trust in the token, same words as principal_trust',
    scopes Array(String) COMMENT 'Scopes of the token',
    client_address LowCardinality(String) COMMENT 'Network address of the caller',
    client_address_source LowCardinality(String) COMMENT 'Attribute the address came from',
    client_address_trust LowCardinality(String) COMMENT 'Trust in the address, same words as principal_trust',
    user_agent LowCardinality(String) COMMENT 'User-Agent of the caller',
    host LowCardinality(String) COMMENT 'Host the observer nearest the server ran on',
    trace_id String COMMENT 'Trace id, 32 hex digits',
    conversation String COMMENT 'Conversation of the agent',
    wire_session String COMMENT 'MCP session id as sent',
    jsonrpc_request_id String COMMENT 'JSON-RPC request id',
    tool_call_id String COMMENT 'Id the model gave to the tool call',
    server_internal Bool COMMENT 'Sent by the server itself where telemetry has gaps: left out of volumes',
    requested_by LowCardinality(String) COMMENT 'Under whose turn it ran: user_turn, scheduled, parent_agent, none, unknown',
    request_text String COMMENT 'Words of that turn, redacted',
    request_fit LowCardinality(String) COMMENT 'Whether the turn asked for it: asked, plausible, unrelated, unknown',
    request_fit_reasons Array(String) COMMENT 'Why',
    argument_sources Map(LowCardinality(String), String) COMMENT 'Where each argument value came from, by argument path',
    arguments String COMMENT 'Arguments after redaction, JSON text where structured',
    arguments_bytes Int64 COMMENT 'Size of the arguments before redaction; -1 where not sent',
    arguments_hash String COMMENT 'Keyed hash of the arguments before redaction',
    result String COMMENT 'Result after redaction',
    result_bytes Int64 COMMENT 'Size of the result before redaction; -1 where not sent',
    result_hash String COMMENT 'Keyed hash of the result before redaction',
    outcome LowCardinality(String) COMMENT 'ok, tool_error, protocol_error, denied, unauthenticated, cancelled, unknown',
    error_code LowCardinality(String) COMMENT 'JSON-RPC or HTTP error code as sent',
    error_type LowCardinality(String) COMMENT 'error.type as sent',
    decision LowCardinality(String) COMMENT 'Decision on the call, such as accept or reject',
    decision_by LowCardinality(String) COMMENT 'Who or what decided',
    vantages Array(String) COMMENT 'Which sides saw it: agent, client, gateway, server, log',
    emitters Array(String) COMMENT 'Mappings that read its observations',
    sources Array(String) COMMENT 'Software that sent its observations',
    event_ids Array(String) COMMENT 'Its observations in audit_events, in order of start',
    redacted Array(String) COMMENT 'field:kind of each thing that was replaced, dropped or cut'
)
AS SELECT interaction_id, version, tenant, started_at, ended_at, duration_ns, sort_at, received_at, method, tool, prompt, resource, server, target, effect, actor, actor_kind, principal, principal_source, principal_trust, client, client_source, client_trust, agent, token_fingerprint, token_trust, scopes, client_address, client_address_source, client_address_trust, user_agent, host, trace_id, conversation, wire_session, jsonrpc_request_id, tool_call_id, server_internal, requested_by, request_text, request_fit, request_fit_reasons, argument_sources, arguments, arguments_bytes, arguments_hash, result, result_bytes, result_hash, outcome, error_code, error_type, decision, decision_by, vantages, emitters, sources, event_ids, redacted
FROM watchkeeper.interaction_versions FINAL
WHERE merged_into = ''
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes_if_final = 1
COMMENT 'What happened, once: the observations of one call joined into one row';

-- The engine's own narrowing of merges must not go below the 32, or nothing would be merged any more.
ALTER TABLE watchkeeper.audit_events MODIFY SETTING
    min_parts_to_merge_at_once = 32,
    merge_selector_enable_heuristic_to_lower_max_parts_to_merge_at_once = 0,
    materialize_projections_on_insert = 0,
    materialize_projections_on_merge = 1;

ALTER TABLE watchkeeper.interaction_versions MODIFY SETTING
    min_parts_to_merge_at_once = 32,
    merge_selector_enable_heuristic_to_lower_max_parts_to_merge_at_once = 0;
