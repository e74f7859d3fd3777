import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MmdbContent, writeMmdb } from '../../test/mmdb/write-mmdb.ts'
import { type AddressBookNews, type OpenAddressBook, openAddressBook } from './address-book.ts'
import { readMmdb } from './mmdb-file.ts'

let folder: string
let opened: OpenAddressBook | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wk-mmdb-'))
})
afterEach(() => {
  opened?.close()
  opened = undefined
  rmSync(folder, { recursive: true, force: true })
})

const SILENT: AddressBookNews = { replaced: () => undefined, broken: () => undefined, unreadable: () => undefined }

function fileOf(name: string, content: MmdbContent): string {
  const path = join(folder, name)
  writeFileSync(path, writeMmdb(content))
  return path
}

const CITY: MmdbContent = { type: 'GeoLite2-City', networks: {
  '203.0.113.0/24': { city: { names: { en: 'Kiel' } }, country: { iso_code: 'DE', names: { en: 'Germany' } }, registered_country: { iso_code: 'FR' } },
  '198.51.100.0/24': { registered_country: { iso_code: 'FR' } },
  '2001:db8:1::/48': { country: { iso_code: 'NO' } },
} }
const ASN: MmdbContent = { type: 'GeoLite2-ASN', networks: {
  '203.0.112.0/22': { autonomous_system_number: 64_500, autonomous_system_organization: 'Example Hosting' },
  '2001:db8::/32': { autonomous_system_number: 4_200_000_001, autonomous_system_organization: 'x'.repeat(400) },
} }
const ANONYMOUS: MmdbContent = { type: 'GeoIP2-Anonymous-IP', networks: { '203.0.113.0/25': { is_anonymous: true, is_hosting_provider: true }, '198.51.100.9/32': { is_anonymous: true } } }

