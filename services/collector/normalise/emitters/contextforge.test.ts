import { describe, expect, it } from 'vitest'
import { built } from '../sample-telemetry.ts'

describe('IBM ContextForge', () => {
  const { events, counted } = built('contextforge', 'traces-call')
  const own = events.filter(({ emitter }) => emitter === 'contextforge')
  const named = (name: string) => own.find((event) => event.name === name)

  it("gives a gateway's view in each of the spans of a call, and passes over its database", () => {
    expect(own.map(({ name, vantage, method }) => [name, vantage, method])).toEqual([
      ['POST /mcp', 'gateway', ''],
      ...['tool.invoke', 'tool.lookup', 'tool.gateway_call', 'mcp.client.call'].map((name) => [name, 'gateway', 'tools/call']),
      ['mcp.client.initialize', 'gateway', 'initialize'],
      ...['mcp.client.request', 'mcp.client.response', 'tool.post_process'].map((name) => [name, 'gateway', 'tools/call']),
    ])
    expect(counted.skipped).toEqual(new Map([['not_mcp', 1]]))
  })

  it('has the caller on the request and the call on its own span', () => {
    expect(named('POST /mcp')).toMatchObject({ client_address: '10.1.2.3', client_address_trust: 'server_reported', user_agent: 'node', outcome: 'unknown' })
    expect(named('tool.invoke')).toMatchObject({
      tool: 'jira-create-issue', server: '77aa', principal: 'a@ex.org', principal_source: 'user.email', principal_trust: 'verified', wire_session: 'w-9',
      conversation: '', jsonrpc_request_id: '', arguments: '{"title":"x"}', result: '{"content":[{"type":"text","text":"KEY-1"}]}', outcome: 'ok',
      duration_ns: 245_600_000n,
    })
    expect(named('mcp.client.call')).toMatchObject({ tool: 'create_issue', server: '77aa', target: 'http://jira.internal:8080/mcp', outcome: 'unknown' })
    expect(own.filter(({ server_internal }) => server_internal).map(({ name }) => name)).toEqual(['mcp.client.initialize'])
  })

  it('says who was denied, and takes nobody for a person', () => {
    const outcomes = built('contextforge', 'traces-outcomes')
    expect(outcomes.events).toMatchObject([
      { name: 'tool.invoke', outcome: 'denied', error_type: 'PluginViolationError', principal: '', actor: 'gw-2', actor_kind: 'host' },
      { name: 'tool.invoke', outcome: 'tool_error', principal: 'proxy@ex.org', principal_trust: 'server_reported' },
      { name: 'prompt.render', method: 'prompts/get', prompt: 'greeting', principal: 'a@ex.org', principal_source: 'user', outcome: 'ok' },
      { name: 'resource.read', method: 'resources/read', resource: 'file:///config.json', principal: '', outcome: 'ok' },
      { name: 'POST /mcp', vantage: 'gateway', outcome: 'unauthenticated', client_address: '10.1.2.4' },
    ])
    expect(outcomes.counted.skipped).toEqual(new Map([['not_mcp', 2]]))
  })
})
