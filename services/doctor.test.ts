import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { writeMmdb } from '../test/mmdb/write-mmdb.ts'
import { Config } from './config/schema.ts'
import { checkLine } from './commands/doctor.ts'
import { checkNode, checkPlaces } from './doctor.ts'

it('tells kind, date and age of each file of places, and what is wrong with one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-doctor-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [whole, broken] = [join(folder, 'asn.mmdb'), join(folder, 'broken.mmdb')]
  writeFileSync(whole, writeMmdb({ type: 'GeoLite2-ASN', builtAt: new Date('2020-01-01T00:00:00Z'), networks: { '203.0.113.0/24': { autonomous_system_number: 64_500 } } }))
  writeFileSync(broken, 'rubbish')
  const checks = await checkPlaces(Config.parse({ place: { mmdb: [whole, broken] } }))
  expect(checks.map(({ what, ok }) => [what, ok])).toEqual([['places', true], ['places', false]])
  expect(checks[0]?.detail).toMatch(/asn\.mmdb is "GeoLite2-ASN" of 2020-01-01, \d{4,} days old, and tells asn$/)
  expect(checks[1]?.detail).toContain('it is no MMDB file')
})

it('notes a Node that is older than the recommended one, and fails none that works', () => {
  expect(checkNode('20.20.2')).toEqual({ what: 'node', ok: true, note: true, detail: expect.stringMatching(/^20\.20\.2\. Node 26 is recommended/) })
  expect(checkNode('26.10.0')).toEqual({ what: 'node', ok: true, detail: '26.10.0' })
  expect([checkNode('20.20.2'), checkNode('26.10.0'), { what: 'disk', ok: false, detail: 'full' }].map((check) => checkLine(check).slice(0, 10)))
    .toEqual(['note  node', 'ok    node', 'FAIL  disk'])
})
