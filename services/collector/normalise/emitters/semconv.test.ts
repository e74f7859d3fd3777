import { describe, expect, it } from 'vitest'
import { SAID_KEY, saidIn } from '../../../../schemas/said-identity.ts'
import { Double } from '../../otlp/model.ts'
import { eventOf, normaliseSpans, type Values } from '../sample-telemetry.ts'

const CALL: Values = {
  'mcp.method.name': 'tools/call',
  'gen_ai.tool.name': 'create_issue',
  'gen_ai.operation.name': 'execute_tool',
  'jsonrpc.request.id': '12',
}
const SERVER = 2
const CLIENT = 3

describe('OTel MCP conventions', () => {
  it("give the server's view of a call", () => {
    const event = eventOf(
      {
        name: 'tools/call create_issue',
        kind: SERVER,
        statusCode: 2,
        statusMessage: '[{"type":"text"}]',
        attributes: { ...CALL, 'mcp.session.id': 's-1', 'client.address': '10.1.2.3', 'error.type': 'tool_error', 'user_agent.original': 'node' },
      },
    )
    expect(event).toMatchObject({
      emitter: 'semconv',
      vantage: 'server',
      method: 'tools/call',
      tool: 'create_issue',
      server: 'shop',
      jsonrpc_request_id: '12',
      wire_session: 's-1',
      client_address: '10.1.2.3',
      client_address_source: 'client.address',
      client_address_trust: 'server_reported',
      user_agent: 'node',
      outcome: 'tool_error',
      error_type: 'tool_error',
      error_code: '',
      status_message: '[{"type":"text"}]',
    })
  })

  it("give the client's view, whose own address claims count for nothing", () => {
    const event = eventOf({
      name: 'tools/call create_issue',
      kind: CLIENT,
      attributes: { ...CALL, 'client.address': '10.1.2.3', 'server.address': 'mcp.example' },
    })
    expect(event).toMatchObject({ vantage: 'client', server: '', target: 'mcp.example', client_address: '', outcome: 'ok' })
    expect(event.attributes.get('client.address')?.text).toBe('10.1.2.3')
  })

  it('take arguments as structure or as text, types kept', () => {
    const structured = new Map<string, string | number | bigint | boolean | Double | null>([
      ['a', 5],
      ['b', new Double(5)],
      ['c', 9_007_199_254_740_993n],
      ['d', true],
      ['e', null],
      ['__proto__', 'x'],
    ])
    const event = eventOf({
      kind: SERVER,
      attributes: { ...CALL, 'gen_ai.tool.call.arguments': structured, 'gen_ai.tool.call.result': '{"ok":true}' },
    })
    expect(event.arguments).toBe('{"a":5,"b":5.0,"c":9007199254740993,"d":true,"e":null,"__proto__":"x"}')
    expect(event).toMatchObject({ arguments_bytes: BigInt(event.arguments.length), result: '{"ok":true}', result_bytes: 11n })
    expect(event.attributes.has('gen_ai.tool.call.arguments')).toBe(false)
  })

  it.each([['-32602'], [-32602]])('take %o as a JSON-RPC code', (code) => {
    expect(eventOf({ kind: CLIENT, statusCode: 2, attributes: { ...CALL, 'rpc.response.status_code': code } })).toMatchObject({
      outcome: 'protocol_error',
      error_code: '-32602',
    })
    expect(eventOf({ kind: CLIENT, statusCode: 2, attributes: { ...CALL, 'error.type': String(code) } })).toMatchObject({
      outcome: 'protocol_error',
      error_code: '-32602',
    })
  })

  it.each([
    ['a class name at the server', SERVER, 'tools/call', 'ValueError', 'tool_error'],
    ['a class name at the client', CLIENT, 'tools/call', 'ConnectError', 'protocol_error'],
    ['a class name on a resource', SERVER, 'resources/read', 'NotFoundError', 'protocol_error'],
    ['a call given up', CLIENT, 'tools/call', 'asyncio.exceptions.CancelledError', 'cancelled'],
    ['a word that sounds like refusal', SERVER, 'tools/call', 'Unauthorized 401 forbidden', 'tool_error'],
  ] as const)('judge %s', (_what, kind, method, type, outcome) => {
    expect(
      eventOf({ kind, statusCode: 2, statusMessage: '403 denied', attributes: { ...CALL, 'mcp.method.name': method, 'error.type': type } }).outcome,
    ).toBe(outcome)
  })

  it('take the status as error when only error.type says so, and an explicit ok as ok', () => {
    expect(eventOf({ kind: SERVER, attributes: { ...CALL, 'error.type': 'ValueError' } }).outcome).toBe('tool_error')
    expect(eventOf({ kind: SERVER, statusCode: 1, attributes: { ...CALL, 'error.type': 'ValueError' } }).outcome).toBe('ok')
  })

  it("make an INTERNAL execute_tool span the agent's view, also with MCP attributes on it", () => {
    expect(eventOf({ name: 'execute_tool x', kind: 1, attributes: CALL }).vantage).toBe('agent')
    expect(
      eventOf({ name: 'execute_tool x', kind: 1, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'x' } }),
    ).toMatchObject({ vantage: 'agent', method: 'tools/call', tool: 'x' })
    expect(eventOf({ name: 'chat gpt', kind: CLIENT, attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': '[]' } })).toMatchObject(
      { vantage: 'agent', method: '' },
    )
  })

  it('strip the braces of a request id', () => {
    expect(eventOf({ kind: CLIENT, attributes: { ...CALL, 'jsonrpc.request.id': '{7}' } }).jsonrpc_request_id).toBe('7')
  })

  it('keep the value that lost, and say which attribute won', () => {
    const event = eventOf({
      kind: SERVER,
      attributes: { ...CALL, 'user.email': 'a@ex.org', 'enduser.id': 'u1', 'session.id': 's', 'gen_ai.conversation.id': 'c' },
    })
    expect(event).toMatchObject({
      principal: 'u1',
      principal_source: 'enduser.id',
      principal_trust: 'server_reported',
      conversation: 'c',
      actor: 'u1',
      actor_kind: 'principal',
    })
    expect(event.attributes.get('user.email')?.text).toBe('a@ex.org')
    expect(event.attributes.get('session.id')?.text).toBe('s')
    expect(event.attributes.has('enduser.id')).toBe(false)
  })

  it('never take a withheld value', () => {
    const event = eventOf(
      { kind: SERVER, attributes: { ...CALL, 'client.address': '[REDACTED]', 'enduser.id': '[REDACTED]', 'user.email': 'a@ex.org' } },
      { resource: { 'host.name': '[REDACTED]' } },
    )
    expect(event).toMatchObject({ client_address: '', principal: 'a@ex.org', host: '' })
  })
})

describe('attributes of our own', () => {
  const own = {
    'watchkeeper.principal': 'alice', 'watchkeeper.token.fingerprint': 'f00', 'watchkeeper.client.address': '[2001:db8::1]:443', 'watchkeeper.client': 'c-1',
    'watchkeeper.token.scopes': 'files:read files:list', 'watchkeeper.caller.tenant': 'acme', 'watchkeeper.delegation': ['agent-b', 'agent-a'],
  }

  it.each([
    [SERVER, 'server_reported'],
    [CLIENT, 'client_reported'],
  ] as const)('are taken from any emitter (kind %i)', (kind, trust) => {
    for (const scope of ['fastmcp', 'mcp-python-sdk', 'anybody']) {
      const expected = {
        principal: 'alice',
        principal_source: 'watchkeeper.principal',
        principal_trust: trust,
        token_fingerprint: 'f00',
        token_source: 'watchkeeper.token.fingerprint',
        token_trust: trust,
        client_address: '2001:db8::1',
        client_address_source: 'watchkeeper.client.address',
        client_address_trust: trust,
        client: 'c-1', client_source: 'watchkeeper.client', client_trust: trust,
        scopes: ['files:read', 'files:list'], scopes_source: 'watchkeeper.token.scopes', scopes_trust: trust,
      }
      const said = {
        caller_tenant: 'acme', caller_tenant_source: 'watchkeeper.caller.tenant', caller_tenant_trust: trust,
        delegation: ['agent-b', 'agent-a'], delegation_source: 'watchkeeper.delegation', delegation_trust: trust,
      }
      for (const event of [eventOf({ kind, attributes: { ...CALL, ...own } }, { scope }), eventOf({ kind, attributes: CALL }, { scope, resource: own })]) {
        expect(event).toMatchObject(expected)
        expect(saidIn(event.attributes.get(SAID_KEY))).toEqual(said)
      }
    }
  })

  it('on the span win over those on the resource', () => {
    const event = eventOf({
      kind: SERVER, attributes: { ...CALL, 'watchkeeper.principal': 'bob', 'watchkeeper.token.scopes': 'mail', 'watchkeeper.delegation': 'agent-c' },
    }, { resource: own })
    expect(event).toMatchObject({ principal: 'bob', scopes: ['mail'], client: 'c-1' })
    expect(saidIn(event.attributes.get(SAID_KEY))).toMatchObject({ delegation: ['agent-c'], caller_tenant: 'acme' })
  })
})

describe('of several names in one place', () => {
  const named = { 'watchkeeper.principal': 'bob', 'watchkeeper.client': 'app', 'watchkeeper.caller.tenant': 'umbrella', 'watchkeeper.delegation': 'p' }

  it('the verified one holds, whoever knows better, and the other stays an attribute', () => {
    const verified = { 'jwt.sub': 'ann', 'jwt.azp': 'cli', 'jwt.tid': 'acme', 'jwt.act': '{"sub":"q"}' }
    const event = eventOf({ kind: SERVER, attributes: { ...CALL, ...named, ...verified } }, { scope: 'agentgateway' })
    expect(event).toMatchObject({ principal: 'ann', principal_trust: 'verified', client: 'cli', client_trust: 'verified' })
    expect(saidIn(event.attributes.get(SAID_KEY))).toMatchObject({ caller_tenant: 'acme', delegation: ['q'], delegation_trust: 'verified' })
    expect([...event.attributes.keys()]).toEqual(expect.arrayContaining(Object.keys(named)))
    const vouched = { 'tool_name': 'mcp__a__b', 'identity.source': 'gateway-oidc', 'user.id': 'ann', 'watchkeeper.principal': 'bob' }
    expect(eventOf({ attributes: vouched }, { scope: 'com.anthropic.claude_code' })).toMatchObject({ principal: 'ann', principal_trust: 'verified' })
    const known = { ...CALL, 'auth.method': 'jwt', 'user.email': 'ann@ex.org', 'watchkeeper.principal': 'bob' }
    expect(eventOf({ attributes: known }, { scope: 'mcp-gateway' })).toMatchObject({ principal: 'ann@ex.org', principal_trust: 'verified' })
  })

  it('what the resource reports holds against what a caller says of himself', () => {
    const around = { scope: 'envoyproxy/ai-gateway', resource: { 'watchkeeper.principal': 'ann' } }
    const event = eventOf({ kind: CLIENT, attributes: { ...CALL, 'user.id': 'eve' } }, around)
    expect(event).toMatchObject({ principal: 'ann', principal_source: 'watchkeeper.principal', principal_trust: 'server_reported' })
    expect(event.attributes.get('user.id')).toEqual({ type: 'string', text: 'eve' })
  })
})

describe('names as a last source', () => {
  it.each([
    ['MCP send tools/call search books', 'tools/call', 'search books'],
    ['MCP request: tools/call add', 'tools/call', 'add'],
    ['tools/call add', 'tools/call', 'add'],
    ['tools/list', 'tools/list', ''],
    ['get_weather.tool', 'tools/call', 'get_weather'],
    ['tools/list.mcp', 'tools/list', ''],
    ['initialize.mcp', 'initialize', ''],
    ['execute_tool run', 'tools/call', 'run'],
    ['mcp.tool.call', 'tools/call', ''],
    ['CallTool', 'tools/call', ''],
  ])('%s', (name, method, tool) => {
    expect(eventOf({ name })).toMatchObject({ emitter: 'semconv', method, tool })
  })

  it.each([
    'initialize',
    'ping',
    'GET /tools/call',
    'tools/callx',
    'tools/drop it',
    'MCP send',
    '.tool',
    '',
    'constructor',
    '__proto__',
    'toString call',
  ])("%s is nobody's", (name) => {
    expect(normaliseSpans([{ name }])).toMatchObject({ events: [], counted: { skipped: new Map([['not_mcp', 1]]) } })
  })

  it('do not overrule an attribute', () => {
    expect(
      eventOf({ name: 'MCP send tools/call evil', kind: CLIENT, attributes: { ...CALL, 'gen_ai.tool.name': 'good' } }, { scope: 'mcp-python-sdk' })
        .tool,
    ).toBe('good')
    const other = eventOf({ name: 'prompts/get evil', kind: CLIENT, attributes: { 'mcp.method.name': 'tools/call' } })
    expect(other).toMatchObject({ method: 'tools/call', tool: '', prompt: '' })
  })
})
