import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Sentry's SDKs around an MCP server: spans of kind INTERNAL, also for what the server sends. */
export const sentry: EmitterTable = {
  id: 'sentry',
  version: '2',
  title: 'Sentry SDK',
  golden: 'recorded',
  recognise: { scopes: ['@sentry/node'], marks: [{ keys: ['sentry.op', 'mcp.method.name'] }] },
  keeps: 'recognised',
  agentOperations: true,
  vantage: { '': 'server', internal: 'server', server: 'server', client: 'client', producer: 'client', consumer: 'server' },
  fields: {
    ...CONVENTIONS,
    tool: [{ key: 'mcp.tool.name' }, { key: 'gen_ai.tool.name' }],
    arguments: [{ key: 'mcp.request.argument.', prefix: true, reading: 'json' }, ...CONVENTIONS.arguments, { key: 'gen_ai.tool.input', reading: 'json' }],
    result: [{ key: 'mcp.tool.result.content', reading: 'json' }, ...CONVENTIONS.result, { key: 'gen_ai.tool.output', reading: 'json' }],
    success: [{ key: 'mcp.tool.result.is_error', reading: 'negated' }],
  },
  names: ['{method} {target}'],
  implied: [{ when: { key: 'gen_ai.operation.name', is: ['execute_tool'] }, method: 'tools/call' }],
  versionOfRuntime: true,
  notes: [
    'Arguments come one attribute each, as JSON text; the SDK for Node writes their names in lower case.',
    'A span ends without error where the tool was unknown: `mcp.tool.result.is_error` decides.',
    'A result of several parts stays in attributes (`mcp.tool.result.<n>.content`); `mcp.client.name` is what the client says of itself, no OAuth client.',
    'By OTLP they come from the SDK for Node up to version 10, with an exporter as one of `openTelemetrySpanProcessors`. Version 11, and the SDK for Python with its ' +
      'OTLP integration too, send spans of MCP to Sentry alone.',
  ],
}
