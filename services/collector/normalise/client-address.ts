/**
 * Which address a request came from, where HTTP is in play. Whoever sends a request can write X-Forwarded-For; only what the configured proxies have
 * added to its end is true. Instrumentations that fill `client.address` from the first entry pass on what the caller wrote.
 */
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { Draft } from './fields.ts'
import { WATCHKEEPER } from './emitters/conventions.ts'
import { addressIn } from './readings.ts'

/** What the configuration says of addresses. */
export interface PlaceRules {
  /** Header that these proxies add to; the other one is the caller's. */
  readonly header: 'x-forwarded-for' | 'forwarded'
  isProxy(address: string): boolean
  /** Names of senders that run beside the caller, so that the exporter's address is the caller's. */
  readonly besideCaller: ReadonlySet<string>
}

/** `proxies`: addresses and networks such as 10.0.0.0/8. Throws where one is neither: the configuration was not checked. */
export function placeRules(said: {
  readonly proxies: readonly string[]; readonly header: PlaceRules['header']; readonly besideCaller: readonly string[]
}): PlaceRules {
  const list = new BlockList()
  for (const each of said.proxies) {
    const [address = '', prefix] = each.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  const isProxy = (address: string): boolean => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return { header: said.header, besideCaller: new Set(said.besideCaller), isProxy: said.proxies.length === 0 ? () => false : isProxy }
}

export const NO_PLACE_RULES: PlaceRules = placeRules({ proxies: [], header: 'x-forwarded-for', besideCaller: [] })

const HEADER_CHARACTERS = 4_096
const HOPS = 64

/** `for=` of one element of Forwarded (RFC 7239). */
function forIn(element: string): string {
  const pair = element.split(';').find((each) => each.trim().toLowerCase().startsWith('for='))
  return pair === undefined ? '' : pair.trim().slice(4).replaceAll('"', '')
}

/** The hops as the header has them, nearest last; a header longer than anybody's is cut at its beginning, which nobody vouches for. */
function hopsOf(hints: Draft['hints'], header: PlaceRules['header']): readonly string[] {
  const text = (header === 'forwarded' ? hints.forwarded : hints.forwarded_for).slice(-HEADER_CHARACTERS)
  if (text === '') return []
  return text.split(',').slice(-HOPS).map((each) => addressIn(header === 'forwarded' ? forIn(each) : each.trim()))
}

/** From the right, past the proxies that are known: the first that none of them is. '' where that is no address. */
function callerIn(hops: readonly string[], { isProxy }: PlaceRules): string {
  const caller = hops.findLast((hop) => !isProxy(hop)) ?? hops[0] ?? ''
  return isIP(caller) === 0 ? '' : caller
}

interface Seen {
  readonly address: string
  readonly source: string
  readonly trust: AuditEventFields['client_address_trust']
}

function put(event: AuditEventFields, attributes: Draft['kept'], { address, source, trust }: Seen): void {
  const { client_address: before, client_address_source: key } = event
  if (before !== '' && before !== address && !attributes.has(key)) attributes.set(key, { type: 'string', text: before })
  event.client_address = address
  event.client_address_source = address === '' ? '' : source
  event.client_address_trust = address === '' ? 'none' : trust
}

/** Where an instrumentation puts what it took for the caller: the peer, or what a header said. */
const DERIVED: ReadonlySet<string> = new Set(['client.address', 'http.client_ip', 'client_ip'])

/** The peer is one of the proxies: its header says who called, from the right. */
function behindProxy({ event, hints, kept }: Draft, rules: PlaceRules): void {
  const hops = hopsOf(hints, rules.header)
  if (hops.length > 0) return put(event, kept, { address: callerIn(hops, rules), source: rules.header, trust: 'server_reported' })
  const { client_address: said } = event
  if (said === hints.peer || rules.isProxy(said)) put(event, kept, { address: '', source: '', trust: 'none' })
  // The header was not captured: the instrumentation read it, and perhaps its first entry.
  else if (said !== '') event.client_address_trust = 'client_reported'
}

/** Completes or corrects `client_address` in place. */
export function settleAddress(draft: Draft, rules: PlaceRules): void {
  const { event, hints, kept } = draft
  if (hints.peer !== '' && event.client_address_source !== WATCHKEEPER.client_address[0].key) {
    if (rules.isProxy(hints.peer)) behindProxy(draft, rules)
    else if (event.client_address !== hints.peer && DERIVED.has(event.client_address_source) && isIP(hints.peer) !== 0) {
      put(event, kept, { address: hints.peer, source: 'peer', trust: event.client_address_trust })
    }
  } else if (hints.forwarded_for !== '' || hints.forwarded !== '') doubt(draft)
  if (event.client_address === '' && rules.besideCaller.size > 0 && rules.besideCaller.has(event.source)) {
    put(event, kept, { address: event.exporter_peer, source: 'exporter_peer', trust: 'server_reported' })
  }
}

/** Nobody says who handed the header over, and the address stands in it. */
function doubt({ event, hints }: Draft): void {
  const { client_address: said } = event
  if (said === '' || !DERIVED.has(event.client_address_source)) return
  const hops = [...hopsOf(hints, 'x-forwarded-for'), ...hopsOf(hints, 'forwarded')]
  if (hops.includes(said)) event.client_address_trust = 'client_reported'
}
