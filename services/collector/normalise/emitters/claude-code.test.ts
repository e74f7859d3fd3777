import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../../../schemas/audit-event.ts'
import { goldenEvents, type LogLike, normaliseLogs, normaliseSpans, type Values } from '../sample-telemetry.ts'

const AROUND = { scope: 'com.anthropic.claude_code.events', resource: { 'service.name': 'claude-code', 'service.version': '2.1.200' } }
const events = (...logs: LogLike[]): readonly AuditEventFields[] => normaliseLogs(logs, AROUND).events
const one = (attributes: Values, rest: LogLike = {}): AuditEventFields => events({ ...rest, attributes })[0] as AuditEventFields

const RESULT: Values = {
  'event.name': 'tool_result',
  'event.sequence': 14,
  'session.id': 'sess-1',
  'prompt.id': 'p-1',
  'user.email': 'kim@corp.example',
  'user.id': 'install-99',
  tool_name: 'mcp_tool',
  tool_use_id: 'toolu_01',
  success: 'true',
  duration_ms: 341,
  decision_type: 'accept',
  decision_source: 'config',
  tool_input_size_bytes: '13',
  tool_result_size_bytes: '880',
  tool_parameters: '{"mcp_server_name":"github","mcp_tool_name":"create_issue"}',
  tool_input: '{"title":"x"}',
}

describe('Claude Code logs', () => {
  it('read a finished MCP call, numbers and booleans as text included', () => {
    expect(one(RESULT, { body: 'claude_code.tool_result', eventName: 'tool_result' })).toMatchObject({
      signal: 'log',
      vantage: 'log',
      emitter: 'claude-code',
      name: 'claude_code.tool_result',
      method: 'tools/call',
      tool: 'create_issue',
      server: 'github',
      tool_call_id: 'toolu_01',
      conversation: 'sess-1',
      sequence: 14n,
      arguments: '{"title":"x"}',
      arguments_bytes: 13n,
      result: '',
      result_bytes: 880n,
      outcome: 'ok',
      decision: 'accept',
      decision_by: 'config',
      duration_ns: 341_000_000n,
      ended_at: 5_000_000_000n,
      started_at: 4_659_000_000n,
    })
  })

  it('believe the account as far as the client says it, and the installation id not at all', () => {
    const event = one(RESULT)
    expect(event).toMatchObject({
      principal: 'kim@corp.example',
      principal_source: 'user.email',
      principal_trust: 'client_reported',
      actor_kind: 'principal',
    })
    expect(event.attributes.get('user.id')?.text).toBe('install-99')
    expect(one({ 'event.name': 'user_prompt', 'user.id': 'install-99' })).toMatchObject({
      principal: '',
      actor: 'claude-code',
      actor_kind: 'agent',
      agent_trust: 'self_declared',
    })
  })

  it.each([[341], ['341'], [341n]])('read a duration of %o', (duration_ms) => {
    expect(one({ ...RESULT, duration_ms }).duration_ns).toBe(341_000_000n)
  })

  it('take a failed call for a tool error', () => {
    expect(one({ ...RESULT, success: 'false', error_type: 'Error' })).toMatchObject({ outcome: 'tool_error', error_type: 'Error' })
    expect(one({ ...RESULT, success: false })).toMatchObject({ outcome: 'tool_error' })
  })

  it.each(['event.name', 'eventName', 'body'] as const)('know a rejected call by its %s, with and without prefix', (place) => {
    const decision = { decision: 'reject', source: 'user_reject', tool_name: 'mcp_tool', tool_source: 'mcp' }
    for (const name of place === 'body' ? ['claude_code.tool_decision'] : ['tool_decision', 'claude_code.tool_decision']) {
      const log = place === 'event.name' ? { attributes: { ...decision, 'event.name': name } } : { attributes: decision, [place]: name }
      expect(events(log)[0]).toMatchObject({
        name: 'claude_code.tool_decision',
        method: 'tools/call',
        outcome: 'denied',
        decision: 'reject',
        decision_by: 'user_reject',
      })
    }
  })

  it('say nothing of the outcome where nothing is said', () => {
    expect(one({ 'event.name': 'tool_decision', decision: 'accept', source: 'config', tool_name: 'mcp_tool' }).outcome).toBe('unknown')
    expect(one({ 'event.name': 'mcp_server_connection', status: 'failed', error_code: 'ECONNREFUSED', server_name: 'github' })).toMatchObject({
      outcome: 'protocol_error',
      error_code: 'ECONNREFUSED',
      server: 'github',
    })
  })

  it('keep the prompt where lineage looks for it', () => {
    const event = one({ 'event.name': 'user_prompt', prompt: 'fix the build', 'session.id': 's' })
    expect(event).toMatchObject({ name: 'claude_code.user_prompt', method: '', conversation: 's' })
    expect(event.attributes.get('prompt')).toEqual({ type: 'string', text: 'fix the build' })
  })

  it('tell a built-in tool from one of MCP', () => {
    expect(one({ 'event.name': 'tool_result', tool_name: 'Bash', success: 'true' })).toMatchObject({ method: '', tool: 'Bash', server: '' })
    expect(one({ 'event.name': 'tool_result', tool_name: 'mcp__git__hub__x', success: 'true' })).toMatchObject({
      method: 'tools/call',
      server: 'git',
      tool: 'hub__x',
    })
    expect(one({ 'event.name': 'tool_result', tool_name: 'mcp_tool', success: 'true' })).toMatchObject({ method: 'tools/call', tool: '' })
  })

  it.each([['{"mcp_tool_name":'], ['[1]'], ['{"mcp_tool_name":{"a":1}}'], ['{"__proto__":{"mcp_tool_name":"evil"}}'], ['null']])(
    'are not misled by tool_parameters %s',
    (tool_parameters) => {
      const event = one({ 'event.name': 'tool_result', tool_name: 'mcp_tool', tool_parameters })
      expect(event.tool).toBe('')
      expect(event.attributes.get('tool_parameters')?.text).toBe(tool_parameters)
    },
  )

  it('are told apart when two of one request are the same, and stay the same when sent again', () => {
    const ids = events({ attributes: RESULT }, { attributes: RESULT }, { attributes: { ...RESULT, 'event.sequence': 15 } }).map(
      (event) => event.event_id,
    )
    expect(new Set(ids).size).toBe(3)
    expect(events({ attributes: RESULT }, { attributes: RESULT }).map((event) => event.event_id)).toEqual(ids.slice(0, 2))
  })

  it("differ in identity by type, resource and tenant's request alike", () => {
    const [text, number] = [one({ ...RESULT, duration_ms: '341' }), one(RESULT)]
    expect(text.event_id).not.toBe(number.event_id)
    const elsewhere = normaliseLogs([{ attributes: RESULT }], { ...AROUND, resource: { ...AROUND.resource, 'host.name': 'h' } }).events[0]
    expect(elsewhere?.event_id).not.toBe(number.event_id)
  })
})

