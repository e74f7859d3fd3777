import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { saidIn, SAID_KEY } from '../../../schemas/said-identity.ts'
import { type AnyValue, Double } from '../otlp/model.ts'
import { actorsIn } from './actors.ts'
import { eventOf } from './sample-telemetry.ts'

const chainIn = (value: AnyValue): readonly string[] => (actorsIn(value) === '' ? [] : (JSON.parse(actorsIn(value)) as string[]))

describe('chains of delegation', () => {
  it.each<[AnyValue, readonly string[]]>([
    ['{"sub":"agent-b","act":{"sub":"agent-a","iss":"https://x"}}', ['agent-b', 'agent-a']],
    ['{"act":{"sub":"agent-b","act":{"client_id":"gw"}}}', ['agent-b', 'gw']],
    [new Map<string, AnyValue>([['sub', 'b'], ['act', new Map<string, AnyValue>([['sub', 'a']])]]), ['b', 'a']],
    ['agent-b, agent-a', ['agent-b', 'agent-a']], [' one ', ['one']], [['b', 'a'], ['b', 'a']], ['["b",{"sub":"a"}]', ['b', 'a']],
    ['{"sub":"b","act":{"iss":"nameless","act":{"sub":"hidden"}}}', ['b']],
    ['{"sub":"b","act":"a"}', ['b', 'a']], ['{"sub":"b","act":["a"]}', ['b']],
  ])('%o are %o', (value, chain) => {
    expect(chainIn(value)).toEqual(chain)
  })

  it.each<[string, AnyValue]>([
    ['null', null], ['a number', 7], ['a double', new Double(1.5)], ['a flag', true], ['bytes', new Uint8Array([1])], ['an empty text', ''], ['cut JSON', '{"sub":"a'], ['other JSON', '{"a":1}'],
    ['a number as JSON', '[1,null]'], ['inherited names', '{"__proto__":{"sub":"evil"}}'], ['a text that no token is as long as', `{"sub":"${'x'.repeat(70_000)}"}`],
  ])('are none in %s', (_what, value) => {
    expect(actorsIn(value)).toBe('')
  })

  it('are cut at sixteen, and say so, however deep they go', () => {
    const deep = `${'{"sub":"a","act":'.repeat(3_000)}{"sub":"z"}${'}'.repeat(3_000)}`
    expect(chainIn(deep)).toEqual([...Array(16).fill('a'), '…'])
    expect(actorsIn('{"act":'.repeat(9_000))).toBe('')
    expect(chainIn(`${'{"act":'.repeat(7_000)}{"sub":"z"}${'}'.repeat(7_000)}`)).toEqual(['z'])
    expect(chainIn(Array(5_000).fill('a'))).toHaveLength(17)
    expect(chainIn('a'.repeat(3_000))[0]).toHaveLength(256)
  })

  it('of anything at all are a short list of short names', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      for (const name of chainIn(text)) expect(name.length).toBeLessThanOrEqual(256)
      expect(chainIn(text).length).toBeLessThanOrEqual(17)
    }))
  })
})

describe('delegation, tenant and scopes of a caller', () => {
  const gateway = (attributes: Record<string, AnyValue>) =>
    eventOf({ kind: 2, attributes: { 'mcp.method.name': 'tools/call', 'src.addr': '203.0.113.9:5', ...attributes } }, { scope: 'agentgateway' })

  it('are what a gateway read of the token, with source and trust; what it sent stays', () => {
    const event = gateway({ 'jwt.sub': 'ann', 'jwt.act': '{"sub":"agent-b"}', 'jwt.tid': 'acme', 'jwt.scope': 'files:read files:list', 'jwt.client_id': 'c-1' })
    expect(event).toMatchObject({ principal: 'ann', client: 'c-1', client_trust: 'verified', scopes: ['files:read', 'files:list'], scopes_source: 'jwt.scope', scopes_trust: 'verified' })
    expect(saidIn(event.attributes.get(SAID_KEY))).toEqual({
      caller_tenant: 'acme', caller_tenant_source: 'jwt.tid', caller_tenant_trust: 'verified', delegation: ['agent-b'], delegation_source: 'jwt.act', delegation_trust: 'verified',
    })
    expect(event.attributes.get('jwt.act')?.text).toBe('{"sub":"agent-b"}')
  })

  it('are what a span processor says of anybody, as far as its side is believed', () => {
    const event = eventOf({ kind: 3, attributes: { 'mcp.method.name': 'tools/call', 'watchkeeper.delegation': ['b', 'a'], 'watchkeeper.caller.tenant': 'acme' } })
    expect(saidIn(event.attributes.get(SAID_KEY))).toMatchObject({ delegation: ['b', 'a'], delegation_trust: 'client_reported', caller_tenant: 'acme', caller_tenant_source: 'watchkeeper.caller.tenant' })
  })

  it('cannot be forged under the name that we write them down by, and a chain that was cut is named', () => {
    const forged = eventOf({ kind: 2, attributes: { 'mcp.method.name': 'ping', [SAID_KEY]: '{"delegation":["evil"],"delegation_trust":"verified"}' } })
    expect(saidIn(forged.attributes.get(SAID_KEY)).delegation).toEqual([])
    expect(forged.attributes.get(`sent.${SAID_KEY}`)?.text).toContain('evil')
    expect(gateway({ 'jwt.act': Array(99).fill('x') }).redacted).toEqual(['delegation:truncated'])
  })
})
