import { CONVENTIONS, GATEWAY, HTTP } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** agentgateway 1.4: a SERVER span and an access-log record for each HTTP request, a CLIENT span for each message to a server behind it. */
export const agentgateway: EmitterTable = {
  id: 'agentgateway',
  version: '3',
  title: 'agentgateway',
  golden: 'built',
  recognise: {
    scopes: ['agentgateway', 'agentgateway.access'],
    services: ['agentgateway'],
    marks: [{ keys: ['mcp.target', 'src.addr'] }, { keys: ['mcp.method.name', 'src.addr'] }, { keys: ['mcp.target', 'agentgateway.outbound.subtype'] }],
  },
  keeps: 'recognised',
  ownRequests: true,
  vantage: GATEWAY,
  logs: 'gateway',
  agentOperations: true,
  fields: {
    ...CONVENTIONS,
    server: [{ key: 'mcp.target' }],
    target: [...CONVENTIONS.target, { key: 'http.host' }],
    principal: [{ key: 'jwt.sub', trust: 'verified' }, ...CONVENTIONS.principal],
    client: [{ key: 'jwt.client_id', trust: 'verified' }, { key: 'jwt.azp', trust: 'verified' }, ...CONVENTIONS.client],
    scopes: [{ key: 'jwt.scope', reading: 'words', trust: 'verified' }, { key: 'jwt.scp', reading: 'words', trust: 'verified' }, ...CONVENTIONS.scopes],
    caller_tenant: [{ key: 'jwt.tid', trust: 'verified' }, { key: 'jwt.org_id', trust: 'verified' }, ...CONVENTIONS.caller_tenant],
    delegation: [{ key: 'jwt.act', reading: 'actors', trust: 'verified' }, ...CONVENTIONS.delegation],
    arguments: [{ key: 'mcp.tool.arguments', reading: 'json' }, ...CONVENTIONS.arguments],
    result: [{ key: 'mcp.tool.result', reading: 'json' }, ...CONVENTIONS.result],
    rpc_status: [...CONVENTIONS.rpc_status, { key: 'mcp.error.code' }],
    http_method: HTTP.http_method,
    path: HTTP.path,
    duration_ms: [{ key: 'duration', reading: 'milliseconds', only: 'log' }],
  },
  resultUnseenBy: ['gateway'],
  notes: [
    'A record of the access log carries the ids of the SERVER span of its request and is joined with it.',
    'What begins with `jwt.` is written only when the token was valid; all but `jwt.sub` where the access log or tracing adds it.',
    'Tools have their own name here, callers see `target_tool`.',
    'Arguments and results where `frontendPolicies.accessLog.add` or tracing adds them under `mcp.tool.arguments` and `mcp.tool.result`.',
    '`src.identity` is the workload at the other end of the connection, not a person or an OAuth client: it stays an attribute.',
  ],
}
