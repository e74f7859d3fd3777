/** The one rule for what counts as this machine alone: where doors need no password, and which `Host` a browser may name. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** IPv4-mapped IPv6 addresses (::ffff:0:0/96) are matched against the IPv4 rule too. */
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/**
 * Whether only programs on this machine can reach `host`, which is a name or an address without port, IPv6 with or without brackets. True for
 * `localhost`, 127.0.0.0/8, ::1 (a zone changes nothing about it) and their IPv4-mapped forms. Short, octal and hexadecimal IPv4 (`127.1`) are
 * refused, because programs read them differently; so is every other name, wherever it may lead today.
 */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  if (isIPv4(host)) return LOOPBACK.check(host, 'ipv4')
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host
  return isIPv6(bare) && LOOPBACK.check(bare.replace(/%.*$/, ''), 'ipv6')
}
