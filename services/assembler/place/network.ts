/** What can be told of an address without any file: what to count it by, and what kind it is. */
import { isIP, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { AddressRange } from '../../../schemas/vocabulary.ts'

export interface Network {
  /** Without zone, IPv4 where it is an IPv4 address in an IPv6 coat; '' where the text is no address. */
  readonly address: string
  /** The address; of IPv6 its /64, since one customer has at least that. */
  readonly network: string
  readonly range: AddressRange
}

const NO_NETWORK: Network = { address: '', network: '', range: '' }

/** Names of ipaddr.js (RFC 6890 and successors). What is not here is reserved. */
const RANGES: ReadonlyMap<string, AddressRange> = new Map([
  ['unicast', 'public'], ['6to4', 'public'], ['teredo', 'public'], ['as112', 'public'], ['as112v6', 'public'], ['amt', 'public'], ['orchid2', 'public'],
  ['private', 'private'], ['uniqueLocal', 'private'], ['loopback', 'loopback'], ['linkLocal', 'link_local'], ['carrierGradeNat', 'carrier_nat'],
])

const rangeOf = (address: ipaddr.IPv4 | ipaddr.IPv6): AddressRange => RANGES.get(address.range()) ?? 'reserved'

/** The IPv4 address within: mapped (::ffff:0:0/96) or behind a translator (64:ff9b::/96, RFC 6052). */
function within(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return address.range() === 'rfc6052' ? new ipaddr.IPv4(address.toByteArray().slice(12)) : undefined
}

/** Short, octal and hexadecimal IPv4 are no addresses here: programs read them differently. */
export function networkOf(text: string): Network {
  const bare = text.includes('%') ? text.slice(0, text.indexOf('%')) : text
  if (isIP(bare) === 0) return NO_NETWORK
  const v6 = isIPv6(bare) ? ipaddr.IPv6.parse(bare) : undefined
  const v4 = v6 === undefined ? ipaddr.IPv4.parse(bare) : within(v6)
  if (v4 !== undefined) return { address: v4.toString(), network: v4.toString(), range: rangeOf(v4) }
  const whole = v6 as ipaddr.IPv6
  const prefix = new ipaddr.IPv6([...whole.parts.slice(0, 4), 0, 0, 0, 0])
  return { address: whole.toRFC5952String(), network: `${prefix.toRFC5952String()}/64`, range: rangeOf(whole) }
}
