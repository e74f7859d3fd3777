/** Whether somebody outside the company is given access, as far as an address tells. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Leaf } from '../arguments/values.ts'
import { hostFacts } from '../destinations/host-facts.ts'

const ADDRESS = /^[^\s@:/]{1,64}@([\w.-]{3,253})$/

/** Registrable domain of an e-mail address, '' of anything else; and whether anybody may have one there. */
function homeOf(text: string): { readonly domain: string; readonly isAnybodys: boolean } {
  const facts = hostFacts(ADDRESS.exec(text.trim())?.[1] ?? '')
  return facts === undefined || facts.internal ? { domain: '', isAnybodys: false } : { domain: facts.domain, isAnybodys: facts.trait !== '' }
}

/** An address at a free mail service or, where the caller is known by an address, at another company. */
export function isForOutsider({ principal, principal_trust: trust }: Interaction, leaves: readonly Leaf[]): boolean {
  const own = trust === 'verified' || trust === 'server_reported' ? homeOf(principal) : homeOf('')
  return leaves.some(({ text }) => {
    const { domain, isAnybodys } = homeOf(text)
    return domain !== '' && domain !== own.domain && (isAnybodys || (own.domain !== '' && !own.isAnybodys))
  })
}
