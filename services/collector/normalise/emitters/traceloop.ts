import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

const TOOL = { key: 'traceloop.span.kind', is: 'tool' } as const

/** OpenLLMetry (traceloop): MCP client sessions and FastMCP servers, spans of kind INTERNAL without any MCP attribute. */
export const traceloop: EmitterTable = {
  id: 'traceloop',
  version: '1',
  title: 'OpenLLMetry (traceloop) MCP instrumentation',
  golden: 'recorded',
  recognise: { scopes: ['opentelemetry.instrumentation.mcp.instrumentation', 'opentelemetry.instrumentation.mcp'] },
  keeps: 'all',
  vantage: { '': 'client', internal: 'client', server: 'server', client: 'client', producer: 'client', consumer: 'server' },
  vantageWhere: [
    { when: { key: 'traceloop.workflow.name', endsWith: '.mcp' }, vantage: 'server' },
    { when: { name: ['mcp.server'] }, vantage: 'server' },
  ],
  fields: {
    ...CONVENTIONS,
    tool: [{ key: 'traceloop.entity.name', where: TOOL }],
    server: [{ key: 'traceloop.workflow.name', from: ['server'] }],
    object: [{ key: 'traceloop.entity.input', member: ['params', 'name'] }, { key: 'traceloop.entity.input', member: ['params', 'uri'] }],
    arguments: [
      { key: 'traceloop.entity.input', member: 'arguments', reading: 'json' },
      { key: 'traceloop.entity.input', member: ['params', 'arguments'], reading: 'json' },
    ],
    result: [{ key: 'traceloop.entity.output', member: 'result', reading: 'json' }, { key: 'traceloop.entity.output', reading: 'json' }],
  },
  names: ['{tool}.tool', '{method}.mcp'],
  implied: [
    { when: { key: 'traceloop.span.kind', is: ['tool'] }, method: 'tools/call' },
    { when: { name: ['mcp.server'] }, method: 'tools/call' },
  ],
  outcomes: [{ name: 'ResponseStreamWriter', outcome: 'unknown' }],
  internal: [{ kind: 'internal', method: '', parentless: true }],
  notes: [
    'A span is the server\'s where its workflow is named after a FastMCP server (`files.mcp`): that name is `server`.',
    'An unknown tool leaves no span of its call in the server.',
    '`ResponseStreamWriter` spans are single messages of the transport: kept, because they link client and server, and no call of their own.',
  ],
}
