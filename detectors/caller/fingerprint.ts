/**
 * What a caller looks like, as two small numbers: program and network. The low two bits say what the number was made of, and only numbers of
 * the same making can contradict each other: one observation knows the client, another the user agent only. 0 = unknown.
 */
import type { Interaction } from '../../schemas/interaction.ts'
import { hash32 } from '../stats/distinct.ts'

const AGENT = 0
const CLIENT = 1
const USER_AGENT = 2
const CLIENT_AND_USER_AGENT = 3

const SYSTEM = 1
const VERSION_4 = 2
const VERSION_6 = 3

/** Longest name that is looked at. */
const MOST_CHARACTERS = 96

const SLASH = 47
const SPACE = 32
const BRACKET = 40
const AT = 64
const DOT = 46
const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Of a small integer of V8: 31 bits with the sign. */
const pack = (hash: number, making: number): number => ((hash & 0x0fffffff) << 2) | making

/** Where a version begins with digits and a dot: `-1.2`, `_v2.0`, ` 3.11`. */
function versionStart(text: string, dot: number): number {
  let at = dot
  while (at > 0 && isDigit(text.charCodeAt(at - 1))) at--
  return at === dot ? -1 : at
}

/** Name without a version, so that an upgrade is the same program. */
export function familyOf(text: string): string {
  const length = Math.min(text.length, MOST_CHARACTERS)
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (at > 0 && (code === SLASH || code === SPACE || code === BRACKET || code === AT)) return text.slice(0, at)
    if (code !== DOT) continue
    const version = versionStart(text, at)
    if (version > 2) return text.slice(0, version)
  }
  return text.slice(0, length)
}

const hashOf = (text: string): number => hash32(familyOf(text))

export function softwareOf({ client, user_agent: userAgent, agent }: Interaction): number {
  if (client !== '') return userAgent === '' ? pack(hashOf(client), CLIENT) : pack(hashOf(client) ^ Math.imul(hashOf(userAgent), 31), CLIENT_AND_USER_AGENT)
  if (userAgent !== '') return pack(hashOf(userAgent), USER_AGENT)
  return agent === '' ? 0 : pack(hashOf(agent), AGENT)
}

/** The part of an address that a provider gives to many customers: two of four numbers, three of eight groups. */
function prefixOf(network: string, separator: string, parts: number): string {
  let at = -1
  for (let i = 0; i < parts; i++) {
    at = network.indexOf(separator, at + 1)
    if (at < 0) return network
  }
  return network.slice(0, at)
}

/** Autonomous system, else the wider network of a public address. Private addresses say nothing: they are those of proxies and replicas. */
export function networkOf({ client_asn: asn, client_network: network, client_range: range }: Interaction): number {
  if (asn !== 0) return pack(asn, SYSTEM)
  if (network === '' || range !== 'public') return 0
  return network.includes(':') ? pack(hash32(prefixOf(network, ':', 3)), VERSION_6) : pack(hash32(prefixOf(network, '.', 2)), VERSION_4)
}

export const isSystem = (network: number): boolean => network !== 0 && (network & 3) === SYSTEM

/** Both known, of the same making, and different. */
export const contradicts = (one: number, other: number): boolean => one !== other && one !== 0 && other !== 0 && (one & 3) === (other & 3)

/** Ends, middle and length of a text as a number: enough to see at little cost that it is another one than before. */
export function glance(text: string, before = 0): number {
  const { length } = text
  return length === 0 ? Math.imul(before, 31) | 0 : Math.imul(before ^ (length | (text.charCodeAt(0) << 8) | (text.charCodeAt(length >> 1) << 16) | (text.charCodeAt(length - 1) << 24)), 0x01000193)
}