describe('Claude Code spans', () => {
  it("are the agent's word", () => {
    const { events: spans } = normaliseSpans(
      [{ name: 'claude_code.tool', kind: 1, attributes: { tool_name: 'mcp__git__push', 'gen_ai.tool.call.id': 't1', duration_ms: '12' } }],
      {
        resource: { 'service.name': 'claude-code' },
        scope: 'com.anthropic.claude_code.tracing',
      },
    )
    expect(spans[0]).toMatchObject({
      vantage: 'agent',
      method: 'tools/call',
      server: 'git',
      tool: 'push',
      tool_call_id: 't1',
      duration_ns: 12_000_000n,
    })
  })
})

describe('a session of Claude Code', () => {
  const all = goldenEvents('claude-code', 'session')
  const logs = all.filter(({ signal }) => signal === 'log')
  const spans = all.filter(({ signal }) => signal === 'span')

  it('loses no event, and no number of its sequence', () => {
    expect(logs.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 13 }, (_, index) => BigInt(index + 1)))
    expect(new Set(logs.map(({ name }) => name))).toEqual(new Set([
      'claude_code.mcp_server_connection', 'claude_code.permission_mode_changed', 'claude_code.plugin_loaded', 'claude_code.auth', 'claude_code.user_prompt',
      'claude_code.hook_execution_start', 'claude_code.tool_decision', 'claude_code.tool_result',
    ]))
    for (const event of all) {
      expect(event).toMatchObject({
        conversation: '2f1d7c9a-5b3e-4a60-8f0d-9b6a7c1d2e3f', principal: 'kim@corp.example', principal_trust: 'client_reported', host: '', agent: 'claude-code',
      })
      expect(event.attributes.get('user.id')?.text).toMatch(/^[0-9a-f]{64}$/)
    }
  })

  it('tells what became of connections', () => {
    expect(logs.filter(({ name }) => name === 'claude_code.mcp_server_connection').map(({ server, outcome, error_code, method }) => [server, outcome, error_code, method]))
      .toEqual([['github', 'ok', '', ''], ['plugin:graph:graph', 'protocol_error', 'ENOENT', ''], ['github', 'unknown', '', '']])
  })

  it('tells decisions and who took them', () => {
    expect(logs.filter(({ name }) => name === 'claude_code.tool_decision').map((event) => [event.server, event.tool, event.outcome, event.decision_by, event.method])).toEqual([
      ['github', 'create_issue', 'unknown', 'config', 'tools/call'], ['github', 'merge_pull_request', 'denied', 'user_reject', 'tools/call'],
      ['', '', 'denied', 'hook', 'tools/call'],
    ])
  })

  it('tells results', () => {
    expect(logs.filter(({ name }) => name === 'claude_code.tool_result')).toMatchObject([
      {
        method: 'tools/call', server: 'github', tool: 'create_issue', outcome: 'ok', duration_ns: 341_000_000n, arguments_bytes: 51n, result_bytes: 880n,
        arguments: '{"repository":"acme/shop","title":"Cart is empty"}', decision: 'accept', decision_by: 'config',
      },
      { method: '', server: '', tool: 'Bash', outcome: 'tool_error', error_type: 'ShellError', decision_by: 'user_temporary' },
    ])
  })

  it('says in spans how a tool ended only where success is said', () => {
    expect(spans.map(({ name, tool, outcome }) => [name, tool, outcome])).toEqual([
      ['claude_code.tool.blocked_on_user', '', 'unknown'], ['claude_code.tool.execution', '', 'ok'], ['claude_code.tool', 'create_issue', 'ok'],
      ['claude_code.tool', 'merge_pull_request', 'unknown'], ['claude_code.tool.execution', '', 'protocol_error'], ['claude_code.interaction', '', 'unknown'],
    ])
    expect(spans[0]).toMatchObject({ decision: 'accept', decision_by: 'config', duration_ns: 120_000_000n })
    expect(spans[1]).toMatchObject({ result: 'issue 8', result_bytes: 7n, method: '' })
    expect(spans[4]).toMatchObject({ error_type: 'Error_ENOENT', tool_call_id: 'toolu_04Bash', status_message: 'Error:ENOENT' })
  })
})

