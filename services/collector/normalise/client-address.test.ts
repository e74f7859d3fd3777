import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import { placeRules } from './client-address.ts'
import { createNormaliser } from './normaliser.ts'
import { ARRIVAL, spanOf, type Values } from './sample-telemetry.ts'

const PROXIES = placeRules({ proxies: ['10.0.0.0/8', '192.0.2.7', '2001:db8:ff::/48'], header: 'x-forwarded-for', besideCaller: ['laptop'] })
const FORWARDED = placeRules({ proxies: ['10.0.0.0/8'], header: 'forwarded', besideCaller: [] })

function eventOf(attributes: Values, { rules = PROXIES, kind = 2, service = 'files' } = {}): AuditEventFields {
  const normaliser = createNormaliser({ mcpPaths: ['/mcp'], place: rules })
  const span = spanOf({ kind, attributes: { 'http.request.method': 'POST', 'url.path': '/mcp', ...attributes } })
  const scoped = { resource: { attributes: new Map([['service.name', service]]) }, scope: { name: 'http', version: '', attributes: new Map() }, items: [span] }
  return normaliser.traces([scoped], ARRIVAL).events[0] as AuditEventFields
}
const said = (event: AuditEventFields): string[] => [event.client_address, event.client_address_source, event.client_address_trust]
const xff = (value: string | readonly string[]): Values => ({ 'http.request.header.x-forwarded-for': value as string })

describe('the address of a caller', () => {
  it('behind a configured proxy is the first from the right that is no proxy', () => {
    const from = (value: string | readonly string[]): string[] => said(eventOf({ 'network.peer.address': '10.0.0.1', ...xff(value) }))
    expect(from('203.0.113.9')).toEqual(['203.0.113.9', 'x-forwarded-for', 'server_reported'])
    expect(from('1.1.1.1, 203.0.113.9, 10.2.2.2, 192.0.2.7')[0]).toBe('203.0.113.9')
    expect(from(['1.1.1.1', '203.0.113.9,10.2.2.2'])[0]).toBe('203.0.113.9')
    expect(from('1.1.1.1, [2001:db8::9]:4711')[0]).toBe('2001:db8::9')
    expect(from('203.0.113.9:50112')[0]).toBe('203.0.113.9')
    expect(from('::ffff:203.0.113.9, ::ffff:10.1.1.1')[0]).toBe('::ffff:203.0.113.9')
    expect(from('10.9.9.9, 10.2.2.2')[0]).toBe('10.9.9.9')
    expect(from('203.0.113.9, unknown, 10.2.2.2')).toEqual(['', '', 'none'])
    expect(from(`${'1.1.1.1,'.repeat(5_000)}203.0.113.9`)[0]).toBe('203.0.113.9')
  })

  it('is never what a header says that no configured proxy handed over', () => {
    const event = eventOf({ 'network.peer.address': '203.0.113.9', 'client.address': '1.1.1.1', ...xff('1.1.1.1') })
    expect(said(event)).toEqual(['203.0.113.9', 'peer', 'server_reported'])
    expect(event.attributes.get('client.address')).toEqual({ type: 'string', text: '1.1.1.1' })
    expect(said(eventOf({ 'net.sock.peer.addr': '203.0.113.9', 'client.address': '203.0.113.9', ...xff('1.1.1.1') }))[0]).toBe('203.0.113.9')
    expect(said(eventOf({ 'client.address': '1.1.1.1', ...xff('1.1.1.1, 203.0.113.9') }))).toEqual(['1.1.1.1', 'client.address', 'client_reported'])
    expect(said(eventOf({ 'client.address': '203.0.113.9' }))).toEqual(['203.0.113.9', 'client.address', 'server_reported'])
  })

  it('is believed less where a proxy handed over what an instrumentation read of its header, and unknown where that is the proxy', () => {
    expect(said(eventOf({ 'network.peer.address': '10.0.0.1', 'client.address': '1.1.1.1' }))).toEqual(['1.1.1.1', 'client.address', 'client_reported'])
    expect(said(eventOf({ 'network.peer.address': '10.0.0.1', 'client.address': '10.0.0.1' }))).toEqual(['', '', 'none'])
    expect(said(eventOf({ 'network.peer.address': '10.0.0.1' }))).toEqual(['', '', 'none'])
  })

  it('is read from Forwarded where that is the header of the proxies, and then from no other', () => {
    const peer = { 'network.peer.address': '10.0.0.1' }
    const from = (value: string): string => said(eventOf({ ...peer, 'http.request.header.forwarded': value, ...xff('1.1.1.1') }, { rules: FORWARDED }))[0] as string
    expect(from('for=1.1.1.1, for=203.0.113.9;proto=https;by=10.0.0.1')).toBe('203.0.113.9')
    expect(from('proto=https; For="[2001:db8::9]:4711"')).toBe('2001:db8::9')
    expect(from('for=_hidden')).toBe('')
    expect(said(eventOf({ ...peer, 'http.request.header.forwarded': 'for=1.1.1.1', ...xff('203.0.113.9') }))[0]).toBe('203.0.113.9')
  })

  it("is what a span processor says before all else, and the exporter's own only of senders that the configuration names", () => {
    expect(said(eventOf({ 'watchkeeper.client.address': '198.51.100.7', 'network.peer.address': '10.0.0.1', ...xff('1.1.1.1') }))[0]).toBe('198.51.100.7')
    expect(said(eventOf({}, { kind: 3 }))).toEqual(['', '', 'none'])
    expect(said(eventOf({}, { kind: 3, service: 'laptop' }))).toEqual([ARRIVAL.peer, 'exporter_peer', 'server_reported'])
    expect(said(eventOf({ 'client.address': '203.0.113.9' }, { service: 'laptop' }))[0]).toBe('203.0.113.9')
  })

  it("of a caller's own span is not taken from its headers", () => {
    expect(said(eventOf({ 'network.peer.address': '10.0.0.1', 'client.address': '1.1.1.1', ...xff('203.0.113.9') }, { kind: 3 }))).toEqual(['', '', 'none'])
  })

  it('is that of the last hop which no caller can write, whatever he writes', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), { maxLength: 6 }), (forged) => {
      expect(said(eventOf({ 'network.peer.address': '10.0.0.1', ...xff([...forged, '203.0.113.9, 10.2.2.2'].join(', ')) }))[0]).toBe('203.0.113.9')
    }))
  })
})
