import { describe, expect, it } from 'vitest'
import type { AddressBook } from '../../../schemas/address-book.ts'
import { blankInteraction } from '../../../schemas/interaction.ts'
import { locator } from './locate.ts'
import { networkOf } from './network.ts'

describe('networks', () => {
  it.each([
    ['8.8.8.8', '8.8.8.8', 'public'], ['10.1.2.3', '10.1.2.3', 'private'], ['172.31.0.1', '172.31.0.1', 'private'], ['172.32.0.1', '172.32.0.1', 'public'],
    ['192.168.1.1', '192.168.1.1', 'private'], ['127.0.0.53', '127.0.0.53', 'loopback'], ['169.254.169.254', '169.254.169.254', 'link_local'],
    ['100.64.0.1', '100.64.0.1', 'carrier_nat'], ['100.128.0.1', '100.128.0.1', 'public'], ['203.0.113.9', '203.0.113.9', 'reserved'], ['0.0.0.0', '0.0.0.0', 'reserved'],
    ['2606:4700:1:2:3:4:5:6', '2606:4700:1:2::/64', 'public'], ['2606:4700:1:2::1', '2606:4700:1:2::/64', 'public'], ['FD00::1', 'fd00::/64', 'private'],
    ['fe80::1%eth0', 'fe80::/64', 'link_local'], ['::1', '::/64', 'loopback'], ['::ffff:10.0.0.1', '10.0.0.1', 'private'], ['::ffff:a00:1', '10.0.0.1', 'private'],
    ['64:ff9b::8.8.4.4', '8.8.4.4', 'public'], ['2001:db8::1', '2001:db8::/64', 'reserved'],
  ] as const)('%s is counted as %s and is %s', (text, network, range) => {
    expect(networkOf(text)).toMatchObject({ network, range })
  })

  it.each(['', 'localhost', '10.1', '0x7f.0.0.1', '010.0.0.1', '1.2.3.4.5', '10.0.0.0/8', 'unix:', '[::1]', '%', ':::', '😀'])('%o is no address', (text) => {
    expect(networkOf(text)).toEqual({ address: '', network: '', range: '' })
  })
})

describe('places', () => {
  const asked: string[] = []
  const book = (country: string): AddressBook & { edition: number } => ({
    edition: 1,
    lookUp(address) {
      asked.push(address)
      return { country, asn: 64_500, organisation: 'Example', hosting: 'no' }
    },
  })

  it('are looked up once an address, and anew after a file was replaced', () => {
    const found = book('DE')
    const locate = locator(found)
    const from = (client_address: string) => locate({ ...blankInteraction(), client_address })
    expect(from('::ffff:8.8.8.8')).toMatchObject({
      client_address: '::ffff:8.8.8.8', client_network: '8.8.8.8', client_range: 'public', client_country: 'DE', client_asn: 64_500, client_as_org: 'Example', client_hosting: 'no',
    })
    from('::ffff:8.8.8.8')
    expect(asked).toEqual(['8.8.8.8'])
    found.edition++
    from('::ffff:8.8.8.8')
    expect(asked).toEqual(['8.8.8.8', '8.8.8.8'])
  })

  it('say nothing of what has no address, and no host where the file only lists public ones', () => {
    const locate = locator(book('DE'))
    const nowhere = blankInteraction()
    expect(locate(nowhere)).toBe(nowhere)
    expect(locate({ ...nowhere, client_address: 'localhost' })).toMatchObject({ client_network: '', client_range: '', client_country: '' })
    expect(locate({ ...nowhere, client_address: '10.1.2.3' })).toMatchObject({ client_network: '10.1.2.3', client_range: 'private', client_country: 'DE', client_hosting: '' })
    expect(locate({ ...nowhere, client_address: '127.0.0.1' })).toMatchObject({ client_range: 'loopback', client_country: '' })
  })
})
