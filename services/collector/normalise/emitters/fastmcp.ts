import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** FastMCP 3 and 4, server and client side, and the release candidates that used `rpc.*`. */
export const fastmcp: EmitterTable = {
  id: 'fastmcp',
  version: '2',
  title: 'FastMCP',
  golden: 'recorded',
  recognise: { scopes: ['fastmcp'], marks: [{ prefix: 'fastmcp.' }] },
  keeps: 'all',
  vantageWhere: [{ when: { key: 'fastmcp.provider.type', is: ['ProxyProvider'] }, vantage: 'gateway' }],
  vantage: { '': 'server', internal: 'server', server: 'server', client: 'client', producer: 'client', consumer: 'server' },
  fields: {
    ...CONVENTIONS,
    server: [{ key: 'fastmcp.server.name' }],
    client: [...CONVENTIONS.client, { key: 'enduser.id' }],
    scopes: [...CONVENTIONS.scopes, { key: 'enduser.scope', reading: 'words' }],
  },
  names: ['{method} {target}'],
  internal: [{ kind: 'server', method: 'tools/list', parentless: true, given: 'fastmcp.span.seam' }],
  notes: [
    '`enduser.id` is the OAuth client of the access token, never a person: it fills `client`, not `principal`.',
    'A server-side `tools/list` without a parent is the look-up FastMCP 4 makes before each call of a known tool: `server_internal`. In FastMCP 3 ' +
      'it is the client\'s: on MCP Python SDK 1 a list does not carry the caller\'s context.',
    'An unknown tool (`NotFoundError`) is answered with an error result, so it is a `tool_error`, as the client\'s span says too.',
  ],
}
