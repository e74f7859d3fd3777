/** Which addresses a webhook may go to. Checked on what is really connected to, so that a name cannot answer twice. */
import { lookup as resolve } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Anything but public unicast: private, loopback, link-local, carrier-grade NAT, NAT64, 6to4, Teredo, and IPv4 hidden in IPv6. */
export function isPrivateAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true
  return ipaddr.process(address).range() !== 'unicast'
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
