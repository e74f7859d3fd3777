import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../../../schemas/audit-event.ts'
import { eventOf, goldenEvents, normaliseLogs, type Values } from '../sample-telemetry.ts'

const EVENTS = goldenEvents('gemini-cli', 'session')
const LOGS = EVENTS.filter(({ signal }) => signal === 'log')
const calls = LOGS.filter(({ name }) => name === 'gemini_cli.tool_call')
const AROUND = { scope: 'gemini-cli', resource: { 'service.name': 'gemini-cli' } }
const one = (attributes: Values): AuditEventFields =>
  normaliseLogs([{ attributes: { 'event.name': 'gemini_cli.tool_call', ...attributes } }], AROUND).events[0] as AuditEventFields

describe('Gemini CLI logs', () => {
  it('are all kept, named by their attribute alone', () => {
    expect(LOGS.map(({ name }) => name)).toEqual([
      'gemini_cli.config', 'gemini_cli.user_prompt', ...Array<string>(4).fill('gemini_cli.tool_call'), 'gemini_cli.conseca.verdict',
    ])
    for (const event of LOGS) {
      expect(event).toMatchObject({
        emitter: 'gemini-cli', vantage: 'log', conversation: '5b0c6f0e-6a0e-4a53-9c1e-2f3d8f5c7a10', agent: 'gemini-cli', agent_trust: 'self_declared',
        principal: 'kim@corp.example', principal_source: 'user.email', principal_trust: 'client_reported', actor_kind: 'principal',
        service_version: '', token_fingerprint: '', client: '',
      })
    }
    expect(LOGS[0]?.attributes.get('log.body')?.text).toBe('CLI configuration loaded.')
    expect(LOGS[0]?.resource_attributes.get('service.version')?.text).toBe('v22.12.0')
  })

  it('read a call of an MCP server, whose name is taken off the tool', () => {
    expect(calls[0]).toMatchObject({
      method: 'tools/call', tool: 'create_issue', server: 'github', tool_call_id: '', outcome: 'ok', decision: 'auto_accept', decision_by: '',
      arguments: '{\n  "repository": "acme/shop",\n  "title": "Login button is dead"\n}', result: '', result_bytes: 880n,
      duration_ns: 130_000_000n, ended_at: 1_795_225_006_000_000_000n, started_at: 1_795_225_005_870_000_000n,
    })
    expect(calls[0]?.attributes.get('installation.id')?.text).toBe('0f4c2a8e-77aa-4b0e-8d5a-1b2c3d4e5f60')
    expect(calls[0]?.attributes.get('prompt_id')?.text).toMatch(/########1$/)
  })

  it('tell a failed call from a refused one', () => {
    expect(calls[1]).toMatchObject({ tool: 'send', server: 'mail', outcome: 'tool_error', error_type: 'mcp_tool_error', decision: 'modify' })
    expect(calls[2]).toMatchObject({ tool: 'delete_repository', server: 'github', outcome: 'denied', decision: 'reject' })
  })

  it('tell a built-in tool from one of MCP', () => {
    expect(calls[3]).toMatchObject({ method: '', tool: 'run_shell_command', server: '', outcome: 'ok' })
  })

  it('take a built-in tool that failed for a failed tool', () => {
    expect(one({ tool_type: 'native', function_name: 'read_file', success: false })).toMatchObject({ method: '', outcome: 'tool_error' })
  })

  it('read every kind of value', () => {
    expect(one({ tool_type: 'mcp', function_name: 'x', success: 'false', duration_ms: '12', content_length: '7', function_args: new Map([['a', 1]]) }))
      .toMatchObject({ outcome: 'tool_error', duration_ns: 12_000_000n, result_bytes: 7n, arguments: '{"a":1}' })
    expect(one({ tool_type: 'mcp', function_name: 'x' }).outcome).toBe('unknown')
  })

  it.each([
    ['mcp_github_create_issue', 'github', 'create_issue'], ['mcp_my_git_hub_create', 'my_git', 'hub_create'], ['github__x', 'github', 'x'],
    ['mcp_other_x', 'github', 'mcp_other_x'], ['mcp_github_', 'github', 'mcp_github_'], ['x', '$&', 'x'], ['mcp_x', '', 'mcp_x'],
  ])('know %s of server %s as %s', (function_name, mcp_server_name, tool) => {
    expect(one({ tool_type: 'mcp', function_name, mcp_server_name }).tool).toBe(tool)
  })

  it('name nobody where there is no account, and else the one who started it, as far as he says so', () => {
    expect(one({ 'installation.id': 'i-1' })).toMatchObject({ principal: '', actor: 'gemini-cli', actor_kind: 'agent' })
    const resource = { ...AROUND.resource, 'user.name': 'kim', 'host.name': 'kims-mac' }
    const named = (attributes: Values) => normaliseLogs([{ attributes }], { ...AROUND, resource }).events[0]
    expect(named({})).toMatchObject({ principal: 'kim', principal_source: 'user.name', principal_trust: 'self_declared', host: 'kims-mac' })
    expect(named({ 'user.email': 'kim@corp.example' })).toMatchObject({ principal: 'kim@corp.example', principal_trust: 'client_reported' })
  })
})

describe('Gemini CLI spans', () => {
  const spans = EVENTS.filter(({ signal }) => signal === 'span')

  it("are the agent's word, with the id of the call, and no second call beside the log", () => {
    expect(spans[0]).toMatchObject({
      vantage: 'agent', method: '', tool: '', server: '', tool_call_id: 'create_issue-1795225014-ab12', outcome: 'ok',
      conversation: '5b0c6f0e-6a0e-4a53-9c1e-2f3d8f5c7a10', agent: 'gemini-cli', arguments: '{"repository":"acme/shop","title":"Login button is dead"}',
    })
    expect(spans[1]).toMatchObject({ method: '', tool: '', outcome: 'protocol_error', error_type: 'Error', status_message: 'File not found' })
  })

  it('are not misled by cut JSON', () => {
    const span = { name: 'tool_call', attributes: { 'gen_ai.tool.name': 'x', 'gen_ai.input.messages': '{"args":{"a":' } }
    expect(eventOf(span, AROUND).arguments).toBe('')
  })
})
