import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../../../schemas/audit-event.ts'
import { goldenEvents, normaliseLogs, normaliseSpans } from '../sample-telemetry.ts'

const EVENTS = goldenEvents('codex-cli', 'session')
const LOGS = EVENTS.filter(({ signal }) => signal === 'log')
const SPANS = EVENTS.filter(({ signal }) => signal === 'span')
const CONVERSATION = '019b3f0a-6e2b-7c11-9a44-0d7f5b1e2c3d'
const log = (call: string, name: string): AuditEventFields | undefined => LOGS.find((event) => event.tool_call_id === call && event.name === `codex.${name}`)

describe('Codex CLI logs', () => {
  it('are named by their attribute: the event name is a place in the source', () => {
    expect(LOGS.map(({ name }) => name)).toEqual([
      'codex.conversation_starts', 'codex.user_prompt', 'codex.tool_decision', 'codex.tool_result', 'codex.tool_decision', 'codex.tool_decision',
      'codex.tool_decision', 'codex.tool_result', 'codex.tool_result', 'codex.sandbox_outcome',
    ])
    for (const event of LOGS) {
      expect(event).toMatchObject({
        emitter: 'codex-cli', vantage: 'log', conversation: CONVERSATION, principal: 'kim@corp.example', principal_source: 'user.email',
        principal_trust: 'client_reported', agent: 'codex_cli_rs', host: 'kims-mac',
      })
      expect(event.attributes.get('user.account_id')?.text).toBe('acct-71')
    }
  })

  it('read a finished MCP call with content', () => {
    expect(log('call_Bq81fYkT', 'tool_result')).toMatchObject({
      method: 'tools/call', tool: 'send', server: 'mail', target: 'https://mail.mcp.example', outcome: 'ok', duration_ns: 87_000_000n,
      arguments: '{"to":"ann@corp.example","file":"/srv/q3.pdf"}', result: '{"content":[{"type":"text","text":"sent"}]}', decision: '',
    })
    expect(log('call_Fl33mNoP', 'tool_result')).toMatchObject({ tool: 'read', server: 'files', target: '', outcome: 'tool_error' })
  })

  it('read decisions and who took them', () => {
    expect(log('call_Bq81fYkT', 'tool_decision')).toMatchObject({
      method: 'tools/call', tool: 'send', server: 'mail', outcome: 'unknown', decision: 'approved_for_session', decision_by: 'User',
    })
    expect(log('call_Zk29sWpQ', 'tool_decision')).toMatchObject({ tool: 'delete', server: 'files', outcome: 'denied', decision: 'denied' })
    expect(log('call_Lm30aBcD', 'tool_decision')).toMatchObject({ method: '', tool: 'shell', outcome: 'denied', decision_by: 'AutomatedReviewer' })
    expect(log('call_To31eFgH', 'tool_decision')).toMatchObject({ outcome: 'unknown', decision: 'timed_out' })
  })

  it('tell a built-in tool, whose server is empty text', () => {
    expect(log('call_Sh32iJkL', 'tool_result')).toMatchObject({ method: '', tool: 'shell', server: '', target: '', outcome: 'ok' })
    expect(log('call_Sh32iJkL', 'sandbox_outcome')).toMatchObject({ method: '', outcome: 'unknown' })
  })

  it('of versions that send lengths and categories leave empty what is not said', () => {
    const [prompt, decision, mcp, shell] = goldenEvents('codex-cli', 'newest')
    expect(prompt).toMatchObject({ name: 'codex.user_prompt', principal: '', actor: 'codex_cli_rs', actor_kind: 'agent' })
    expect(decision).toMatchObject({ method: '', tool: '', outcome: 'denied', decision_by: 'Config', tool_call_id: '' })
    expect(mcp).toMatchObject({
      method: 'tools/call', tool: '', server: '', tool_call_id: '', arguments: '', arguments_bytes: 45n, result: '', result_bytes: 40n, outcome: 'ok',
    })
    expect(mcp?.attributes.get('tool_name')?.text).toBe('mcp')
    expect(shell).toMatchObject({ method: '', tool: 'shell' })
  })

  it('do not take what was withheld for a prompt', () => {
    const attributes = { 'event.name': 'codex.user_prompt', 'conversation.id': 'c', 'terminal.type': 't', prompt: '[REDACTED]', 'user.account_id': 'acct-1' }
    const [event] = normaliseLogs([{ attributes }], { resource: { 'service.name': 'my-wrapper' }, scope: 'codex_otel' }).events
    expect(event).toMatchObject({ emitter: 'codex-cli', principal: 'acct-1', principal_source: 'user.account_id' })
  })
})

describe('Codex CLI spans', () => {
  it("give the MCP client's view, and nothing else is kept", () => {
    expect(SPANS).toHaveLength(2)
    expect(SPANS[0]).toMatchObject({
      vantage: 'client', method: 'tools/call', tool: 'send', server: 'mail', target: 'https://mail.mcp.example', tool_call_id: 'call_Bq81fYkT',
      conversation: CONVERSATION, outcome: 'unknown', agent: 'codex-cli', principal: '',
    })
    expect(SPANS[1]).toMatchObject({ tool: 'read', server: 'files', target: '', outcome: 'protocol_error', error_code: '-32602', error_type: 'mcp_error' })
  })

  it('are known by their attributes under any service name', () => {
    const attributes = { 'rpc.method': 'tools/call', 'mcp.server.name': 'mail', 'mcp.server.origin': 'stdio', 'tool.name': 'send', 'tool.call_id': 'c' }
    const [event] = normaliseSpans([{ name: 'mcp.tools.call', kind: 3, attributes }]).events
    expect(event).toMatchObject({ emitter: 'codex-cli', tool: 'send', server: 'mail' })
  })
})
