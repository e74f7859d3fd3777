import { BY_KIND, CONVENTIONS, MCP_HEADERS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Whoever follows the OTel MCP and GenAI conventions: Envoy's `gen_ai` mode, Copilot Chat, goose, and others. */
export const semconv: EmitterTable = {
  id: 'semconv',
  version: '2',
  title: 'OTel MCP and GenAI conventions',
  golden: 'built',
  recognise: { marks: [{ keys: ['mcp.method.name'] }, { prefix: 'mcp.' }] },
  keeps: 'recognised',
  vantage: BY_KIND,
  agentOperations: true,
  fields: {
    ...CONVENTIONS,
    method: [...CONVENTIONS.method, ...MCP_HEADERS.method],
    object: MCP_HEADERS.object,
    principal: [...CONVENTIONS.principal, { key: 'enduser.id' }, { key: 'user.email' }, { key: 'user.id' }],
    scopes: [...CONVENTIONS.scopes, { key: 'enduser.scope', reading: 'words' }],
    arguments: [...CONVENTIONS.arguments, { key: 'mcp.request.argument.', prefix: true }],
    success: [{ key: 'success', reading: 'flag' }],
    duration_ms: [{ key: 'duration.ms' }, { key: 'duration_ms' }],
  },
  names: ['MCP send {method} {target}', 'MCP request: {method} {target}', '{method} {target}', 'execute_tool {tool}', '{tool}.tool', '{method}.mcp'],
  implied: [
    { when: { key: 'gen_ai.operation.name', is: ['execute_tool'] }, method: 'tools/call' },
    { when: { name: ['CallTool', 'mcp.tool.call', 'tool.invoke', 'mcp.client.call', 'mcp.tools.call'] }, method: 'tools/call' },
    { when: { name: ['ListTools', 'mcp.list.tools'] }, method: 'tools/list' },
    { when: { name: ['ReadResource', 'mcp.resource.read', 'resource.read'] }, method: 'resources/read' },
    { when: { name: ['GetPrompt', 'mcp.prompt.get', 'prompt.render'] }, method: 'prompts/get' },
    { when: { name: ['mcp.initialize', 'mcp.client.initialize'] }, method: 'initialize' },
  ],
  notes: [
    'Also the reader of emitters that are not known: by these attributes, else by span name.',
    '`client.address` counts only where a server or gateway says it.',
    'INTERNAL spans without a GenAI operation are taken for the client\'s word, the less trusted of the two.',
  ],
}