describe('MMDB files', () => {
  it.each([24, 28, 32] as const)('of MaxMind with records of %i bits answer together, each with what it knows', async (recordSize) => {
    const contents = Object.entries({ city: CITY, asn: ASN, anonymous: ANONYMOUS })
    opened = await openAddressBook(contents.map(([name, content]) => fileOf(name, { ...content, recordSize })), SILENT)
    expect(opened.lookUp('203.0.113.9')).toEqual({ country: 'DE', asn: 64_500, organisation: 'Example Hosting', hosting: 'yes' })
    expect(opened.lookUp('203.0.113.200')).toEqual({ country: 'DE', asn: 64_500, organisation: 'Example Hosting', hosting: 'no' })
    expect(opened.lookUp('198.51.100.9')).toEqual({ country: '', asn: 0, organisation: '', hosting: 'no' })
    expect(opened.lookUp('2001:db8:1:2::3')).toEqual({ country: 'NO', asn: 4_200_000_001, organisation: 'x'.repeat(200), hosting: 'no' })
    expect(opened.files().map(({ type, facts }) => [type, facts])).toEqual([['GeoLite2-City', ['country']], ['GeoLite2-ASN', ['asn']], ['GeoIP2-Anonymous-IP', ['hosting']]])
  })

  it('of DB-IP and IPinfo say the same in their own words', async () => {
    const networks = { '203.0.113.0/24': { country: 'Germany', country_code: 'DE', continent: 'Europe', asn: 'AS64500', as_name: 'Example', as_domain: 'example.net' } }
    opened = await openAddressBook([fileOf('lite', { type: 'ipinfo generic_standard_free.mmdb', networks })], SILENT)
    expect(opened.lookUp('203.0.113.1')).toEqual({ country: 'DE', asn: 64_500, organisation: 'Example', hosting: '' })
    const older = await readMmdb(fileOf('older', { type: 'ipinfo country_asn', networks: { '203.0.113.0/24': { country: 'DE', country_name: 'Germany', asn: '' } } }))
    expect(older.lookUp('203.0.113.1')).toEqual({ country: 'DE', asn: 0, organisation: '', hosting: '' })
    const privacy = await readMmdb(fileOf('privacy', { type: 'ipinfo standard_privacy', networks: { '203.0.113.0/24': { hosting: 'true', vpn: '' }, '198.51.100.0/24': { hosting: '', vpn: 'true' } } }))
    expect([privacy.lookUp('203.0.113.1').hosting, privacy.lookUp('198.51.100.1').hosting]).toEqual(['yes', 'no'])
    const dbip = await readMmdb(fileOf('dbip', { type: 'DBIP-Country-Lite', ipVersion: 4, networks: { '203.0.113.0/24': { country: { iso_code: 'DE' } } } }))
    expect([dbip.lookUp('203.0.113.1').country, dbip.lookUp('2001:db8::1').country]).toEqual(['DE', ''])
    const isp = await readMmdb(fileOf('enterprise', { type: 'GeoIP2-Enterprise', networks: { '203.0.113.0/24': { country: { iso_code: 'DE' }, traits: { autonomous_system_number: 64_501, is_hosting_provider: false } } } }))
    expect(isp.lookUp('203.0.113.1')).toEqual({ country: 'DE', asn: 64_501, organisation: '', hosting: 'no' })
  })

  it('that say nonsense say nothing', async () => {
    const file = await readMmdb(fileOf('odd', { type: 'odd', networks: {
      '203.0.113.0/24': { country: { iso_code: 'Germany' }, asn: 'ASx', is_hosting_provider: 1 }, '198.51.100.0/24': ['DE'], '192.0.2.0/24': 'DE', '10.0.0.0/8': { country: 'DE', asn: 99_999_999_999 },
    } }))
    for (const address of ['203.0.113.1', '198.51.100.1', '192.0.2.1']) expect(file.lookUp(address)).toEqual({ country: '', asn: 0, organisation: '', hosting: '' })
    expect(file.lookUp('10.1.1.1')).toMatchObject({ country: 'DE', asn: 0 })
  })

  it('that cannot be used stop the start with a sentence', async () => {
    const whole = writeMmdb(CITY)
    const write = (name: string, bytes: Buffer): string => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }
    const ring = Buffer.from(whole)
    ring.writeUIntBE(0, 0, 3)
    const away = Buffer.from(whole)
    away.writeUIntBE(0xff_ff_ff, 0, 3)
    const cases: readonly (readonly [string, string])[] = [
      [join(folder, 'none.mmdb'), 'there is no such file'], [folder, 'it is no ordinary file'],
      [write('text', Buffer.from('no such thing')), 'it is no MMDB file'], [write('empty', Buffer.alloc(0)), 'it is no MMDB file'],
      [write('half', whole.subarray(0, whole.length / 2)), 'it is no MMDB file'], [write('ring', ring), 'it is damaged'], [write('away', away), 'it is damaged'],
      [write('domain', writeMmdb({ type: 'GeoIP2-Domain', networks: { '203.0.113.0/24': { domain: 'example.net' } } })), 'tells neither country nor network nor hosting'],
    ]
    for (const [path, sentence] of cases) {
      await expect(openAddressBook([path], SILENT), path).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(sentence) })
      await expect(openAddressBook([path], SILENT)).rejects.toMatchObject({ message: expect.stringContaining(path) })
    }
  })

  it('cut or flipped anywhere never do more than say something else', async () => {
    const whole = writeMmdb(CITY)
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at)
      writeFileSync(join(folder, 'flipped'), bytes)
      const lost: string[] = []
      const book = await openAddressBook([join(folder, 'flipped')], { ...SILENT, unreadable: (path) => lost.push(path) }).catch((error: unknown) => {
        expect(error, `byte ${at}`).toMatchObject({ kind: 'misconfigured' })
      })
      for (const address of ['203.0.113.9', '2001:db8:1::1', '8.8.8.8']) expect(Object.keys(book?.lookUp(address) ?? { country: 1 })).toContain('country')
      book?.close()
    }
  })

  it('are read again when they are replaced; a broken one changes nothing but is told', async () => {
    const path = fileOf('live.mmdb', CITY)
    const news: string[] = []
    let told: () => void = () => undefined
    const next = (): Promise<void> => new Promise((resolve) => (told = resolve))
    const say = (what: string): void => {
      news.push(what)
      told()
    }
    opened = await openAddressBook([path], { ...SILENT, replaced: ({ type }) => say(type), broken: (_path, error) => say(error instanceof Error ? error.message : '') }, 5)
    const replace = async (bytes: Buffer): Promise<void> => {
      const heard = next()
      writeFileSync(`${path}.new`, bytes)
      renameSync(`${path}.new`, path)
      await heard
    }
    const before = opened.edition
    await replace(writeMmdb({ type: 'DBIP-Country-Lite', networks: { '203.0.113.0/24': { country: { iso_code: 'AT' } } } }))
    expect([opened.lookUp('203.0.113.9').country, opened.edition > before, news]).toEqual(['AT', true, ['DBIP-Country-Lite']])
    await replace(Buffer.from('rubbish'))
    expect(opened.lookUp('203.0.113.9').country).toBe('AT')
    expect(news.at(-1)).toContain('it is no MMDB file')
    const gone = next()
    rmSync(path)
    await gone
    expect([opened.lookUp('203.0.113.9').country, opened.files()[0]?.type]).toEqual(['AT', 'DBIP-Country-Lite'])
    await replace(writeMmdb(CITY))
    expect(opened.lookUp('203.0.113.9').country).toBe('DE')
  })
})
