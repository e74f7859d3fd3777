/** Where an interaction came from: its address looked up in the files of the configuration, on its way out. */
import { type AddressBook, NOWHERE } from '../../../schemas/address-book.ts'
import type { Interaction } from '../../../schemas/interaction.ts'
import { type Network, networkOf } from './network.ts'

type Place = Pick<Interaction, 'client_network' | 'client_range' | 'client_country' | 'client_asn' | 'client_as_org' | 'client_hosting'>

/** The same addresses everywhere: nobody can say where they are. A company's own file may well know its private ones. */
const HERE: ReadonlySet<Network['range']> = new Set(['loopback', 'link_local'])

/** Most callers come again and again. */
const REMEMBERED = 10_000

function placeOf(text: string, book: AddressBook): Place {
  const { address, network, range } = networkOf(text)
  const { country, asn, organisation, hosting } = range === '' || HERE.has(range) ? NOWHERE : book.lookUp(address)
  return {
    client_network: network, client_range: range, client_country: country, client_asn: asn, client_as_org: organisation, client_hosting: range === 'public' ? hosting : '',
  }
}

/** The interaction with its place; the same object where it has no address. */
export function locator(book: AddressBook): (interaction: Interaction) => Interaction {
  const known = new Map<string, Place>()
  let edition = book.edition
  return (interaction) => {
    const { client_address: address } = interaction
    if (address === '') return interaction
    if (book.edition !== edition || known.size >= REMEMBERED) known.clear()
    edition = book.edition
    let place = known.get(address)
    if (place === undefined) known.set(address, (place = placeOf(address, book)))
    return { ...interaction, ...place }
  }
}
