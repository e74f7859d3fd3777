/**
 * Interaction: what happened once, joined from the observations of one call. Field names are the columns of table `interactions`.
 * A later version replaces an earlier one with the same `interaction_id`; `sort_at` stays that of the first version.
 */
import { z } from 'zod'
import { ActorKind, AddressRange, Effect, Outcome, RequestedBy, RequestFit, Trust, Vantage } from './vocabulary.ts'

const text = z.string()

export const Interaction = z.strictObject({
  /** 32 hex digits, the same for every version. */
  interaction_id: text,
  version: z.number().int().min(1),
  tenant: text,
  /** Nanoseconds, of the earliest and latest observation. */
  started_at: z.bigint(),
  ended_at: z.bigint(),
  duration_ns: z.bigint(),
  /** `started_at` of the first version: the row's place in the table. */
  sort_at: z.bigint(),
  /** `received_at` of the last observation that is in this version; how time moves for waits. */
  received_at: z.bigint(),

  method: text,
  tool: text,
  prompt: text,
  resource: text,
  server: text,
  target: text,
  effect: Effect,

  actor: text,
  actor_kind: ActorKind,
  principal: text,
  principal_source: text,
  principal_trust: Trust,
  client: text,
  client_source: text,
  client_trust: Trust,
  agent: text,
  token_fingerprint: text,
  token_trust: Trust,
  scopes: z.array(text).readonly(),
  client_address: text,
  client_address_source: text,
  client_address_trust: Trust,
  user_agent: text,
  host: text,

  trace_id: text,
  conversation: text,
  wire_session: text,
  jsonrpc_request_id: text,
  tool_call_id: text,
  /** Sent where telemetry has gaps: FastMCP's own listing before a call. Left out of volumes. */
  server_internal: z.boolean(),

  requested_by: RequestedBy,
  /** Words of the user's turn it ran under, redacted, at most 2,000 characters; '' where unknown. */
  request_text: text,
  request_fit: RequestFit,
  request_fit_reasons: z.array(text).readonly(),
  /** Argument path (`$.command`) → `user`, `tool_result:<tool_call_id>`, `listing`, `system`, `model`, `unknown`. */
  argument_sources: z.map(text, text),

  arguments: text,
  arguments_bytes: z.bigint(),
  arguments_hash: text,
  result: text,
  result_bytes: z.bigint(),
  result_hash: text,

  outcome: Outcome,
  error_code: text,
  error_type: text,
  decision: text,
  decision_by: text,

  /** Distinct, sorted. */
  vantages: z.array(Vantage).readonly(),
  emitters: z.array(text).readonly(),
  sources: z.array(text).readonly(),
  /** Observations in order of start. */
  event_ids: z.array(text).readonly(),
  redacted: z.array(text).readonly(),
  /** '' or the interaction this one proved to be a part of: then it is withdrawn. */
  merged_into: text,

  agent_source: text,
  agent_trust: Trust,
  token_source: text,
  scopes_source: text,
  scopes_trust: Trust,
  /** Organisation, team or tenant of the caller as an emitter names it; `tenant` is who sent us the telemetry. */
  caller_tenant: text,
  caller_tenant_source: text,
  caller_tenant_trust: Trust,
  /** Actors between the principal and the call (RFC 8693 `act`): who acts now first, then the one before, and so on. */
  delegation: z.array(text).readonly(),
  delegation_source: text,
  delegation_trust: Trust,
  /** What observations said of one identity field where they do not agree: JSON objects `field`, `value`, `source`, `trust`, `said_by`, `holds`. */
  identity_conflicts: z.array(text).readonly(),

  /** What addresses are counted by: the address, of IPv6 its /64; '' where `client_address` is no address. */
  client_network: text,
  client_range: AddressRange,
  /** ISO 3166-1 alpha-2; '' where not known, as all of these from MMDB files that the configuration names. */
  client_country: text,
  /** 0 = not known. */
  client_asn: z.number().int().min(0).max(4_294_967_295),
  client_as_org: text,
  /** Whether the address belongs to a hosting provider; '' where nobody says. */
  client_hosting: z.enum(['', 'yes', 'no']),

  /** Requests that the call took because the server asked for input (MRTR); and 1, with one more for each time that a request was sent again. */
  rounds: z.number().int().min(1).max(65_535),
  attempts: z.number().int().min(1).max(65_535),
  /** What the server asked for instead of answering: methods such as `elicitation/create`, sorted. */
  input_requests: z.array(text).readonly(),
})
export type Interaction = Readonly<z.infer<typeof Interaction>>
export type InteractionFields = { -readonly [K in keyof Interaction]: Interaction[K] }

export function blankInteraction(): InteractionFields {
  return {
    interaction_id: '', version: 1, tenant: '', started_at: 0n, ended_at: 0n, duration_ns: 0n, sort_at: 0n, received_at: 0n,
    method: '', tool: '', prompt: '', resource: '', server: '', target: '', effect: 'unknown',
    actor: '', actor_kind: 'unknown', principal: '', principal_source: '', principal_trust: 'none',
    client: '', client_source: '', client_trust: 'none', agent: '', token_fingerprint: '', token_trust: 'none', scopes: [],
    client_address: '', client_address_source: '', client_address_trust: 'none', user_agent: '', host: '',
    trace_id: '', conversation: '', wire_session: '', jsonrpc_request_id: '', tool_call_id: '', server_internal: false,
    requested_by: 'unknown', request_text: '', request_fit: 'unknown', request_fit_reasons: [], argument_sources: new Map(),
    arguments: '', arguments_bytes: -1n, arguments_hash: '', result: '', result_bytes: -1n, result_hash: '',
    outcome: 'unknown', error_code: '', error_type: '', decision: '', decision_by: '',
    vantages: [], emitters: [], sources: [], event_ids: [], redacted: [], merged_into: '',
    agent_source: '', agent_trust: 'none', token_source: '', scopes_source: '', scopes_trust: 'none',
    caller_tenant: '', caller_tenant_source: '', caller_tenant_trust: 'none', delegation: [], delegation_source: '', delegation_trust: 'none',
    identity_conflicts: [],
    client_network: '', client_range: '', client_country: '', client_asn: 0, client_as_org: '', client_hosting: '',
    rounds: 1, attempts: 1, input_requests: [],
  }
}

export const exampleInteraction: Interaction = {
  ...blankInteraction(),
  interaction_id: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf', tenant: 'default',
  started_at: 1_795_225_724_644_000_000n, ended_at: 1_795_225_724_659_818_158n, duration_ns: 15_818_158n,
  sort_at: 1_795_225_724_644_000_000n, received_at: 1_795_225_725_000_000_000n,
  method: 'tools/call', tool: 'run_command', server: 'files', effect: 'execute',
  actor: 'claude-desktop', actor_kind: 'client', client: 'claude-desktop', client_source: 'enduser.id', client_trust: 'server_reported',
  agent: 'support', trace_id: 'd61a9a00000000000000000000000001', conversation: 'conv-1',
  requested_by: 'user_turn', request_text: 'Summarise revenue in /srv/q3.xlsx', request_fit: 'unrelated',
  request_fit_reasons: ['the turn asks to read; the call executes'], argument_sources: new Map([['$.command', 'model']]),
  arguments: '{"command":"ls"}', arguments_bytes: 16n, outcome: 'ok', vantages: ['agent', 'client', 'server'],
  emitters: ['fastmcp'], sources: ['files-mcp'], event_ids: ['0f1e2d3c4b5a69788796a5b4c3d2e1f0'],
}
