/**
 * The fields of an interaction in groups that are taken together, each with whose word counts for it. One function a group, because reading and writing
 * fields by computed names costs many times as much, and each call is read some eighty times.
 */
import type { InteractionFields } from '../../schemas/interaction.ts'
import type { Trust, Vantage } from '../../schemas/vocabulary.ts'
import type { Observation } from './observation.ts'

export type Order = Record<Vantage, number>

/** Nearest the enforcement point first: what the server received is what happened. */
export const ENFORCEMENT: Order = { server: 0, gateway: 1, client: 2, agent: 3, log: 4 }
/** Nearest the person first: the conversation and the caller's own host. */
export const CALLER: Order = { agent: 0, client: 1, log: 2, gateway: 3, server: 4 }

/** What an observation says, or several together. */
export type Said = Pick<Observation, keyof InteractionFields & keyof Observation>

export interface Group {
  /** Whether it says anything: the first of the fields decides. */
  says(said: Said): boolean
  take(into: InteractionFields, said: Said): void
  readonly order: Order
  /** An HTTP request knows only whose process it came to: what names a method counts first. */
  readonly named?: true
  /** What the last request of a call says counts, not one that was repeated. */
  readonly ends?: true
  /** Where some are more to be trusted than others, that counts first. */
  trust?(said: Said): Trust
}

export const GROUPS: readonly Group[] = [
  { says: ({ method }) => method !== '', take: (into, { method }) => { into.method = method }, order: ENFORCEMENT },
  { says: ({ tool }) => tool !== '', take: (into, { tool }) => { into.tool = tool }, order: ENFORCEMENT },
  { says: ({ prompt }) => prompt !== '', take: (into, { prompt }) => { into.prompt = prompt }, order: ENFORCEMENT },
  { says: ({ resource }) => resource !== '', take: (into, { resource }) => { into.resource = resource }, order: ENFORCEMENT },
  { says: ({ server }) => server !== '', take: (into, { server }) => { into.server = server }, order: ENFORCEMENT, named: true },
  { says: ({ target }) => target !== '', take: (into, { target }) => { into.target = target }, order: CALLER },
  {
    says: ({ principal }) => principal !== '',
    take: (into, said) => {
      into.principal = said.principal
      into.principal_source = said.principal_source
      into.principal_trust = said.principal_trust
    },
    order: ENFORCEMENT, trust: ({ principal_trust }) => principal_trust,
  },
  {
    says: ({ client }) => client !== '',
    take: (into, said) => {
      into.client = said.client
      into.client_source = said.client_source
      into.client_trust = said.client_trust
    },
    order: ENFORCEMENT, trust: ({ client_trust }) => client_trust,
  },
  {
    says: ({ agent }) => agent !== '',
    take: (into, said) => {
      into.agent = said.agent
      into.agent_source = said.agent_source
      into.agent_trust = said.agent_trust
    },
    order: CALLER,
  },
  {
    says: ({ token_fingerprint }) => token_fingerprint !== '',
    take: (into, said) => {
      into.token_fingerprint = said.token_fingerprint
      into.token_source = said.token_source
      into.token_trust = said.token_trust
    },
    order: ENFORCEMENT, trust: ({ token_trust }) => token_trust,
  },
  {
    says: ({ scopes }) => scopes.length > 0,
    take: (into, said) => {
      into.scopes = said.scopes
      into.scopes_source = said.scopes_source
      into.scopes_trust = said.scopes_trust
    },
    order: ENFORCEMENT, trust: ({ scopes_trust }) => scopes_trust,
  },
  {
    says: ({ caller_tenant }) => caller_tenant !== '',
    take: (into, said) => {
      into.caller_tenant = said.caller_tenant
      into.caller_tenant_source = said.caller_tenant_source
      into.caller_tenant_trust = said.caller_tenant_trust
    },
    order: ENFORCEMENT, trust: ({ caller_tenant_trust }) => caller_tenant_trust,
  },
  {
    says: ({ delegation }) => delegation.length > 0,
    take: (into, said) => {
      into.delegation = said.delegation
      into.delegation_source = said.delegation_source
      into.delegation_trust = said.delegation_trust
    },
    order: ENFORCEMENT, trust: ({ delegation_trust }) => delegation_trust,
  },
  {
    says: ({ client_address }) => client_address !== '',
    take: (into, said) => {
      into.client_address = said.client_address
      into.client_address_source = said.client_address_source
      into.client_address_trust = said.client_address_trust
    },
    order: ENFORCEMENT, trust: ({ client_address_trust }) => client_address_trust,
  },
  { says: ({ user_agent }) => user_agent !== '', take: (into, { user_agent }) => { into.user_agent = user_agent }, order: ENFORCEMENT },
  { says: ({ host }) => host !== '', take: (into, { host }) => { into.host = host }, order: CALLER },
  { says: ({ conversation }) => conversation !== '', take: (into, { conversation }) => { into.conversation = conversation }, order: CALLER },
  { says: ({ wire_session }) => wire_session !== '', take: (into, { wire_session }) => { into.wire_session = wire_session }, order: ENFORCEMENT },
  { says: ({ jsonrpc_request_id }) => jsonrpc_request_id !== '', take: (into, { jsonrpc_request_id }) => { into.jsonrpc_request_id = jsonrpc_request_id }, order: CALLER },
  { says: ({ tool_call_id }) => tool_call_id !== '', take: (into, { tool_call_id }) => { into.tool_call_id = tool_call_id }, order: CALLER },
  {
    says: (said) => said.arguments !== '',
    take: (into, said) => {
      into.arguments = said.arguments
      into.arguments_bytes = said.arguments_bytes
      into.arguments_hash = said.arguments_hash
    },
    order: ENFORCEMENT,
  },
  {
    says: ({ result }) => result !== '',
    take: (into, said) => {
      into.result = said.result
      into.result_bytes = said.result_bytes
      into.result_hash = said.result_hash
    },
    order: ENFORCEMENT, ends: true,
  },
  { says: ({ outcome }) => outcome.length > 0 && outcome !== 'unknown', take: (into, { outcome }) => { into.outcome = outcome }, order: ENFORCEMENT, ends: true },
  { says: ({ error_code }) => error_code !== '', take: (into, { error_code }) => { into.error_code = error_code }, order: ENFORCEMENT, ends: true },
  { says: ({ error_type }) => error_type !== '', take: (into, { error_type }) => { into.error_type = error_type }, order: ENFORCEMENT, ends: true },
  {
    says: ({ decision }) => decision !== '',
    take: (into, said) => {
      into.decision = said.decision
      into.decision_by = said.decision_by
    },
    order: ENFORCEMENT,
  },
]
