import { ALL_AGENT, CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** goose: an agent whose every tool is one of an extension, that is of an MCP server. Older versions send `input` and `output` alone. */
export const goose: EmitterTable = {
  id: 'goose',
  version: '1',
  title: 'goose',
  golden: 'built',
  recognise: { scopes: ['goose'], services: ['goose'], names: ['dispatch_tool_call', 'reply'] },
  keeps: 'recognised',
  vantage: ALL_AGENT,
  fields: {
    ...CONVENTIONS,
    tool: [...CONVENTIONS.tool, { key: 'input', member: 'tool' }, { key: 'input', member: 'name' }],
    arguments: [...CONVENTIONS.arguments, { key: 'input', member: 'arguments', reading: 'json' }],
    result: [...CONVENTIONS.result, { key: 'output', reading: 'json' }],
  },
  implied: [{ when: { name: ['dispatch_tool_call'] }, method: 'tools/call' }],
  splitTool: { prefix: '', separator: '__' },
  agentFromService: true,
  successIsUnknown: true,
  resourcePrincipal: ['user.email', 'user.name'],
  notes: [
    'Its span of a call ends when the call was sent on: without a failure nothing is known of how it ended.',
    '`user.name` of the resource is the name of the account on the machine. `reply` holds what was typed (`user_message`); a sub-agent\'s holds its task.',
  ],
}
