import { CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** pydantic-ai: agent runs, model calls and tool runs. Messages stay attributes: lineage reads them there. */
export const pydanticAi: EmitterTable = {
  id: 'pydantic-ai',
  version: '1',
  title: 'pydantic-ai',
  golden: 'recorded',
  recognise: { scopes: ['pydantic-ai'], marks: [{ prefix: 'pydantic_ai.' }] },
  keeps: 'all',
  vantage: { '': 'agent', internal: 'agent', server: 'agent', client: 'agent', producer: 'agent', consumer: 'agent' },
  fields: {
    ...CONVENTIONS,
    agent: [...CONVENTIONS.agent, { key: 'agent_name', trust: 'self_declared' }],
    arguments: [...CONVENTIONS.arguments, { key: 'tool_arguments', reading: 'json' }],
    result: [...CONVENTIONS.result, { key: 'tool_response', reading: 'json' }],
  },
  names: ['execute_tool {tool}'],
  implied: [
    { when: { key: 'gen_ai.operation.name', is: ['execute_tool'] }, method: 'tools/call' },
    { when: { name: ['running tool'] }, method: 'tools/call' },
  ],
  notes: ['`gen_ai.input.messages`, `gen_ai.output.messages`, `pydantic_ai.all_messages` and `gen_ai.tool.definitions` stay attributes.'],
}
