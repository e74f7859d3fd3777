/** What a host name says: its registrable domain (public suffix list, private part included: `x.ngrok.io` is somebody's own), whether it is inside, and its trait. */
import ipaddr from 'ipaddr.js'
import { parse } from 'tldts'
import { isInside, type Trait, traitOf } from './hosts.ts'

export interface HostFacts {
  /** Lower case, without port and brackets. */
  readonly host: string
  /** Registrable domain; the address or name itself where it has none. */
  readonly domain: string
  /** A private, loopback or link-local address, or a name that only an inner resolver knows. */
  readonly internal: boolean
  readonly trait: Trait
  /** Whether the name ends in a public suffix that is on the list, or is an address. */
  readonly known: boolean
}

const LONGEST = 253
/** Hosts come again and again; bounded, so that made-up ones only cost what they did before. */
const REMEMBERED = 4_096
const remembered = new Map<string, HostFacts | undefined>()

/** Undefined where the text is no host name or address. */
export function hostFacts(text: string): HostFacts | undefined {
  if (text === '' || text.length > LONGEST) return undefined
  if (remembered.has(text)) return remembered.get(text)
  if (remembered.size >= REMEMBERED) remembered.clear()
  const facts = read(text.toLowerCase())
  remembered.set(text, facts)
  return facts
}

const NAME = /^[a-z0-9_\u0080-\uffff](?:[a-z0-9_.\-\u0080-\uffff]*[a-z0-9\u0080-\uffff])?$/

function read(text: string): HostFacts | undefined {
  const host = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text.endsWith('.') ? text.slice(0, -1) : text
  if (ipaddr.isValid(host)) return ofAddress(host)
  if (!NAME.test(host)) return undefined
  if (isInside(host)) return { host, domain: host, internal: true, trait: '', known: false }
  const { domain, isIcann, isPrivate } = parse(host, { allowPrivateDomains: true, extractHostname: false })
  return { host, domain: domain ?? host, internal: false, trait: traitOf(host), known: isIcann === true || isPrivate === true }
}

function ofAddress(host: string): HostFacts {
  const range = ipaddr.process(host).range()
  const isPublic = range === 'unicast'
  return { host, domain: host, internal: !isPublic, trait: isPublic ? 'bare-address' : '', known: true }
}
