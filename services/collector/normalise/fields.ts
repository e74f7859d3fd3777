/**
 * How a text gets into each field. One function a field, because a store under a computed name costs many times as much, and this runs
 * for most attributes of most spans.
 */
import type { Attribute, AuditEventFields } from '../../../schemas/audit-event.ts'
import { MORE, NAME_CHARACTERS, SAID_KEY, type SaidIdentity, saidAttribute, saidIn } from '../../../schemas/said-identity.ts'
import type { Trust } from '../../../schemas/vocabulary.ts'
import type { Field, HintField, IdentityField, TextField } from './emitters/table.ts'

/** What was read for judgement only; '' = not said. */
export type Hints = { [K in HintField]: string }

export interface Draft {
  readonly event: AuditEventFields
  readonly hints: Hints
  /** What no field took whole. */
  readonly kept: Map<string, Attribute>
}

/** Puts the text that `key` said into the field. */
export type Put = (draft: Draft, key: string, text: string) => void

const PUT_TEXT: Readonly<Record<TextField | HintField, Put>> = {
  method: ({ event }, _, text) => { event.method = text },
  tool: ({ event }, _, text) => { event.tool = text },
  prompt: ({ event }, _, text) => { event.prompt = text },
  resource: ({ event }, _, text) => { event.resource = text },
  server: ({ event }, _, text) => { event.server = text },
  target: ({ event }, _, text) => { event.target = text },
  jsonrpc_request_id: ({ event }, _, text) => { event.jsonrpc_request_id = text },
  tool_call_id: ({ event }, _, text) => { event.tool_call_id = text },
  conversation: ({ event }, _, text) => { event.conversation = text },
  wire_session: ({ event }, _, text) => { event.wire_session = text },
  arguments: ({ event }, _, text) => { event.arguments = text },
  result: ({ event }, _, text) => { event.result = text },
  error_code: ({ event }, _, text) => { event.error_code = text },
  error_type: ({ event }, _, text) => { event.error_type = text },
  decision: ({ event }, _, text) => { event.decision = text },
  decision_by: ({ event }, _, text) => { event.decision_by = text },
  user_agent: ({ event }, _, text) => { event.user_agent = text },
  operation: ({ hints }, _, text) => { hints.operation = text },
  object: ({ hints }, _, text) => { hints.object = text },
  success: ({ hints }, _, text) => { hints.success = text },
  rpc_status: ({ hints }, _, text) => { hints.rpc_status = text },
  http_status: ({ hints }, _, text) => { hints.http_status = text },
  http_method: ({ hints }, _, text) => { hints.http_method = text },
  path: ({ hints }, _, text) => { hints.path = text },
  duration_ms: ({ hints }, _, text) => { hints.duration_ms = text },
  sequence: ({ hints }, _, text) => { hints.sequence = text },
  arguments_bytes: ({ hints }, _, text) => { hints.arguments_bytes = text },
  result_bytes: ({ hints }, _, text) => { hints.result_bytes = text },
  status: ({ hints }, _, text) => { hints.status = text },
  peer: ({ hints }, _, text) => { hints.peer = text },
  forwarded_for: ({ hints }, _, text) => { hints.forwarded_for = text },
  forwarded: ({ hints }, _, text) => { hints.forwarded = text },
}

/** An identity is a value with its source and the trust in who said it. */
const PUT_IDENTITY: Readonly<Record<IdentityField, (trust: Trust) => Put>> = {
  principal: (trust) => ({ event }, key, text) => { event.principal = text; event.principal_source = key; event.principal_trust = trust },
  client: (trust) => ({ event }, key, text) => { event.client = text; event.client_source = key; event.client_trust = trust },
  agent: (trust) => ({ event }, key, text) => { event.agent = text; event.agent_source = key; event.agent_trust = trust },
  token_fingerprint: (trust) => ({ event }, key, text) => { event.token_fingerprint = text; event.token_source = key; event.token_trust = trust },
  scopes: (trust) => ({ event }, key, text) => { event.scopes = text.split(' '); event.scopes_source = key; event.scopes_trust = trust },
  client_address: (trust) => ({ event }, key, text) => {
    event.client_address = text
    event.client_address_source = key
    event.client_address_trust = trust
  },
  caller_tenant: (trust) => (draft, key, text) => {
    sayMore(draft, { caller_tenant: text.slice(0, NAME_CHARACTERS), caller_tenant_source: key, caller_tenant_trust: trust })
    if (text.length > NAME_CHARACTERS) tellCut(draft, 'caller_tenant')
  },
  delegation: (trust) => (draft, key, text) => {
    const delegation = JSON.parse(text) as readonly string[]
    sayMore(draft, { delegation, delegation_source: key, delegation_trust: trust })
    if (delegation.at(-1) === MORE) tellCut(draft, 'delegation')
  },
}

const tellCut = ({ event }: Draft, what: string): void => {
  event.redacted = [...event.redacted, `${what}:truncated`]
}

function sayMore({ event, kept }: Draft, said: Partial<SaidIdentity>): void {
  kept.set(SAID_KEY, saidAttribute({ ...(kept.has(SAID_KEY) ? saidIn(kept.get(SAID_KEY)) : {}), ...said }))
  event.attributes = kept
}

const isIdentity = (field: Field): field is IdentityField => Object.hasOwn(PUT_IDENTITY, field)

/** The function for one source of the field; `trust` counts for identities alone. */
export const putOf = (field: Field, trust: Trust): Put => (isIdentity(field) ? PUT_IDENTITY[field](trust) : PUT_TEXT[field])
