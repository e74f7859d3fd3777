import { ALL_AGENT, WATCHKEEPER } from './conventions.ts'
import type { EmitterTable } from './table.ts'

/** Tools that are its own, not of an MCP server: it names both kinds alike. */
const BUILT_IN = [
  'bash', 'read', 'edit', 'multiedit', 'write', 'patch', 'apply_patch', 'list', 'ls', 'glob', 'grep', 'webfetch', 'websearch', 'codesearch', 'todowrite',
  'todoread', 'task', 'batch', 'skill', 'question', 'lsp', 'lsp_hover', 'lsp_diagnostics', 'plan_enter', 'plan_exit', 'invalid',
] as const

/** opencode: the Vercel AI SDK's spans, with the session in the telemetry metadata. */
export const opencode: EmitterTable = {
  id: 'opencode',
  version: '1',
  title: 'opencode',
  golden: 'built',
  recognise: { services: ['opencode'], names: ['ai.toolCall', 'ai.streamText', 'ai.streamText.doStream'] },
  keeps: 'recognised',
  vantage: ALL_AGENT,
  fields: {
    ...WATCHKEEPER,
    principal: [...WATCHKEEPER.principal, { key: 'ai.telemetry.metadata.userId', except: ['unknown'], trust: 'self_declared' }],
    tool: [{ key: 'ai.toolCall.name' }],
    tool_call_id: [{ key: 'ai.toolCall.id' }],
    conversation: [{ key: 'ai.telemetry.metadata.sessionId' }],
    arguments: [{ key: 'ai.toolCall.args', reading: 'json' }, { key: 'ai.toolCall.input', reading: 'json' }],
    result: [{ key: 'ai.toolCall.result', reading: 'json' }, { key: 'ai.toolCall.output', reading: 'json' }],
    error_type: [{ key: 'error.type' }],
  },
  implied: [
    { when: { key: 'ai.toolCall.name', is: BUILT_IN }, method: '' },
    { when: { name: ['ai.toolCall'] }, method: 'tools/call' },
  ],
  agentFromService: true,
  successIsUnknown: true,
  resourcePrincipal: ['user.email', 'user.name'],
  notes: [
    'A tool of an MCP server is named `<server>_<tool>`; either may hold underscores, so it is not taken apart and `server` stays empty.',
    'Person and session stand on the spans of the model\'s run, not on those of calls. `userId` is the account on ' +
      'the machine or what the configuration says; `unknown` is nobody.',
    'A result that says `isError` does not fail the span: without a failure the outcome is `unknown`.',
  ],
}
