import { CONVENTIONS, GATEWAY } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Docker's MCP gateway: one span a call, CLIENT for calls and SERVER for lists. */
export const dockerMcpGateway: EmitterTable = {
  id: 'docker-mcp-gateway',
  version: '1',
  title: 'Docker MCP gateway',
  golden: 'built',
  recognise: { scopes: ['github.com/docker/mcp-gateway'], services: ['docker-mcp-gateway'], marks: [{ keys: ['mcp.server.type', 'mcp.tool.name'] }] },
  keeps: 'recognised',
  passes: ['mcp.command.', 'mcp.interceptor.'],
  vantage: GATEWAY,
  fields: {
    ...CONVENTIONS,
    resource: [...CONVENTIONS.resource, { key: 'mcp.resource_template.uri' }],
    server: [{ key: 'mcp.server.name' }, { key: 'mcp.server.origin' }],
    target: [{ key: 'mcp.server.endpoint' }, { key: 'mcp.server.remote_url' }, ...CONVENTIONS.target],
  },
  implied: [
    { when: { name: ['mcp.tool.call'] }, method: 'tools/call' },
    { when: { name: ['mcp.prompt.get'] }, method: 'prompts/get' },
    { when: { name: ['mcp.resource.read', 'mcp.resource_template.read'] }, method: 'resources/read' },
    { when: { name: ['mcp.list.tools'] }, method: 'tools/list' },
    { when: { name: ['mcp.list.prompts'] }, method: 'prompts/list' },
    { when: { name: ['mcp.list.resources'] }, method: 'resources/list' },
    { when: { name: ['mcp.list.resourceTemplates'] }, method: 'resources/templates/list' },
    { when: { name: ['mcp.initialize'] }, method: 'initialize' },
  ],
  resultUnseenBy: ['gateway'],
  notes: [
    'A call that its policy denies has no span, and its audit of policies goes elsewhere: no `denied` comes from here.',
    'Spans of its own commands and interceptors are passed over. The client\'s name is in metrics only.',
  ],
}
