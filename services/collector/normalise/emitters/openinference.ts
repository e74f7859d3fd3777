import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

const TOOL = { key: 'openinference.span.kind', is: 'TOOL' } as const

/** OpenInference's instrumentations of agents: OpenAI Agents, smolagents, LangChain and others. Its packages for MCP send no spans. */
export const openinference: EmitterTable = {
  id: 'openinference',
  version: '1',
  title: 'OpenInference',
  golden: 'recorded',
  recognise: { marks: [{ keys: ['openinference.span.kind'] }] },
  keeps: 'recognised',
  vantage: { '': 'agent', internal: 'agent', server: 'agent', client: 'agent', producer: 'agent', consumer: 'agent' },
  fields: {
    ...CONVENTIONS,
    principal: [...CONVENTIONS.principal, { key: 'user.id' }],
    agent: [{ key: 'agent.name', trust: 'self_declared' }, ...CONVENTIONS.agent],
    tool: [{ key: 'tool.name' }, ...CONVENTIONS.tool],
    tool_call_id: [{ key: 'tool.id' }, { key: 'tool_call.id' }, ...CONVENTIONS.tool_call_id],
    arguments: [{ key: 'input.value', reading: 'json', where: TOOL }],
    result: [{ key: 'output.value', reading: 'json', where: TOOL }],
  },
  implied: [{ when: { key: 'openinference.span.kind', is: ['TOOL'] }, method: 'tools/call' }],
  resultUnseenBy: ['agent'],
  notes: [
    'Spans of kind TOOL are calls, of the agent\'s own functions too. They end well when the tool answered with an error: one that failed got no answer.',
    '`user.id` is whom the application says it works for. `tool.parameters` is the schema of the tool, no arguments.',
  ],
}