describe('the person in Claude Code', () => {
  const account = { 'event.name': 'auth', 'user.account_uuid': 'uuid-1', 'user.account_id': 'user_01', 'user.id': 'install-99' }

  it('is whom the gateway verified, and only where it says that it did', () => {
    const verified = one({ ...account, 'user.email': 'kim@corp.example', 'user.id': 'idp-subject-7', 'identity.source': 'gateway-oidc' })
    expect(verified).toMatchObject({ principal: 'idp-subject-7', principal_source: 'user.id', principal_trust: 'verified' })
    expect(verified.attributes.get('user.email')?.text).toBe('kim@corp.example')
    expect(one({ ...account, 'identity.source': 'local' })).toMatchObject({ principal: 'uuid-1', principal_source: 'user.account_uuid' })
  })

  it('is the account, else the one who started it', () => {
    expect(one(account)).toMatchObject({ principal: 'uuid-1', principal_trust: 'client_reported' })
    expect(one({ 'event.name': 'auth', 'user.account_id': 'user_01' })).toMatchObject({ principal: 'user_01', principal_source: 'user.account_id' })
    const resource = { ...AROUND.resource, 'user.name': 'kim' }
    expect(normaliseLogs([{ attributes: { 'event.name': 'auth' } }], { ...AROUND, resource }).events[0]).toMatchObject({ principal: 'kim', principal_trust: 'self_declared' })
  })
})
