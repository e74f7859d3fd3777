import { GATEWAY, HTTP, MCP_HEADERS, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable, Source } from './table.ts'

/** What nginx, Apache and Envoy write where there is nothing. */
const NONE = ['-'] as const

const orNone = (sources: readonly Source[]): readonly Source[] => sources.map((source) => ({ ...source, except: NONE }))
const named = (keys: readonly string[], reading: Source['reading'] = 'text'): readonly Source[] => orNone(keys.map((key) => ({ key, reading })))

/** One header in the spellings of span attributes, Envoy's and nginx's log formats. */
const header = (name: string): readonly string[] => {
  const underscored = name.replaceAll('-', '_')
  return [name, `http_${underscored}`, underscored]
}

/** Access logs of whatever stands in front of an MCP endpoint, a line a record. */
export const accessLog: EmitterTable = {
  id: 'access-log',
  version: '2',
  title: 'HTTP access logs of MCP endpoints',
  golden: 'built',
  recognise: {},
  keeps: 'recognised',
  http: 'log',
  vantage: GATEWAY,
  logs: 'gateway',
  fields: {
    ...WATCHKEEPER,
    method: [...orNone(MCP_HEADERS.method), ...named(header('mcp-method'))],
    object: [...orNone(MCP_HEADERS.object), ...named(header('mcp-name'), 'mcp-name')],
    wire_session: [...orNone(MCP_HEADERS.wire_session), ...named(header('mcp-session-id'))],
    jsonrpc_request_id: named(['mcp_request_id'], 'braced'),
    server: named(['mcp_backend']),
    target: [...orNone(HTTP.target), ...named([':authority', 'authority', 'http.host', 'http_host', 'server.address'])],
    http_status: [...orNone(HTTP.http_status), ...named(['response_code', 'status', 'status_code', 'code'])],
    http_method: [...orNone(HTTP.http_method), ...named(['request_method', 'method', 'request'], 'verb')],
    path: [
      ...orNone(HTTP.path),
      ...named(['x-envoy-origin-path', 'x-envoy-original-path', 'request_uri', 'uri', 'path'], 'path'),
      { key: 'request', reading: 'request-path' },
    ],
    duration_ms: [
      ...named(['duration', 'duration_ms'], 'milliseconds'),
      { key: 'request_time', reading: 'seconds' },
      { key: 'http.server.request.duration', reading: 'seconds' },
    ],
    client_address: [
      ...WATCHKEEPER.client_address,
      ...named(
        ['client.address', 'downstream_remote_address', 'remote_addr', 'src.addr', 'http.client_ip', 'client_ip', 'network.peer.address', 'net.peer.ip'],
        'address',
      ),
    ],
    peer: named(['network.peer.address', 'net.peer.ip', 'downstream_direct_remote_address', 'remote_addr', 'src.addr', 'client_ip'], 'address'),
    forwarded_for: [...orNone(HTTP.forwarded_for), ...named(header('x-forwarded-for'), 'list')],
    forwarded: [...orNone(HTTP.forwarded), ...named(['http_forwarded', 'forwarded'], 'list')],
    user_agent: [...orNone(HTTP.user_agent), ...named(['user-agent', 'http_user_agent', 'user_agent'])],
  },
  successIsUnknown: true,
  notes: [
    'Envoy over OTLP, and nginx or Apache through the Collector\'s filelog receiver with the line parsed into attributes. Recognised as HTTP spans are.',
    'A record with a span id is joined to that span. A record without a trace is an interaction of its own.',
    'Envoy\'s `downstream_remote_address` is what its trusted hops make of it. `X-Forwarded-For` is what callers say: it counts only from the proxies in `place.trusted_proxies`.',
    '`remote_user` is a name that came with the request, checked or not: it stays an attribute.',
  ],
}
