import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../../../schemas/audit-event.ts'
import { eventOf, goldenEvents } from '../sample-telemetry.ts'

const EVENTS = goldenEvents('copilot-chat', 'session')
const call = (id: string): AuditEventFields | undefined => EVENTS.find((event) => event.tool_call_id === id)
const CONVERSATION = 'c7e2b1d0-1f7a-4f7b-9f5a-7a6b5c4d3e2f'

describe('Copilot Chat spans', () => {
  it('read a call of an MCP server with content', () => {
    expect(call('call_MQ7rT2xZ')).toMatchObject({
      emitter: 'copilot-chat', vantage: 'agent', method: 'tools/call', tool: 'search', server: 'github', conversation: CONVERSATION, outcome: 'ok',
      arguments: '{"query":"login","repository":"acme/shop"}', result: '[{"number":7,"title":"Login is slow"}]', duration_ns: 400_000_000n,
      agent: 'copilot-chat', host: 'kims-mac', principal: 'kim', principal_source: 'user.name', principal_trust: 'self_declared',
    })
    expect(call('call_MQ7rT2xZ')?.attributes.get('gen_ai.tool.name')?.text).toBe('mcp_github_search')
  })

  it("do not take a server's hash for its name", () => {
    expect(call('call_FK0uW5aC')).toMatchObject({ method: 'tools/call', tool: 'fork', server: '', outcome: 'tool_error', error_type: 'Error' })
    expect(call('call_FK0uW5aC')?.attributes.get('github.copilot.tool.parameters.mcp_server_name_hash')?.text).toMatch(/^[0-9a-f]{64}$/)
  })

  it('tell built-in tools, and calls that the user cancelled', () => {
    expect(call('call_RF8sU3yA')).toMatchObject({ method: '', tool: 'read_file', server: '', outcome: 'ok' })
    expect(call('call_DL9tV4zB')).toMatchObject({ tool: 'delete', outcome: 'cancelled' })
  })

  it('of an agent run and a model call are kept without being calls', () => {
    const runs = EVENTS.filter(({ signal, tool_call_id: id }) => signal === 'span' && id === '')
    expect(runs.map(({ name, method, tool, vantage }) => [name, method, tool, vantage])).toEqual([
      ['chat gpt-5.2', '', '', 'agent'], ['invoke_agent GitHub Copilot Chat', '', '', 'agent'],
    ])
    expect(runs[1]).toMatchObject({ agent: 'GitHub Copilot Chat', agent_trust: 'self_declared' })
  })

  it('are known by their attributes, and without content by the kind of tool', () => {
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.type': 'extension', 'gen_ai.tool.name': 'mcp_x_y', 'copilot_chat.chat_session_id': 's' }
    expect(eventOf({ name: 'execute_tool mcp_x_y', kind: 1, attributes })).toMatchObject({
      emitter: 'copilot-chat', method: 'tools/call', tool: 'mcp_x_y', server: '', conversation: 's', arguments: '',
    })
  })
})

describe('Copilot Chat logs', () => {
  it('say how a call ended and are no call of their own', () => {
    const logs = EVENTS.filter(({ signal }) => signal === 'log')
    expect(logs.map(({ name, tool, outcome, duration_ns: ns, conversation }) => [name, tool, outcome, ns, conversation])).toEqual([
      ['copilot_chat.session.start', '', 'unknown', 0n, CONVERSATION],
      ['copilot_chat.tool.call', '', 'ok', 400_000_000n, ''],
      ['copilot_chat.tool.call', '', 'tool_error', 200_000_000n, ''],
    ])
    expect(logs[1]?.attributes.get('gen_ai.tool.name')?.text).toBe('mcp_github_search')
  })
})
