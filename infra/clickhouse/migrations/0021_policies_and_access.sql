-- Policies that were in force, what callers may use and what they do use, and credentials with their ages.
CREATE TABLE IF NOT EXISTS watchkeeper.policy_versions
(
    tenant LowCardinality(String) COMMENT 'Whose interactions it is about',
    policy LowCardinality(String) COMMENT 'Name of the policy',
    version UInt32 COMMENT 'Its version, as its file says',
    hash String COMMENT 'SHA-256 of text and members: what was in force, 64 hex digits' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'publish, or withdraw: from then on it is not in force',
    mode LowCardinality(String) COMMENT 'enforce, or report-only: findings call nobody',
    title String COMMENT 'What it is for' CODEC(ZSTD(1)),
    rules UInt32 COMMENT 'How many rules it has',
    text String COMMENT 'The file as it was' CODEC(ZSTD(1)),
    text_hash String COMMENT 'SHA-256 of the file, 64 hex digits' CODEC(ZSTD(1)),
    members Map(String, Array(String)) COMMENT 'Group to who was in it by the table of identities' CODEC(ZSTD(1)),
    file String COMMENT 'Name of the file' CODEC(ZSTD(1)),
    published_at DateTime64(9, 'UTC') COMMENT 'When it was published' CODEC(Delta, ZSTD(1)),
    in_force_from DateTime64(9, 'UTC') COMMENT 'What was received from then on is judged by it' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, policy, in_force_from, action, version, hash)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Storage of policies, every version that was ever in force. Query the view policies';

CREATE OR REPLACE VIEW watchkeeper.policies
(
    tenant LowCardinality(String) COMMENT 'Whose interactions it is about',
    policy LowCardinality(String) COMMENT 'Name of the policy',
    version UInt32 COMMENT 'Its version, as its file says',
    hash String COMMENT 'SHA-256 of text and members: what was in force, 64 hex digits',
    mode LowCardinality(String) COMMENT 'enforce, or report-only: findings call nobody',
    title String COMMENT 'What it is for',
    rules UInt32 COMMENT 'How many rules it has',
    text String COMMENT 'The file as it was',
    text_hash String COMMENT 'SHA-256 of the file, 64 hex digits',
    members Map(String, Array(String)) COMMENT 'Group to who was in it by the table of identities',
    file String COMMENT 'Name of the file',
    published_at DateTime64(9, 'UTC') COMMENT 'When it was published',
    in_force_from DateTime64(9, 'UTC') COMMENT 'What was received from then on is judged by it',
    in_force_until DateTime64(9, 'UTC') COMMENT 'What was received from then on is not; 2262 while nothing has replaced it',
    in_force Bool COMMENT 'Nothing has replaced it'
)
AS SELECT
    tenant, policy, version, hash, mode, title, rules, text, text_hash, members, file, published_at, in_force_from,
    toDateTime64(if(backwards = 1, '2262-01-01 00:00:00', toString(next_from)), 9, 'UTC') AS in_force_until, toBool(backwards = 1) AS in_force
