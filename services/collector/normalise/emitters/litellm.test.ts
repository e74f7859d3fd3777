import { describe, expect, it } from 'vitest'
import { eventOf, normaliseSpans, recordedEvents, type Values } from '../sample-telemetry.ts'

const CLIENT = 3
const CALL: Values = {
  'gen_ai.operation.name': 'execute_tool', 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'get-weather', 'litellm.mcp.server.name': 'weather',
  'mcp.session.id': 's1', 'litellm.call_id': 'c-1', 'litellm.api_key.hash': 'ab'.repeat(32), 'litellm.metadata.user_api_key_user_id': 'u1',
  'litellm.metadata.requester_ip_address': '10.1.2.3', 'litellm.end_user.id': 'somebody',
}

describe('LiteLLM', () => {
  it.each([['litellm'], ['a tracer of another name']])("gives the gateway's view of a call, though its kind is CLIENT (scope %s)", (scope) => {
    expect(eventOf({ name: 'tools/call get-weather', kind: CLIENT, attributes: CALL }, { scope })).toMatchObject({
      emitter: 'litellm', vantage: 'gateway', method: 'tools/call', tool: 'get-weather', server: 'weather', wire_session: 's1',
      principal: 'u1', principal_trust: 'server_reported', token_fingerprint: 'ab'.repeat(32), token_trust: 'server_reported',
      client_address: '10.1.2.3', client_address_trust: 'server_reported',
    })
  })

  it('takes the end user for what the caller says of itself', () => {
    const { 'litellm.metadata.user_api_key_user_id': _owner, ...rest } = CALL
    expect(eventOf({ kind: CLIENT, attributes: rest })).toMatchObject({ principal: 'somebody', principal_trust: 'self_declared' })
  })

  it("keeps a model's call as the agent's, and nothing of its datastore", () => {
    const [chat, ...rest] = normaliseSpans([
      { name: 'chat gpt-4o', kind: CLIENT, attributes: { 'gen_ai.operation.name': 'chat', 'litellm.call_id': 'c-2' } },
      { name: 'postgres get_key_object', kind: CLIENT, attributes: { 'db.system.name': 'postgresql', 'litellm.service.name': 'postgres' } },
    ], { scope: 'litellm' }).events
    expect(chat).toMatchObject({ emitter: 'litellm', vantage: 'agent', method: '' })
    expect(rest).toEqual([])
  })
})

describe('LiteLLM, recorded without a database', () => {
  const events = recordedEvents('litellm', ['/mcp'])
  const of = (emitter: string) => events.filter((event) => event.emitter === emitter)

  it("is its own spans and its HTTP requests; what it does besides is not kept", () => {
    expect(of('litellm').map(({ vantage, method, tool, server, outcome }) => [vantage, method, tool, server, outcome]).sort()).toEqual([
      ['gateway', 'tools/call', 'fail', 'files', 'tool_error'],
      ['gateway', 'tools/call', 'read_file', 'files', 'ok'],
      ['gateway', 'tools/list', '', '', 'ok'],
    ])
    expect(of('http').every(({ method, name }) => method === '' && name.endsWith(' /mcp/{path}'))).toBe(true)
    expect(events).toHaveLength(of('litellm').length + of('http').length)
  })

  it('takes the one who has the master key for nobody', () => {
    expect(events.filter(({ principal, token_fingerprint: token }) => principal !== '' || token !== '')).toEqual([])
    expect(of('litellm')[0]?.attributes.get('litellm.metadata.user_api_key_user_id')?.text).toBe('default_user_id')
  })
})
