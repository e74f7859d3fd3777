/** Statements that fill the tables inside the engine, for the bench of erasure: some months of a company of 500 actors and one subject, four observations a call. */

/** Whose rows are erased. */
export const SUBJECT = 'ursula.vandermeer@example.org'
/** 2025-11-01T00:00:00Z. */
const START = Date.UTC(2025, 10)
const MONTH_MS = 30.4 * 86_400_000
/** Ten million rows are a year: fewer are fewer months, so that parts are as large as those of ten million. */
const ROWS_A_MONTH = 10_000_000 / 12
export const monthsOf = (rows: number): number => Math.max(1, Math.round(rows / ROWS_A_MONTH))
const WORDS = 4_000

/** Rows `from` to `to` of `total`; each `every`th call is the subject's. */
export interface Slice {
  readonly from: number
  readonly to: number
  readonly total: number
  readonly every: number
}

const hexOf = (row: string, what: string): string => `lower(hex(sipHash128(${row}, '${what}')))`
const pick = (row: string, what: string, limit: number): string => `sipHash64(${row}, '${what}') % ${limit}`
const timeOf = (row: string, total: number): string => `fromUnixTimestamp64Nano(toInt64(${BigInt(START) * 1_000_000n} + ${row} * ${BigInt(Math.floor((monthsOf(total) * MONTH_MS * 1e6) / total))}), 'UTC')`

/** What the observations of one call have in common. */
function callColumns(every: number): Readonly<Record<string, string>> {
  const person = `if(call % ${every} = 0, '${SUBJECT}', concat('user', toString(${pick('call', 'actor', 500)}), '@example.com'))`
  const words = `arrayStringConcat(arrayMap(i -> concat('w', lower(hex(toUInt16((sipHash64(call, i) % ${WORDS}) * 2654435761)))), range(22)), ' ')`
  return {
    tenant: "'default'", trace_id: hexOf('call', 'trace'), actor: person, principal: person, actor_kind: "'principal'", principal_source: "'watchkeeper.principal'", principal_trust: "'server_reported'",
    client: "'claude-desktop'", client_source: "'enduser.id'", client_trust: "'server_reported'", method: "'tools/call'", tool: `concat('tool_', toString(${pick('call', 'tool', 40)}))`,
    server: `concat('server-', toString(${pick('call', 'server', 20)}))`, conversation: `substring(${hexOf('call', 'conversation')}, 1, 16)`, jsonrpc_request_id: `toString(${pick('call', 'id', 1_000)})`,
    arguments: `concat('{"path":"/srv/', lower(hex(toUInt32(sipHash64(call)))), '","for":"', ${person}, '","query":"', ${words}, '"}')`, arguments_hash: hexOf('call', 'arguments'),
    result_bytes: pick('call', 'result', 100_000), client_address: `concat('10.0.', toString(${pick('call', 'net', 4)}), '.', toString(${pick('call', 'address', 250)}))`,
    outcome: `if(${pick('call', 'outcome', 20)} = 0, 'tool_error', 'ok')`, host: `concat('mcp-', toString(${pick('call', 'host', 9)}))`,
  }
}

function insert(table: string, columns: Readonly<Record<string, string>>, rows: string): string {
  return `INSERT INTO watchkeeper.${table} (${Object.keys(columns).map((name) => `\`${name}\``).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM ${rows}
    SETTINGS max_block_size = 65536, min_insert_block_size_rows = 200000, min_insert_block_size_bytes = 0, max_insert_threads = 1, max_threads = 2, max_partitions_per_insert_block = 0,
    optimize_on_insert = 0, log_queries = 0, exclude_materialize_skip_indexes_on_insert = 'arguments_text,event_ids_bloom'`
}

/** Audit events, about 0.7 KB each. */
export function eventsOf({ from, to, total, every }: Slice): string {
  const at = timeOf('number', total)
  const attributes = Array.from({ length: 4 }, (_, i) => `'app.attribute.${i}', ${i < 2 ? `substring(${hexOf('number', `a${i}`)}, 1, 8)` : `concat('value', toString(${pick('number', `a${i}`, 20)}))`}`)
  return insert('audit_events', {
    ...callColumns(every), event_id: hexOf('number', 'event'), signal: "'span'", name: `concat('tools/call tool_', toString(${pick('call', 'tool', 40)}))`, span_kind: "'server'", started_at: at, ended_at: `${at} + toIntervalMillisecond(15)`,
    received_at: `${at} + toIntervalSecond(5)`, duration_ns: pick('number', 'duration', 50_000_000), source: `concat('svc-', toString(${pick('call', 'source', 20)}))`, emitter: "'fastmcp'",
    mapping_version: "'1'", scope_name: "'fastmcp'", scope_version: "'3.2.0'", service_version: "'1.4.0'", vantage: "['agent', 'client', 'gateway', 'server'][number % 4 + 1]",
    span_id: `substring(${hexOf('number', 'span')}, 1, 16)`, parent_span_id: `substring(${hexOf('number', 'parent')}, 1, 16)`, arguments_bytes: '230',
    attributes: `map(${attributes.join(', ')})`, attribute_types: "['int', 'string', 'string', 'int']",
    resource_attributes: "map('service.name', 'svc', 'host.name', 'h')", resource_attribute_types: "['string', 'string']", transport: "'otlp/http+protobuf'", exporter_peer: "'127.0.0.1'",
    partition: 'number % 4', offset: 'intDiv(number, 100)', offset_index: 'number % 100', salt: hexOf('number', 'salt'), content_hash: "lower(hex(SHA256(concat('content', toString(number)))))",
    record_hash: "lower(hex(SHA256(toString(number))))",
  }, `(SELECT number, intDiv(number, 4) AS call FROM numbers(${from}, ${to - from}))`)
}

/** The calls of these observations, one interaction each. */
export function interactionsOf({ from, to, total, every }: Slice): string {
  const at = timeOf('(call * 4)', total)
  return insert('interaction_versions', {
    ...callColumns(every), interaction_id: hexOf('call', 'interaction'), version: '1', started_at: at, sort_at: at, received_at: at, ended_at: `${at} + toIntervalMillisecond(15)`, duration_ns: '15000000', effect: "'read'",
    requested_by: "'user_turn'", request_fit: "'asked'", argument_sources: "map('$.path', 'user', '$.query', 'model')", arguments_bytes: '230', vantages: "['agent', 'client', 'gateway', 'server']",
    emitters: "['fastmcp']", sources: `[concat('svc-', toString(${pick('call', 'source', 20)}))]`, event_ids: `arrayMap(i -> ${hexOf('(call * 4 + i)', 'event')}, range(toUInt64(4)))`,
  }, `(SELECT number AS call FROM numbers(${Math.floor(from / 4)}, ${Math.floor(to / 4) - Math.floor(from / 4)}))`)
}
