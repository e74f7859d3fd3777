import { BY_KIND, HTTP, MCP_HEADERS, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable } from './table.ts'

const SIDES = ['server', 'gateway'] as const

/** Plain HTTP instrumentation in front of an MCP endpoint: often the only trace of a refused attempt. */
export const http: EmitterTable = {
  id: 'http',
  version: '2',
  title: 'HTTP spans of MCP endpoints',
  golden: 'built',
  recognise: {},
  keeps: 'recognised',
  http: 'span',
  vantage: BY_KIND,
  fields: {
    ...WATCHKEEPER,
    ...HTTP,
    ...MCP_HEADERS,
    principal: [...WATCHKEEPER.principal, { key: 'enduser.id' }, { key: 'user.email' }, { key: 'user.id' }],
    client_address: [
      ...WATCHKEEPER.client_address, ...HTTP.client_address,
      { key: 'network.peer.address', reading: 'address', from: SIDES }, { key: 'net.sock.peer.addr', reading: 'address', from: SIDES },
      { key: 'net.peer.ip', reading: 'address', from: SIDES },
    ],
    target: [...HTTP.target, { key: 'server.address', from: ['client'] }],
    error_type: [{ key: 'error.type' }],
  },
  successIsUnknown: true,
  notes: [
    'Recognised by a request path from `mcp_paths` or by `Mcp-Method` or `Mcp-Name` among its header attributes, whatever the status.',
    '401 is `unauthenticated`, 403 `denied`, other 4xx and 5xx `protocol_error`. Success over HTTP says nothing about the call: `unknown`.',
  ],
}
