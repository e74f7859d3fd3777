/** Where a call sends something to, or fetches from, read from its arguments. Pure and linear; unknown stays out of the list. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Leaf } from '../arguments/values.ts'
import { valuesIn } from '../request-fit/sources.ts'
import { mayRun } from '../shell/where.ts'
import { hostFacts } from './host-facts.ts'
import { type Address, addressIn, anybodyIn, mailIn, spacedKey } from './read-value.ts'

export interface Destination extends Address {
  /** Path of the argument: `$.url`. */
  readonly argument: string
  /** Where its value came from, as `argument_sources` says; `unknown` where it says nothing. */
  readonly source: string
}

const NONE: readonly Destination[] = []
/** Most of one call that count. */
const MOST = 16
const LONGEST = 2_048
const RECIPIENT = /^(?:to|cc|bcc|.{0,40}(?:recipients?|emails?|e_mails?|addresse?s?|attendees?|participants?|invitees?|members?|guests?|users?))$/i
/** Who sends, or whom it is about: no place to which anything goes. */
const NOT_THERE = /^(?:.{0,40}_)?(?:from|sender|author|owner|login|account|username|user|principal|created_by|requested_by|actor|reporter|assignee)(?:_e?_?mail|_address)?$/i

let last: { readonly of: Interaction; readonly destinations: readonly Destination[] } | undefined

/**
 * Destinations of a tool call in the order of its arguments, each name once, at most 16; e-mail addresses only of calls that are more than reading.
 * Remembered for the interaction that was asked about last, so that several detectors pay once. `internal`: a private address or inner name, or the domain
 * of the caller where a server vouches for who that is.
 */
export function destinationsOf(interaction: Interaction): readonly Destination[] {
  if (!mayLead(interaction)) return NONE
  if (last?.of !== interaction) last = { of: interaction, destinations: read(interaction) }
  return last.destinations
}

/** What every call pays: a few searches for marks without which no value is an address. */
function mayLead({ method, arguments: text, effect }: Interaction): boolean {
  if (text.length < 8 || method !== 'tools/call') return false
  if (text.includes('://')) return true
  if (effect === 'read' || effect === 'delete') return false
  if (effect === 'grant') return true
  return text.includes('@') || text.includes('ost') || text.includes('ucket') || text.includes('omain') || text.includes('ndpoint') || text.includes('rl"')
    || text.includes('\\\\\\\\')
}

function read(interaction: Interaction): readonly Destination[] {
  const found = new Map<string, Destination>()
  const own = ownDomain(interaction)
  for (const leaf of valuesIn(interaction.arguments)) {
    for (const address of addressesIn(leaf, interaction)) {
      if (found.size >= MOST) return [...found.values()]
      if (found.has(address.name)) continue
      found.set(address.name, { ...address, internal: address.internal || (own !== '' && address.domain === own), argument: leaf.path,
        source: interaction.argument_sources.get(leaf.path) ?? 'unknown' })
    }
  }
  return found.size === 0 ? NONE : [...found.values()]
}

/** The domain of a caller who is known by an e-mail address, unless that is anybody's. */
function ownDomain({ principal, principal_trust: trust }: Interaction): string {
  const at = principal.lastIndexOf('@')
  if (at < 0 || (trust !== 'verified' && trust !== 'server_reported')) return ''
  const facts = hostFacts(principal.slice(at + 1))
  return facts === undefined || facts.trait !== '' ? '' : facts.domain
}

const isOne = (address: Address | undefined): address is Address => address !== undefined

function addressesIn({ key, text }: Leaf, { tool, effect, arguments: args }: Interaction): readonly Address[] {
  const value = text.trim()
  const name = spacedKey(key)
  if (value.includes('@') && !value.includes('://')) {
    const mails = effect === 'read' || effect === 'delete' || NOT_THERE.test(name) ? [] : mailsIn(value, name)
    if (mails.length > 0) return mails
  }
  if (effect === 'grant' || effect === 'write') {
    const anybody = anybodyIn(value, name)
    if (anybody !== undefined) return [anybody]
  }
  if (!/\s/.test(value)) return value.length > LONGEST ? [] : [addressIn(value, name)].filter(isOne)
  return effect === 'execute' || mayRun(tool, args) ? inCommand(value) : []
}

function mailsIn(value: string, key: string): readonly Address[] {
  if (!/[\s,;]/.test(value)) return [mailIn(value)].filter(isOne)
  if (!RECIPIENT.test(key)) return []
  return value.slice(0, LONGEST).split(/[,;]/, MOST).map((one) => mailIn(one.trim())).filter(isOne)
}

/** URLs and remotes among the words of a command. */
function inCommand(text: string): readonly Address[] {
  return text.slice(0, LONGEST * 2).split(/[\s"'`<>|;()]+/, 256).filter((word) => word.includes('://') || /^[\w.-]{1,64}@[\w.-]{1,253}:/.test(word))
    .slice(0, MOST).map((word) => addressIn(word.slice(Math.max(0, word.search(/[a-z][a-z0-9+.-]{0,20}:\/\//i))), '')).filter(isOne)
}