FROM
(
    SELECT *, leadInFrame(in_force_from) OVER ahead AS next_from, row_number() OVER (PARTITION BY tenant, policy ORDER BY in_force_from DESC, published_at DESC, version DESC, hash DESC) AS backwards
    FROM
    (
        SELECT *, lagInFrame(concat(action, ' ', toString(version), ' ', hash)) OVER behind AS before
        FROM watchkeeper.policy_versions FINAL
        WINDOW behind AS (PARTITION BY tenant, policy ORDER BY in_force_from, published_at, version, hash ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE before != concat(action, ' ', toString(version), ' ', hash)
    WINDOW ahead AS (PARTITION BY tenant, policy ORDER BY in_force_from, published_at, version, hash ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
)
WHERE action = 'publish'
COMMENT 'Which policy was in force when, a row for each version and time';

CREATE OR REPLACE VIEW watchkeeper.access_granted_and_used
(
    tenant LowCardinality(String) COMMENT 'Whose interactions they are',
    holder_kind LowCardinality(String) COMMENT 'What holds the right: principal, client, agent, token',
    holder String COMMENT 'Its name; of a token the fingerprint',
    server LowCardinality(String) COMMENT 'MCP server name; empty where nobody said',
    kind LowCardinality(String) COMMENT 'scope: a scope that its tokens carried there; tool: a tool that the server offers, and the holder is a caller of the server',
    name String COMMENT 'Scope or tool',
    access LowCardinality(String) COMMENT 'What its name says that it allows: admin, change, read (and what nobody can tell)',
    first_granted_at DateTime64(9, 'UTC') COMMENT 'First call with the scope, or first time that the tool was offered',
    last_granted_at DateTime64(9, 'UTC') COMMENT 'Last call with the scope, or last time that the tool was offered',
    calls UInt64 COMMENT 'Calls of the holder at this server; of a scope those that carried it',
    uses UInt64 COMMENT 'Of them those that used it: of a scope those with an effect of its kind. Refused ones do not count',
    possible_uses UInt64 COMMENT 'Of a scope those that may have used it, which nobody can tell; of a tool 0',
    first_used_at DateTime64(9, 'UTC') COMMENT 'First of uses and possible uses; 1970 where there was none',
    last_used_at DateTime64(9, 'UTC') COMMENT 'Last of uses and possible uses; 1970 where there was none'
)
AS SELECT
    tenant, holder_kind, holder, server, kind, name, access, first_granted_at, last_granted_at, calls,
    multiIf(kind = 'tool', took_any, access = 'admin', took_grant, access = 'change', took_change + took_grant, took_read) AS uses,
    multiIf(kind = 'tool', toUInt64(0), access = 'admin', took_change + took_unknown, access = 'change', took_unknown, took_change + took_grant + took_unknown) AS possible_uses,
    toDateTime64(arrayMin(arrayFilter(at -> toUnixTimestamp64Nano(at) != 0, moments.1)), 9, 'UTC') AS first_used_at,
    toDateTime64(arrayMax(moments.2), 9, 'UTC') AS last_used_at
FROM
(
    SELECT
        *,
        arrayMap(word -> lower(word), extractAll(substring(name, 1, 200), '[A-Z]?[a-z]+|[A-Z]+|\\*')) AS words,
        toLowCardinality(multiIf(
            hint != '', hint,
            hasAny(words, ['admin', 'administrator', 'administration', 'owner', 'root', 'super', 'superuser', 'sudo', 'manage', 'manager', 'management', 'fullcontrol', 'full', 'impersonate', 'impersonation',
                'delegate', 'grant', 'iam', 'permission', 'permissions', 'role', 'roles', 'policy', 'policies', 'secret', 'secrets', 'credential', 'credentials', 'vault', 'security', '*']), 'admin',
            hasAny(words, ['write', 'writer', 'readwrite', 'rw', 'edit', 'editor', 'update', 'create', 'insert', 'delete', 'remove', 'destroy', 'purge', 'send', 'post', 'publish', 'submit', 'pay', 'payment',
                'payments', 'transfer', 'refund', 'execute', 'exec', 'run', 'invoke', 'deploy', 'modify', 'change', 'upload', 'push', 'merge', 'approve', 'cancel', 'import', 'export']), 'change',
            'read')) AS access,
        multiIf(kind = 'tool', [any_at], access = 'admin', [change_at, grant_at, unknown_at], access = 'change', [change_at, grant_at, unknown_at], [read_at, change_at, grant_at, unknown_at]) AS moments
    FROM
    (
        SELECT
            tenant, toLowCardinality(held.1) AS holder_kind, held.2 AS holder, server, toLowCardinality('scope') AS kind, scope AS name, '' AS hint,
            min(g_first) AS first_granted_at, max(g_last) AS last_granted_at, sum(n) AS calls, sumIf(n, took) AS took_any,
            sumIf(n, took AND does = 'read') AS took_read, sumIf(n, took AND does = 'change') AS took_change, sumIf(n, took AND does = 'grant') AS took_grant, sumIf(n, took AND does = 'unknown') AS took_unknown,
            (minIf(g_first, took), maxIf(g_last, took)) AS any_at, (minIf(g_first, took AND does = 'read'), maxIf(g_last, took AND does = 'read')) AS read_at,
            (minIf(g_first, took AND does = 'change'), maxIf(g_last, took AND does = 'change')) AS change_at,
            (minIf(g_first, took AND does = 'grant'), maxIf(g_last, took AND does = 'grant')) AS grant_at,
            (minIf(g_first, took AND does = 'unknown'), maxIf(g_last, took AND does = 'unknown')) AS unknown_at
        FROM
        (
            SELECT
                tenant, server, took, does, n, g_first, g_last, toString(arrayJoin(scopes)) AS scope,
                arrayFilter(one -> one.2 != '', [('principal', toString(principal)), ('client', toString(client)), ('agent', toString(agent)), ('token', toString(token_fingerprint))]) AS holders
            FROM
            (
                SELECT
                    i.tenant AS tenant, i.server AS server, i.principal AS principal, i.client AS client, i.agent AS agent, i.token_fingerprint AS token_fingerprint, i.scopes AS scopes,
                    i.method IN ('tools/call', 'resources/read', 'resources/subscribe', 'prompts/get') AND i.outcome NOT IN ('denied', 'unauthenticated') AS took,
                    multiIf(i.effect IN ('read', 'grant', 'unknown'), toString(i.effect), 'change') AS does,
                    count() AS n, min(i.started_at) AS g_first, max(i.started_at) AS g_last
                FROM watchkeeper.interactions AS i
                WHERE NOT i.server_internal AND i.scopes_trust != 'self_declared' AND notEmpty(i.scopes)
                GROUP BY tenant, server, principal, client, agent, token_fingerprint, scopes, took, does
            )
        )
        ARRAY JOIN holders AS held
        WHERE scope != ''
        GROUP BY tenant, held, server, scope
        UNION ALL
        SELECT
            caller.tenant AS tenant, toLowCardinality(caller.held.1) AS holder_kind, caller.held.2 AS holder, caller.server AS server, toLowCardinality('tool') AS kind, offer.tool AS name, offer.hint AS hint,
            offer.first_at AS first_granted_at, offer.last_at AS last_granted_at, caller.calls AS calls, toUInt64(arraySum(arrayMap(one -> one.2, used))) AS took_any,
            toUInt64(0) AS took_read, toUInt64(0) AS took_change, toUInt64(0) AS took_grant, toUInt64(0) AS took_unknown,
            (if(empty(used), toDateTime64(0, 9, 'UTC'), arrayMin(arrayMap(one -> one.3, used))), if(empty(used), toDateTime64(0, 9, 'UTC'), arrayMax(arrayMap(one -> one.4, used)))) AS any_at,
            any_at AS read_at, any_at AS change_at, any_at AS grant_at, any_at AS unknown_at
        FROM
        (
            SELECT
                tenant, server, held, sum(n) AS calls, groupArrayIf((tool, n, g_first, g_last), tool != '') AS tools
            FROM
            (
                SELECT
                    i.tenant AS tenant, i.server AS server, if(i.method = 'tools/call', toString(i.tool), '') AS tool, i.principal AS principal, i.client AS client, i.agent AS agent,
                    i.token_fingerprint AS token_fingerprint, count() AS n, min(i.started_at) AS g_first, max(i.started_at) AS g_last
                FROM watchkeeper.interactions AS i
                WHERE NOT i.server_internal AND i.server != '' AND i.outcome NOT IN ('denied', 'unauthenticated')
                GROUP BY tenant, server, tool, principal, client, agent, token_fingerprint
            )
            ARRAY JOIN arrayFilter(one -> one.2 != '', [('principal', toString(principal)), ('client', toString(client)), ('agent', toString(agent)), ('token', toString(token_fingerprint))]) AS held
            GROUP BY tenant, server, held
        ) AS caller
        INNER JOIN
        (
            SELECT
                d.tenant AS tenant, d.server AS server, d.name AS tool, min(d.first_seen) AS first_at, greatest(max(d.last_seen), min(d.first_seen)) AS last_at,
                argMax(d.annotations, d.last_seen) AS hints,
                multiIf(JSONExtractBool(hints, 'readOnlyHint'), 'read', JSONExtractBool(hints, 'destructiveHint'), 'change', '') AS hint
            FROM watchkeeper.tool_definition_versions AS d
            WHERE d.kind = 'tool' AND d.server != ''
            GROUP BY tenant, server, tool
        ) AS offer ON offer.tenant = caller.tenant AND offer.server = caller.server
        ARRAY JOIN [arrayFilter(one -> one.1 = offer.tool, caller.tools)] AS used
    )
)
SETTINGS join_use_nulls = 0
COMMENT 'Scopes and tools that callers may use, and when they last did';

CREATE TABLE IF NOT EXISTS watchkeeper.credential_versions
(
    tenant LowCardinality(String) COMMENT 'Whose it is',
    kind LowCardinality(String) COMMENT 'watchkeeper_token, certificate, client_certificate, key, secret',
    credential String COMMENT 'Its name' CODEC(ZSTD(1)),
    day DateTime64(9, 'UTC') COMMENT 'Day of the look, UTC' CODEC(Delta, ZSTD(1)),
    looked_at DateTime64(9, 'UTC') COMMENT 'When it was looked at; of a day the last look is kept' CODEC(Delta, ZSTD(1)),
    fingerprint String COMMENT 'SHA-256 of it or of its public part, first 16 hex digits; never the thing itself' CODEC(ZSTD(1)),
    holder String COMMENT 'Who or what it stands for' CODEC(ZSTD(1)),
    scopes Array(LowCardinality(String)) COMMENT 'What it may be used for',
    place String COMMENT 'Where it is kept' CODEC(ZSTD(1)),
    issued_at DateTime64(9, 'UTC') COMMENT 'Since when there is this one; 1970 where nobody says' CODEC(ZSTD(1)),
    expires_at DateTime64(9, 'UTC') COMMENT 'When it ends; 2262 = never, 1970 where nobody says' CODEC(ZSTD(1)),
    revoked_at DateTime64(9, 'UTC') COMMENT 'When it was taken back; 1970 = it was not' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(looked_at)
PARTITION BY toYYYYMM(day)
ORDER BY (day, tenant, kind, credential, fingerprint)
SETTINGS non_replicated_deduplication_window = 10000, default_compression_codec = 'ZSTD(1)', min_bytes_for_wide_part = 134217728
COMMENT 'Our own credentials, day by day. Query the view credentials';

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
    first_used_at DateTime64(9, 'UTC') COMMENT 'First use that was told; 1970 where uses are not told',
    last_used_at DateTime64(9, 'UTC') COMMENT 'Last use that was told; 1970 where uses are not told',
    uses UInt64 COMMENT 'Observations that carry it',
    used_after_end UInt64 COMMENT 'Of them those after it had ended and five minutes more that were not refused',
    looked_at DateTime64(9, 'UTC') COMMENT 'Of our own the last look; of a token the last use'
)
AS SELECT
    tenant, kind, credential, fingerprint, holder, toLowCardinality('') AS holder_kind, scopes, CAST([] AS Array(String)) AS servers, place, issued_at, toBool(toUnixTimestamp64Nano(issued_at) != 0) AS issued_said,
    expires_at, revoked_at, toDateTime64(0, 9, 'UTC') AS first_used_at, toDateTime64(0, 9, 'UTC') AS last_used_at, toUInt64(0) AS uses, toUInt64(0) AS used_after_end, looked_at
FROM
(
    SELECT
        tenant, kind, credential, fingerprint, argMax(holder, c.looked_at) AS holder, CAST(argMax(scopes, c.looked_at) AS Array(String)) AS scopes, argMax(place, c.looked_at) AS place,
        argMax(issued_at, c.looked_at) AS issued_at, argMax(expires_at, c.looked_at) AS expires_at, argMax(revoked_at, c.looked_at) AS revoked_at, max(c.looked_at) AS looked_at
    FROM watchkeeper.credential_versions AS c
    GROUP BY tenant, kind, credential, fingerprint
)
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
