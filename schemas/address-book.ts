/** What is known of network addresses from files that the user brings: the port behind which they stand. */

/** '' and 0 where nobody says. */
export interface Whereabouts {
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly asn: number
  readonly organisation: string
  readonly hosting: '' | 'yes' | 'no'
}

export interface AddressBook {
  /** Another number after each file that was read anew: answers of before may be stale. */
  readonly edition: number
  /** Of an IPv4 or IPv6 address, without zone. Never throws. */
  lookUp(address: string): Whereabouts
}

export const NOWHERE: Whereabouts = { country: '', asn: 0, organisation: '', hosting: '' }
export const emptyAddressBook: AddressBook = { edition: 0, lookUp: () => NOWHERE }
