/** Rows for the store benchmark: a month of a company of 500 actors, made from a seed. */
import { blankAuditEvent } from '../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../schemas/canonical.ts'
import { type Interaction, blankInteraction } from '../schemas/interaction.ts'
import type { StoredEvent } from '../schemas/ports.ts'

/** 2026-10-01T00:00:00Z in nanoseconds; the month is spread evenly over all rows. */
const START = 1_790_812_800_000_000_000n
const MONTH = 30n * 86_400_000_000_000n
const WORDS = Array.from({ length: 4000 }, (_, i) => `w${(i * 2_654_435_761 % 4_294_967_296).toString(36)}`)
const VANTAGES = ['agent', 'client', 'gateway', 'server'] as const

/** Deterministic numbers below `limit` (mulberry32). */
export function dice(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
}

const hex = (roll: (limit: number) => number, digits: number): string => {
  let text = ''
  while (text.length < digits) text += roll(0xffff_ffff).toString(16).padStart(8, '0')
  return text.slice(0, digits)
}
/** About 200 bytes of JSON; one in 100,000 holds the needle. */
function argumentsOf(roll: (limit: number) => number): string {
  const words = Array.from({ length: 22 }, () => WORDS[roll(WORDS.length)])
  if (roll(100_000) === 0) words.push('needlehaystack')
  return JSON.stringify({ path: `/srv/${hex(roll, 8)}`, query: words.join(' ') })
}
const timeOf = (row: number, total: number): bigint => START + (MONTH * BigInt(row)) / BigInt(total)

/** Row number `row` of `total`: four observations a call; four attributes that no column took. */
export function eventAt(row: number, total: number): StoredEvent {
  const call = dice(row >> 2)
  const own = dice(row + 1_000_000_000)
  const trace_id = hex(call, 32)
  const actor = `user${call(500)}@example.com`
  const tool = `tool_${call(40)}`
  const started_at = timeOf(row, total) + BigInt(own(1000))
  const sent = argumentsOf(call)
  const attributes = Array.from({ length: 4 }, (_, i) => [`app.attribute.${i}`, { type: i % 3 === 0 ? 'int' : 'string', text: i < 2 ? hex(own, 8) : `value${own(20)}` }] as const)
  const canonical = encodeCanonical({
    ...blankAuditEvent(), event_id: hex(own, 32), tenant: 'default', name: `tools/call ${tool}`, span_kind: 'server', started_at, ended_at: started_at + 15_000_000n,
    duration_ns: BigInt(own(50_000_000)), source: `svc-${call(20)}`, emitter: 'fastmcp', mapping_version: '1', scope_name: 'fastmcp', scope_version: '3.2.0', service_version: '1.4.0',
    vantage: VANTAGES[row & 3] ?? 'log', trace_id, span_id: hex(own, 16), parent_span_id: hex(own, 16), method: 'tools/call', tool, server: `server-${call(20)}`,
    jsonrpc_request_id: String(call(1000)), conversation: hex(call, 16), principal: actor, principal_source: 'watchkeeper.principal', principal_trust: 'server_reported', actor, actor_kind: 'principal',
    client: 'claude-desktop', client_source: 'enduser.id', client_trust: 'server_reported', client_address: `10.0.${call(4)}.${call(250)}`, host: `mcp-${call(9)}`,
    arguments: sent, arguments_bytes: BigInt(sent.length), arguments_hash: hex(call, 32), result_bytes: BigInt(call(100_000)), outcome: call(20) === 0 ? 'tool_error' : 'ok',
    attributes: new Map(attributes), resource_attributes: new Map([['service.name', { type: 'string', text: 'svc' }], ['host.name', { type: 'string', text: 'h' }]]),
    transport: 'otlp/http+protobuf', exporter_peer: '127.0.0.1', received_at: started_at + 5_000_000_000n, salt: hex(own, 32),
  })
  return { bytes: canonical.bytes, partition: row % 4, offset: Math.floor(row / 100), offsetIndex: row % 100, hashes: writeHashes(canonical), hashesAt: 0 }
}

/** Interaction of the four observations from `row` on. */
export function interactionAt(row: number, total: number): Interaction {
  const call = dice(row)
  const actor = `user${call(500)}@example.com`
  const sent = argumentsOf(call)
  const started_at = timeOf(row, total)
  return {
    ...blankInteraction(), interaction_id: hex(call, 32), tenant: 'default', started_at, ended_at: started_at + 15_000_000n, duration_ns: 15_000_000n, sort_at: started_at, received_at: started_at,
    method: 'tools/call', tool: `tool_${call(40)}`, server: `server-${call(20)}`, effect: 'read', actor, actor_kind: 'principal', principal: actor, client: 'claude-desktop', trace_id: hex(call, 32),
    conversation: hex(call, 16), requested_by: 'user_turn', request_fit: 'asked', argument_sources: new Map([['$.path', 'user'], ['$.query', 'model']]), arguments: sent, arguments_bytes: BigInt(sent.length),
    arguments_hash: hex(call, 32), result_bytes: BigInt(call(100_000)), outcome: 'ok', vantages: ['agent', 'client', 'gateway', 'server'], emitters: ['fastmcp'], sources: [`svc-${call(20)}`],
    event_ids: [hex(call, 32), hex(call, 32), hex(call, 32), hex(call, 32)],
  }
}
