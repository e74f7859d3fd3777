-- What administrators did is no source of MCP telemetry, and no detector is blind for it.
CREATE OR REPLACE VIEW watchkeeper.sources
(
    tenant LowCardinality(String) COMMENT 'Whose source it is',
    source LowCardinality(String) COMMENT 'Stable name of the sending software',
    emitter LowCardinality(String) COMMENT 'Mapping that reads it',
    first_seen DateTime64(9, 'UTC') COMMENT 'Start of its earliest observation',
    last_seen DateTime64(9, 'UTC') COMMENT 'Start of its latest observation',
    last_received_at DateTime64(9, 'UTC') COMMENT 'When the collector last received from it',
    events UInt64 COMMENT 'Observations stored',
    calls UInt64 COMMENT 'Tool calls it took part in',
    has_arguments Bool COMMENT 'Arguments of calls are known, from itself or from others in the same call',
    has_results Bool COMMENT 'It sends results or their sizes',
    has_user_turns Bool COMMENT 'It is known under whose turn its calls ran',
    has_principal Bool COMMENT 'It names a person or service account',
    has_client Bool COMMENT 'It names the OAuth client',
    has_actor Bool COMMENT 'It names anyone at all',
    has_token Bool COMMENT 'It sends a fingerprint of the token',
    has_client_address Bool COMMENT 'It sends the caller''s address',
    has_conversation Bool COMMENT 'It sends a conversation id',
    blind_detectors Array(String) COMMENT 'Detectors that cannot see its calls, because what they need is never sent'
)
AS SELECT
    e.tenant AS tenant, e.source AS source, e.emitter AS emitter, e.first_seen AS first_seen, e.last_seen AS last_seen, e.last_received_at AS last_received_at,
    e.events AS events, i.calls AS calls,
    toBool(e.with_arguments > 0 OR i.with_arguments > 0) AS has_arguments, toBool(e.with_results > 0) AS has_results, toBool(i.with_turn > 0) AS has_user_turns,
    toBool(e.with_principal > 0) AS has_principal, toBool(e.with_client > 0) AS has_client, toBool(e.with_actor > 0 OR i.with_actor > 0) AS has_actor, toBool(e.with_token > 0) AS has_token,
    toBool(e.with_address > 0) AS has_client_address, toBool(e.with_conversation > 0) AS has_conversation,
    arrayFilter(detector -> detector != '', [
        if(has_actor, '', 'off-hours-token'),
        if(has_arguments, '', 'unexpected-command'),
        if(has_arguments AND has_user_turns, '', 'unrequested-action'),
        if(has_actor, '', 'unusual-volume')]) AS blind_detectors
FROM
(
    SELECT
        tenant, source, emitter, min(started_at) AS first_seen, max(started_at) AS last_seen, max(received_at) AS last_received_at, count() AS events,
        countIf(arguments_bytes >= 0) AS with_arguments, countIf(result_bytes >= 0) AS with_results, countIf(principal != '') AS with_principal,
        countIf(client != '') AS with_client, countIf(actor != '') AS with_actor, countIf(token_fingerprint != '') AS with_token,
        countIf(client_address != '') AS with_address, countIf(notEmpty(conversation)) AS with_conversation
    FROM watchkeeper.audit_events
    WHERE emitter != 'watchkeeper'
    GROUP BY tenant, source, emitter
) AS e
LEFT JOIN
(
    SELECT
        tenant, source, count() AS calls, countIf(arguments_bytes >= 0) AS with_arguments, countIf(requested_by != 'unknown') AS with_turn, countIf(actor != '') AS with_actor
    FROM watchkeeper.interactions
    ARRAY JOIN sources AS source
    WHERE method = 'tools/call'
    GROUP BY tenant, source
) AS i ON i.tenant = e.tenant AND i.source = e.source
SETTINGS join_use_nulls = 0
COMMENT 'Who sends, and what is blind without what they leave out';
