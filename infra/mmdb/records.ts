/**
 * What a record of an MMDB file says, whoever made the file. Shapes: MaxMind GeoLite2 and GeoIP2 (Country, City, Enterprise, ASN, ISP, Anonymous-IP;
 * https://dev.maxmind.com/geoip/docs/databases), DB-IP lite, which copies them, and IPinfo (lite, country_asn, privacy;
 * https://ipinfo.io/developers/ipinfo-lite-database).
 */
import { NOWHERE, type Whereabouts } from '../../schemas/address-book.ts'

const ORGANISATION_CHARACTERS = 200

type Members = Readonly<Record<string, unknown>>
const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {})
const COUNTRY = /^[A-Z]{2}$/

function countryIn(record: Members): string {
  const said = [membersOf(record['country'])['iso_code'], record['country_code'], record['country']]
  const found = said.find((value): value is string => typeof value === 'string' && COUNTRY.test(value))
  return found ?? ''
}

function numberOf(value: unknown): number {
  const number = typeof value === 'string' ? Number(value.replace(/^AS/i, '')) : value
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= 4_294_967_295 ? number : 0
}

const asnIn = (record: Members, traits: Members): number =>
  numberOf(record['autonomous_system_number']) || numberOf(traits['autonomous_system_number']) || numberOf(record['asn'])

function organisationIn(record: Members, traits: Members): string {
  const said = [record['autonomous_system_organization'], traits['autonomous_system_organization'], record['as_name'], record['as_organization']]
  const found = said.find((value): value is string => typeof value === 'string' && value !== '')
  return (found ?? '').slice(0, ORGANISATION_CHARACTERS)
}

function hostingIn(record: Members, traits: Members): Whereabouts['hosting'] {
  const said = record['is_hosting_provider'] ?? traits['is_hosting_provider'] ?? record['is_hosting'] ?? record['hosting']
  if (said === true || said === 'true') return 'yes'
  return said === false || said === 'false' || said === '' ? 'no' : ''
}

/** Anything that is no record says nothing. */
export function whereaboutsIn(record: unknown): Whereabouts {
  const members = membersOf(record)
  const traits = membersOf(members['traits'])
  const asn = asnIn(members, traits)
  return { country: countryIn(members), asn, organisation: asn === 0 ? '' : organisationIn(members, traits), hosting: hostingIn(members, traits) }
}

/** The files that list what is anonymous or hosted: of what is not in them they say that it is not. */
export const listsHosting = (type: string): boolean => /anonymous|privacy|hosting/i.test(type)

/** Each fact from the first that has it; an organisation only with its number. */
export function together(answers: readonly Whereabouts[]): Whereabouts {
  const system = answers.find(({ asn }) => asn !== 0) ?? NOWHERE
  return {
    country: answers.find(({ country }) => country !== '')?.country ?? '', asn: system.asn, organisation: system.organisation,
    hosting: answers.find(({ hosting }) => hosting !== '')?.hosting ?? '',
  }
}
