import { CONVENTIONS, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** `@shinzolabs/instrumentation-mcp` 1: server-side tool handlers, spans of kind INTERNAL, scope and service named by the host. */
export const shinzo: EmitterTable = {
  id: 'shinzo',
  version: '1',
  title: '@shinzolabs/instrumentation-mcp',
  golden: 'recorded',
  recognise: {
    resource: ['mcp.session.id'],
    marks: [{ prefix: 'mcp.request.argument.', kind: 'internal' }, { keys: ['mcp.tool.name', 'mcp.method.name'], kind: 'internal' }],
  },
  keeps: 'recognised',
  vantage: { '': 'server', internal: 'server', server: 'server', client: 'client', producer: 'client', consumer: 'server' },
  fields: {
    ...CONVENTIONS,
    tool: [{ key: 'mcp.tool.name' }, { key: 'gen_ai.tool.name' }],
    jsonrpc_request_id: [{ key: 'jsonrpc.request.id' }],
    client_address: [...WATCHKEEPER.client_address, { key: 'client.address', reading: 'address', trust: 'self_declared' }],
    arguments: [{ key: 'mcp.request.argument.', prefix: true }],
  },
  names: ['{method} {target}'],
  metrics: { durationUnit: 'ms' },
  notes: [
    '`mcp.request.id` is made up by the instrumentation, not the JSON-RPC id: it stays an attribute.',
    '`client.address` is read from the host\'s own network interfaces by this version, so it is only `self_declared`.',
    'Durations are milliseconds, also in the metric that says `s`.',
    'An error says only its class (`Error`): a call that failed in its handler is a `tool_error`, whatever its message says.',
  ],
}
