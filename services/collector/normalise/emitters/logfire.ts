import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Logfire's `instrument_mcp`: whole JSON-RPC bodies as JSON text on INTERNAL spans of client and server. */
export const logfire: EmitterTable = {
  id: 'logfire',
  version: '1',
  title: 'Logfire',
  golden: 'recorded',
  recognise: { scopes: ['logfire.mcp'] },
  keeps: 'all',
  vantage: { '': 'client', internal: 'client', server: 'server', client: 'client', producer: 'client', consumer: 'server' },
  vantageWhere: [{ when: { nameStartsWith: 'MCP server handle request' }, vantage: 'server' }],
  fields: {
    ...CONVENTIONS,
    method: [{ key: 'rpc.method', reading: 'mcp-method' }, { key: 'request', member: 'method', reading: 'mcp-method' }],
    object: [{ key: 'request', member: ['params', 'name'] }, { key: 'request', member: ['params', 'uri'] }],
    jsonrpc_request_id: [{ key: 'request', member: 'id' }],
    arguments: [{ key: 'request', member: ['params', 'arguments'], reading: 'json' }],
    result: [{ key: 'response', reading: 'json' }],
    success: [{ key: 'response', member: 'isError', reading: 'negated' }],
    rpc_status: [{ key: 'response', member: 'code' }],
  },
  names: ['MCP request: {method} {target}', 'MCP server handle request: {method}', 'MCP client handle request: {method}'],
  notes: [
    'Spans end without error when the tool failed: `isError` in the body decides.',
    'Only the server\'s body has the JSON-RPC id. Arguments and results are always in it; Logfire\'s own scrubbing may have cut values out.',
  ],
}
