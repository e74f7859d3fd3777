/** Which addresses a webhook may go to. Checked on what is really connected to, so that a name cannot answer twice. */
import { lookup as resolve } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Public by its number, but the host's own service in one cloud: Azure's WireServer. */
const HOST_SERVICES: ReadonlySet<string> = new Set(['168.63.129.16'])
/** Global unicast of IPv6; everything else is special, whether a registry has a name for it or not. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/**
 * Anything but public unicast: private, loopback, link-local (and with it the clouds' metadata), carrier-grade NAT, documentation,
 * NAT64, 6to4, Teredo, and IPv4 hidden in IPv6. Ranges: IANA's special-purpose address registries, as ipaddr.js has them.
 */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 0 || HOST_SERVICES.has(address)) return true
  const parsed = ipaddr.process(address)
  if (HOST_SERVICES.has(parsed.toString()) || parsed.range() !== 'unicast') return true
  return parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_UNICAST)
}

export class PrivateTarget extends Error {
  constructor() {
    super('the target is a private address; set allow_private for this webhook if that is meant')
    this.name = 'PrivateTarget'
  }
}

/** A resolver that refuses a name when any of its addresses is private. */
export const publicLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, [])
    if (addresses.length === 0 || addresses.some(({ address }) => isPrivateAddress(address))) return done(new PrivateTarget(), [])
    if (options.all === true) return done(null, addresses)
    const first = addresses[0] as { address: string; family: number }
    done(null, first.address, first.family)
  })
}
