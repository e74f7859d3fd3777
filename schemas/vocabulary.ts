/** The closed lists of words that records use. A word here is a column value that others rely on. */
import { z } from 'zod'

/** Which side of an MCP interaction made the observation. */
export const Vantage = z.enum(['agent', 'client', 'gateway', 'server', 'log'])
export type Vantage = z.infer<typeof Vantage>

/** How an interaction ended. `unknown` only where the telemetry does not say (a log without a result). */
export const Outcome = z.enum(['ok', 'tool_error', 'protocol_error', 'denied', 'unauthenticated', 'cancelled', 'unknown'])
export type Outcome = z.infer<typeof Outcome>

/** How far a value about identity or place can be believed; the order is the order of trust, most trusted first. */
export const Trust = z.enum(['verified', 'server_reported', 'client_reported', 'self_declared', 'none'])
export type Trust = z.infer<typeof Trust>
export const TRUST_ORDER: readonly Trust[] = Trust.options

/**
 * What the actor is: the first that is known of principal, OAuth client, agent, host. `service`: a principal or client that the configuration
 * says is no person; only from the interaction on, never of an observation.
 */
export const ActorKind = z.enum(['principal', 'service', 'client', 'agent', 'host', 'unknown'])
export type ActorKind = z.infer<typeof ActorKind>

/** Under whose turn an interaction ran. `unknown` is coverage, never a finding. */
export const RequestedBy = z.enum(['user_turn', 'scheduled', 'parent_agent', 'none', 'unknown'])
export type RequestedBy = z.infer<typeof RequestedBy>

/** Whether that turn asked for it. */
export const RequestFit = z.enum(['asked', 'plausible', 'unrelated', 'unknown'])
export type RequestFit = z.infer<typeof RequestFit>

/** Where an argument value came from; `tool_result:<tool_call_id>` and `listing:<tool>` name the place. */
export const VALUE_SOURCES = ['user', 'tool_result', 'listing', 'system', 'model', 'unknown'] as const

/** What a call does to the world, derived from tool name, description and schema. */
export const Effect = z.enum(['read', 'write', 'send', 'pay', 'delete', 'grant', 'execute', 'unknown'])
export type Effect = z.infer<typeof Effect>

export const Severity = z.enum(['info', 'low', 'medium', 'high', 'critical'])
export type Severity = z.infer<typeof Severity>
export const SEVERITY_ORDER: readonly Severity[] = Severity.options

/** Why a span or log was not made an audit event although nothing is wrong with it: counted, never lost in silence. */
export const SKIP_REASONS = ['not_mcp', 'own_telemetry'] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

/** What kind of address a caller has; '' where none is known. `carrier_nat`: 100.64.0.0/10, shared by many customers (RFC 6598). */
export const AddressRange = z.enum(['', 'public', 'private', 'loopback', 'link_local', 'carrier_nat', 'reserved'])
export type AddressRange = z.infer<typeof AddressRange>
