import { ALL_AGENT, CONVENTIONS } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** GitHub Copilot Chat in VS Code: an agent's spans after the GenAI conventions with attributes of its own, and log events. */
export const copilotChat: EmitterTable = {
  id: 'copilot-chat',
  version: '2',
  title: 'GitHub Copilot Chat',
  golden: 'built',
  recognise: { scopes: ['copilot-chat'], services: ['copilot-chat', 'github-copilot'], marks: [{ prefix: 'github.copilot.' }, { prefix: 'copilot_chat.' }] },
  keeps: 'all',
  vantage: ALL_AGENT,
  fields: {
    ...CONVENTIONS,
    principal: [
      ...CONVENTIONS.principal, { key: 'user.email', trust: 'client_reported' }, { key: 'user.name', trust: 'self_declared' },
    ],
    tool: [
      { key: 'github.copilot.tool.parameters.mcp_tool_name', from: ['agent'] },
      { key: 'gen_ai.tool.name', from: ['agent'] },
    ],
    server: [{ key: 'github.copilot.tool.parameters.mcp_server_name' }, { key: 'github.copilot.mcp.server.name' }, { key: 'mcp.server.name' }],
    conversation: [
      { key: 'gen_ai.conversation.id' }, { key: 'copilot_chat.chat_session_id' }, { key: 'copilot_chat.session_id' }, { key: 'session.id' },
    ],
    success: [{ key: 'success', reading: 'flag' }],
    duration_ms: [{ key: 'duration_ms' }],
  },
  implied: [
    { when: { given: 'github.copilot.tool.parameters.mcp_tool_name' }, method: 'tools/call' },
    { when: { key: 'gen_ai.tool.type', is: ['extension'] }, method: 'tools/call' },
  ],
  outcomes: [{ name: 'copilot_chat.tool.call', field: 'success', is: 'false', outcome: 'tool_error' }],
  agentFromService: true,
  resourcePrincipal: ['user.email', 'user.name'],
  notes: [
    'Built-in tools (`gen_ai.tool.type` = `function`) have no `method`. `mcp_server_name_hash` is no name: it stays an attribute and `server` empty.',
    'The client takes `mcp_<server>_<tool>` apart at the first underscore: of a server with an underscore it gives the wrong names.',
    'The log `copilot_chat.tool.call` has no id by which it could be joined with the span of the call: it is kept, and is no second call.',
  ],
}
