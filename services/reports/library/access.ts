/** Questions about who may do what, and who did. */
import { ACTIVITY, ADMINISTRATION, FROM, iso, type Question, RECEIVED, receivedSince, TO } from './question.ts'

const ONE_CALL = 'One call shows up as one to six records, as client, gateway and server each report it: numbers are records, not calls.'
const LOOK_BACK = 400

export const ACCESS: readonly Question[] = [
  {
    id: 'who-accessed-what', title: 'Who accessed what', asks: 'Who called which tool of which server, how often, and with which outcome?',
    columns: { actor: 'Actor', actor_kind: 'Kind', server: 'Server', tool: 'Tool', records: 'Records', denied: 'Refused', failed: 'Failed', first_at: 'First', last_at: 'Last' },
    sql: `SELECT toString(actor) AS actor, toString(actor_kind) AS actor_kind, toString(server) AS server, toString(tool) AS tool, count() AS records,
  countIf(outcome IN ('denied', 'unauthenticated')) AS denied, countIf(outcome IN ('tool_error', 'protocol_error')) AS failed,
  ${iso('min(received_at)')} AS first_at, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
WHERE ${ACTIVITY} AND (tool != '' OR method IN ('tools/call', 'resources/read', 'prompts/get'))
GROUP BY actor, actor_kind, server, tool`,
    order: 'records DESC, actor, actor_kind, server, tool', exceptions: false,
    cannotSee: `${ONE_CALL} Calls of programs that send no telemetry are not there at all.`,
  },
  {
    id: 'refused', title: 'Refused access', asks: 'Who was refused, or came without valid credentials?',
    columns: { actor: 'Actor', client_address: 'From', server: 'Server', tool: 'Tool', outcome: 'Outcome', records: 'Records', first_at: 'First', last_at: 'Last' },
    sql: `SELECT toString(actor) AS actor, toString(client_address) AS client_address, toString(server) AS server, toString(tool) AS tool, toString(outcome) AS outcome,
  count() AS records, ${iso('min(received_at)')} AS first_at, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
WHERE ${ACTIVITY} AND outcome IN ('denied', 'unauthenticated')
GROUP BY actor, client_address, server, tool, outcome`,
    order: 'records DESC, actor, client_address, server, tool, outcome', exceptions: true,
    cannotSee: 'What a gateway or an identity provider turned away without telling anybody. Some servers report a refusal as an ordinary error.',
  },
  {
    id: 'unattributed', title: 'Calls that nobody is named for', asks: 'Which calls can be put down to no person, service or OAuth client?',
    columns: { source: 'Source', emitter: 'Mapping', server: 'Server', tool: 'Tool', actor_kind: 'Known at best', records: 'Records', last_at: 'Last' },
    sql: `SELECT toString(source) AS source, toString(emitter) AS emitter, toString(server) AS server, toString(tool) AS tool, toString(actor_kind) AS actor_kind,
  count() AS records, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
WHERE ${ACTIVITY} AND method = 'tools/call' AND principal = '' AND client = ''
GROUP BY source, emitter, server, tool, actor_kind`,
    order: 'records DESC, source, emitter, server, tool, actor_kind', exceptions: true,
    cannotSee: 'Another record of the same call may name the person: table interactions has the best of all. A name that the sender made up looks like a name.',
  },
  {
    id: 'shared-credentials', title: 'Credentials used by several people', asks: 'Which access token was used under more than one name?',
    columns: { token_fingerprint: 'Token (fingerprint)', people: 'Names', addresses: 'Addresses', records: 'Records', names: 'Under the names', last_at: 'Last' },
    sql: `SELECT toString(token_fingerprint) AS token_fingerprint, uniqExact(principal) AS people, uniqExactIf(client_address, client_address != '') AS addresses, count() AS records,
  arrayStringConcat(arraySlice(arraySort(groupUniqArray(toString(principal))), 1, 10), ', ') AS names, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
WHERE ${ACTIVITY} AND token_fingerprint != '' AND principal != ''
GROUP BY token_fingerprint
HAVING people > 1`,
    order: 'people DESC, records DESC, token_fingerprint', exceptions: true,
    cannotSee: 'Tokens that nobody sends a fingerprint of, and a password that several people know.',
  },
  {
    id: 'rights-carried', title: 'Rights that callers carried', asks: 'Which scopes did the tokens of each caller carry, and when last?',
    columns: { holder: 'Holder', holder_kind: 'Kind', server: 'Server', scope: 'Scope', records: 'Records', refused: 'Of them refused', first_at: 'First', last_at: 'Last' },
    sql: `SELECT toString(actor) AS holder, toString(actor_kind) AS holder_kind, toString(server) AS server, toString(scope) AS scope, count() AS records,
  countIf(outcome IN ('denied', 'unauthenticated')) AS refused, ${iso('min(received_at)')} AS first_at, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
ARRAY JOIN scopes AS scope
WHERE ${ACTIVITY} AND scope != '' AND scopes_trust != 'self_declared'
GROUP BY holder, holder_kind, server, scope`,
    order: 'holder, holder_kind, server, scope', exceptions: false,
    cannotSee: 'Rights that were given and never carried here. Which of them were used, and which not for 30 or 90 days: view access_granted_and_used.',
  },
  {
    id: 'new-identities', title: 'People and services first seen', asks: 'Who was seen for the first time?',
    columns: { principal: 'Who', principal_source: 'Said by', principal_trust: 'Trust', first_at: 'First', records: 'Records', servers: 'Servers' },
    sql: `SELECT toString(principal) AS principal, min(toString(principal_source)) AS principal_source, min(toString(principal_trust)) AS principal_trust,
  ${iso('min(received_at)')} AS first_at, count() AS records, uniqExactIf(server, server != '') AS servers
FROM watchkeeper.audit_events
WHERE ${receivedSince(LOOK_BACK)} AND NOT server_internal AND emitter != 'watchkeeper' AND principal != ''
GROUP BY principal
HAVING min(received_at) >= ${FROM}`,
    order: 'first_at, principal', exceptions: false,
    cannotSee: `Who was there more than ${LOOK_BACK} days ago and came back counts as new. Accounts that were made and never used are not seen.`,
  },
  {
    id: 'inactive-identities', title: 'Identities without activity for 90 days', asks: 'Who has not been seen for 90 days at the end of the period?',
    columns: { principal: 'Who', last_at: 'Last seen', days: 'Days without', records: 'Records before' },
    sql: `SELECT toString(principal) AS principal, ${iso('max(received_at)')} AS last_at, dateDiff('day', max(received_at), ${TO}) AS days, count() AS records
FROM watchkeeper.audit_events
WHERE ${receivedSince(LOOK_BACK)} AND NOT server_internal AND emitter != 'watchkeeper' AND principal != ''
GROUP BY principal
HAVING max(received_at) < ${TO} - toIntervalDay(90)`,
    order: 'last_at, principal', exceptions: true,
    cannotSee: 'Whether the account still exists, and what it does outside of MCP.',
  },
  {
    id: 'credentials', title: 'Credentials and their ages', asks: 'Which tokens are in use, since when, by whom, from how many places?',
    columns: { token_fingerprint: 'Token (fingerprint)', holder: 'Holder', first_at: 'First seen', last_at: 'Last seen', age_days: 'Days in use', addresses: 'Addresses', records: 'Records' },
    sql: `SELECT toString(token_fingerprint) AS token_fingerprint, arrayStringConcat(arraySlice(arraySort(groupUniqArray(toString(actor))), 1, 5), ', ') AS holder,
  ${iso('min(received_at)')} AS first_at, ${iso('max(received_at)')} AS last_at, dateDiff('day', min(received_at), max(received_at)) AS age_days,
  uniqExactIf(client_address, client_address != '') AS addresses, count() AS records
FROM watchkeeper.audit_events
WHERE ${receivedSince(LOOK_BACK)} AND NOT server_internal AND token_fingerprint != ''
GROUP BY token_fingerprint
HAVING max(received_at) >= ${FROM}`,
    order: 'age_days DESC, token_fingerprint', exceptions: false,
    cannotSee: 'Tokens that no emitter sends a fingerprint of. The age is that of the use we saw, not of the credential; what is known of expiry: view credentials.',
  },
  {
    id: 'administration', title: 'What administrators did', asks: 'What was done to Watchkeeper itself, by whom, and did it work?',
    columns: { actor: 'Who', action: 'Action', outcome: 'Outcome', times: 'Times', objects: 'On', first_at: 'First', last_at: 'Last' },
    sql: `SELECT toString(actor) AS actor, substring(toString(method), length('watchkeeper/') + 1) AS action, toString(outcome) AS outcome, count() AS times,
  arrayStringConcat(arraySlice(arraySort(groupUniqArray(toString(resource))), 1, 10), ', ') AS objects, ${iso('min(received_at)')} AS first_at, ${iso('max(received_at)')} AS last_at
FROM watchkeeper.audit_events
WHERE ${ADMINISTRATION}
GROUP BY actor, method, outcome`,
    order: 'actor, action, outcome', exceptions: false,
    cannotSee: 'What somebody did to the machine, the files or a ClickHouse server directly. Actions that are about no tenant stand under tenant default.',
  },
  {
    id: 'reads-of-the-log', title: 'Who read the log', asks: 'Who queried, exported, reported or revealed what, and for which reason?',
    columns: { at: 'When', actor: 'Who', action: 'Action', object: 'On', details: 'Details', outcome: 'Outcome' },
    sql: `SELECT ${iso('received_at')} AS at, toString(actor) AS actor, substring(toString(method), length('watchkeeper/') + 1) AS action, toString(resource) AS object,
  substringUTF8(toString(arguments), 1, 300) AS details, toString(outcome) AS outcome
FROM watchkeeper.audit_events
WHERE ${RECEIVED} AND emitter = 'watchkeeper'
  AND match(toString(method), '^watchkeeper/((sql|report|incident|evidence|reveal)[.]|[a-z-]+[.](list|show|read|query|export|proof|reveal)$)')`,
    order: 'at, actor, action, object, details, outcome', exceptions: false,
    cannotSee: 'On a ClickHouse server: queries asked of it directly stand in its own system.query_log.',
  },
  {
    id: 'data-recipients', title: 'Where data goes', asks: 'Which servers receive arguments and give results, how much, and for how many actors?',
    columns: { server: 'Server', target: 'Address', actors: 'Actors', tools: 'Tools', records: 'Records', argument_bytes: 'Bytes sent', result_bytes: 'Bytes received' },
    sql: `SELECT toString(server) AS server, toString(target) AS target, uniqExactIf(actor, actor != '') AS actors, uniqExactIf(tool, tool != '') AS tools, count() AS records,
  sumIf(arguments_bytes, arguments_bytes > 0) AS argument_bytes, sumIf(result_bytes, result_bytes > 0) AS result_bytes
FROM watchkeeper.audit_events
WHERE ${ACTIVITY} AND (server != '' OR target != '')
GROUP BY server, target`,
    order: 'records DESC, server, target', exceptions: false,
    cannotSee: `${ONE_CALL} What a server passes on to others, and which categories of data it was: that the controller must say of its servers.`,
  },
]
