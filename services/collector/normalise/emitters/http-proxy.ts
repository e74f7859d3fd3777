import { GATEWAY } from './conventions.ts'
import { http } from './http.ts'
import type { EmitterTable } from './table.ts'

/** Spans of a reverse proxy in front of an MCP endpoint. Its CLIENT spans are the way to the server, not the caller's word. */
export const httpProxy: EmitterTable = {
  ...http,
  id: 'http-proxy',
  version: '2',
  title: 'HTTP spans of reverse proxies',
  golden: 'built',
  recognise: {
    scopes: ['nginx', 'kong-internal', 'github.com/traefik/traefik'],
    marks: [{ keys: ['upstream_cluster.name', 'response_flags'] }, { keys: ['upstream_cluster', 'response_flags'] }],
  },
  vantage: GATEWAY,
  fields: {
    ...http.fields,
    client_address: [...(http.fields.client_address ?? []), { key: 'peer.address', reading: 'address' }],
    user_agent: [...(http.fields.user_agent ?? []), { key: 'user_agent' }],
  },
  notes: [
    'Envoy (by its attributes), nginx, Kong and Traefik. Only requests to MCP endpoints, as with other HTTP spans.',
    '`X-Forwarded-For` is what callers say: it counts only from the proxies in `place.trusted_proxies`.',
  ],
}
