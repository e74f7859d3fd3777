import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

const SIDES = ['gateway'] as const

/** LiteLLM's proxy with its second OpenTelemetry integration: a gateway in front of MCP servers, whose spans are of kind CLIENT. */
export const litellm: EmitterTable = {
  id: 'litellm',
  version: '2',
  title: 'LiteLLM proxy',
  golden: 'recorded',
  recognise: { scopes: ['litellm'], marks: [{ keys: ['mcp.method.name', 'litellm.call_id'] }] },
  keeps: 'recognised',
  vantage: { '': 'gateway', internal: 'gateway', server: 'gateway', client: 'gateway', producer: 'gateway', consumer: 'gateway' },
  agentOperations: true,
  fields: {
    ...CONVENTIONS,
    server: [{ key: 'litellm.mcp.server.name' }],
    principal: [...CONVENTIONS.principal, { key: 'litellm.metadata.user_api_key_user_id', except: ['default_user_id'] }, { key: 'litellm.end_user.id', trust: 'self_declared' }],
    token_fingerprint: [...CONVENTIONS.token_fingerprint, { key: 'litellm.api_key.hash', except: ['litellm_proxy_master_key'] }],
    caller_tenant: [...CONVENTIONS.caller_tenant, { key: 'litellm.team.id' }],
    client_address: [...CONVENTIONS.client_address, { key: 'litellm.metadata.requester_ip_address', reading: 'address', from: SIDES }],
  },
  names: ['{method} {target}'],
  notes: [
    'A span of a call stands below the HTTP request that brought it and links the caller\'s span: the call is joined with the caller\'s.',
    'Where the master key was used, the owner `default_user_id` is nobody and the hash is no hash: both stay attributes.',
    '`litellm.end_user.id` is what the caller says of itself.',
  ],
}
