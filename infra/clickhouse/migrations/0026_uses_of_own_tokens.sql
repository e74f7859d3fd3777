-- Records say by which token of ours they came: so its uses are known. What the API's own token did is of no one tenant.
CREATE OR REPLACE VIEW watchkeeper.credentials
(
    tenant LowCardinality(String) COMMENT 'Whose it is',
    kind LowCardinality(String) COMMENT 'token: seen in telemetry; of our own: watchkeeper_token, certificate, client_certificate, key, secret',
    credential String COMMENT 'Its name; of a token the fingerprint',
    fingerprint String COMMENT 'Keyed hash of the token; of our own SHA-256 of it or of its public part, first 16 hex digits',
    holder String COMMENT 'Who or what it stands for: of a token the principal that used it last, else the client',
    holder_kind LowCardinality(String) COMMENT 'principal, client, agent, or empty',
    scopes Array(String) COMMENT 'What it may be used for',
    servers Array(String) COMMENT 'MCP servers that it was used at, at most 100',
    place String COMMENT 'Where it is kept; empty for tokens seen in telemetry',
    issued_at DateTime64(9, 'UTC') COMMENT 'Since when there is it: as it says itself, else its first use',
    issued_said Bool COMMENT 'It says so itself',
    expires_at DateTime64(9, 'UTC') COMMENT 'When it ends; 2262 = never, 1970 where nobody says',
    revoked_at DateTime64(9, 'UTC') COMMENT 'When it was taken back; 1970 = not that we knew',
    first_used_at DateTime64(9, 'UTC') COMMENT 'First use that is known: of a token of ours the first record that came by it; 1970 where none is',
    last_used_at DateTime64(9, 'UTC') COMMENT 'Last use that is known; 1970 where none is',
    uses UInt64 COMMENT 'Observations that carry it',
    used_after_end UInt64 COMMENT 'Of them those after it had ended and five minutes more that were not refused',
    looked_at DateTime64(9, 'UTC') COMMENT 'Of our own the last look; of a token the last use'
)
AS SELECT
    own.tenant AS tenant, own.kind AS kind, own.credential AS credential, own.fingerprint AS fingerprint, own.holder AS holder, toLowCardinality('') AS holder_kind, own.scopes AS scopes, CAST([] AS Array(String)) AS servers, own.place AS place, own.issued_at AS issued_at,
    toBool(toUnixTimestamp64Nano(own.issued_at) != 0) AS issued_said, own.expires_at AS expires_at, own.revoked_at AS revoked_at,
    if(empty(mine), toDateTime64(0, 9, 'UTC'), arrayMin(arrayMap(one -> one.2, mine))) AS first_used_at, if(empty(mine), toDateTime64(0, 9, 'UTC'), arrayMax(arrayMap(one -> one.3, mine))) AS last_used_at,
    toUInt64(arraySum(arrayMap(one -> one.4, mine))) AS uses, toUInt64(0) AS used_after_end, own.looked_at AS looked_at
FROM
(
    SELECT o.*, arrayFilter(one -> one.1 IN ('', toString(o.tenant)), told.by_tenant) AS mine
    FROM
    (
        SELECT
            tenant, kind, credential, fingerprint, argMax(holder, c.looked_at) AS holder, CAST(argMax(scopes, c.looked_at) AS Array(String)) AS scopes, argMax(place, c.looked_at) AS place,
            argMax(issued_at, c.looked_at) AS issued_at, argMax(expires_at, c.looked_at) AS expires_at, argMax(revoked_at, c.looked_at) AS revoked_at, max(c.looked_at) AS looked_at,
            multiIf(kind = 'watchkeeper_token', concat('token:', credential), kind = 'secret', concat('local:', credential), '') AS shown
        FROM watchkeeper.credential_versions AS c
        GROUP BY tenant, kind, credential, fingerprint
    ) AS o
    LEFT JOIN
    (
        SELECT shown, groupArray((place, first_at, last_at, n)) AS by_tenant
        FROM
        (
            SELECT toString(e.credential) AS shown, if(e.emitter = 'watchkeeper', '', toString(e.tenant)) AS place, min(e.received_at) AS first_at, max(e.received_at) AS last_at, count() AS n
            FROM watchkeeper.audit_events AS e
            WHERE startsWith(e.credential, 'token:') OR e.credential = 'local:api.token'
            GROUP BY shown, place
        )
        GROUP BY shown
    ) AS told ON told.shown = o.shown
) AS own
UNION ALL
SELECT
    tenant, toLowCardinality('token') AS kind, toString(token) AS credential, toString(token) AS fingerprint, multiIf(person != '', person, app != '', app, robot) AS holder,
    toLowCardinality(multiIf(person != '', 'principal', app != '', 'client', robot != '', 'agent', '')) AS holder_kind, scopes, servers, '' AS place,
    if(said_issued = 0, first_used_at, fromUnixTimestamp64Milli(said_issued, 'UTC')) AS issued_at, toBool(said_issued != 0) AS issued_said, fromUnixTimestamp64Milli(said_end, 'UTC') AS expires_at,
    toDateTime64(0, 9, 'UTC') AS revoked_at, first_used_at, last_used_at, uses, late AS used_after_end, last_used_at AS looked_at
FROM
(
    SELECT
        tenant, token_fingerprint AS token, argMaxIf(toString(principal), started_at, principal != '') AS person, argMaxIf(toString(client), started_at, client != '') AS app,
        argMaxIf(toString(agent), started_at, agent != '') AS robot, arraySort(groupUniqArrayArray(1000)(CAST(token_scopes AS Array(String)))) AS scopes,
        arraySort(groupUniqArrayIf(100)(toString(server), server != '')) AS servers, min(started_at) AS first_used_at, max(started_at) AS last_used_at, count() AS uses,
        max(issued_ms) AS said_issued, max(end_ms) AS said_end,
        countIf(end_ms != 0 AND toUnixTimestamp64Milli(started_at) > end_ms + 300000 AND outcome NOT IN ('denied', 'unauthenticated')) AS late
    FROM
    (
        SELECT
            e.tenant AS tenant, e.token_fingerprint AS token_fingerprint, e.principal AS principal, e.client AS client, e.agent AS agent, e.scopes AS token_scopes, e.server AS server,
            e.started_at AS started_at, e.outcome AS outcome,
            arrayMap(text -> (toFloat64OrZero(text) AS number,
                multiIf(number BETWEEN 1e9 AND 1e10, toInt64(number) * 1000, number BETWEEN 1e12 AND 1e13, toInt64(number),
                    match(text, '^20[0-9]{2}-'), toUnixTimestamp64Milli(parseDateTime64BestEffortOrZero(text, 3, 'UTC')), 0)).2,
                [if(e.attributes['jwt.iat'] = '', e.attributes['watchkeeper.token.issued_at'], e.attributes['jwt.iat']),
                    if(e.attributes['jwt.exp'] = '', e.attributes['watchkeeper.token.expires_at'], e.attributes['jwt.exp'])]) AS times,
            times[1] AS issued_ms, times[2] AS end_ms
        FROM watchkeeper.audit_events AS e
        WHERE e.token_fingerprint != ''
    )
    GROUP BY tenant, token
)
SETTINGS join_use_nulls = 0
COMMENT 'Tokens that were seen, and our own tokens, certificates and keys: how old they are and when they end';
