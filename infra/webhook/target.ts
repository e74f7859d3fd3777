/** Which addresses a message may go to. Checked on what is really connected to, so that a name cannot answer twice. */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Failure } from '../../schemas/failure.ts'

/** Metadata and the like of clouds outside of link-local: Azure's WireServer (public by its number), Alibaba's, and those of AWS and Google over IPv6. */
const HOST_SERVICES: ReadonlySet<string> = new Set(['168.63.129.16', '100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254'])
/** Global unicast of IPv6; everything else is special, whether a registry has a name for it or not. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')
/** What `allow_private` means. Not among it: link-local, where clouds keep their metadata, and IPv4 hidden in IPv6. */
const INSIDE: ReadonlySet<string> = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal'])

type Address = ReturnType<typeof ipaddr.parse>

/** Undefined where it is no address as such; IPv4 mapped into IPv6 is IPv4. IPv6 is read by the standard's own parser: others take `::127.0.0.1` for IPv4. */
function parsed(address: string): Address | undefined {
  if (isIP(address) !== 6) return isIP(address) === 4 ? ipaddr.parse(address) : undefined
  const [bare = ''] = address.split('%')
  return ipaddr.process(new URL(`http://[${bare}]`).hostname.slice(1, -1))
}

/**
 * Anything but public unicast: private, loopback, link-local (and with it the clouds' metadata), carrier-grade NAT, documentation,
 * NAT64, 6to4, Teredo, and IPv4 hidden in IPv6. Ranges: IANA's special-purpose address registries, as ipaddr.js has them.
 */
export function isPrivateAddress(address: string): boolean {
  const found = parsed(address)
  if (found === undefined || HOST_SERVICES.has(found.toString()) || found.range() !== 'unicast') return true
  return found.kind() === 'ipv6' && !found.match(GLOBAL_UNICAST)
}

export interface TargetRules {
  /** Loopback and private networks may be reached, too. */
  readonly allowPrivate: boolean
  /** Networks (CIDR) that may be reached besides public ones. */
  readonly allowNetworks: readonly string[]
}

/** Whether an address may be connected to. */
export type Reach = (address: string) => boolean

function networkOf(text: string): ReturnType<typeof ipaddr.parseCIDR> {
  try {
    return ipaddr.parseCIDR(text)
  } catch (error) {
    throw new Failure('misconfigured', 'receiver.network', `${JSON.stringify(text)} is not a network: write it such as 10.20.0.0/16 or fd00:1::/64.`, { cause: error })
  }
}

/** Throws Failure `misconfigured` where a network is none. */
export function reachOf({ allowPrivate, allowNetworks }: TargetRules): Reach {
  const networks = allowNetworks.map(networkOf)
  return (text) => {
    if (!isPrivateAddress(text)) return true
    const address = parsed(text)
    if (address === undefined) return false
    return networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits)) || (allowPrivate && INSIDE.has(address.range()) && !HOST_SERVICES.has(address.toString()))
  }
}

export class PrivateTarget extends Error {
  constructor() {
    super('the target is a private address; set allow_networks or allow_private for this receiver if that is meant')
    this.name = 'PrivateTarget'
  }
}

/** Of node:dns. */
export type Resolve = typeof lookup

/** A resolver for node:net that refuses a name when any of its addresses may not be reached. What it answers is what is connected to. */
export function guardedLookup(reach: Reach, resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const first = addresses[0]
      if (first === undefined || addresses.some(({ address }) => !reach(address))) return done(new PrivateTarget(), [])
      if (options.all === true) return done(null, addresses)
      done(null, first.address, first.family)
    })
  }
}
