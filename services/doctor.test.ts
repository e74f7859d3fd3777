import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { writeMmdb } from '../test/mmdb/write-mmdb.ts'
import { Config } from './config/schema.ts'
import { checkLine } from './commands/doctor.ts'
import { checkDoors, checkNode, checkPlaces, checkPort, checkReceivers } from './doctor.ts'

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

it('says which process has a port where that is the one of the data directory, and fails a port that somebody else has', async () => {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await checkPort('API', address)).toMatchObject({ ok: false, detail: expect.stringContaining('stop that, or choose another') as unknown })
  expect(await checkPort('API', address, 7)).toEqual({ what: 'API', ok: true, detail: `${address} is in use, and the watchkeeper of this data directory runs (process 7)` })
})

it('tells doors that a start would refuse, and receivers whose secrets cannot be read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-doctor-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const config = (more: object) => Config.parse({ data_dir: folder, ...more })
  expect(await checkDoors(config({}))).toMatchObject({ what: 'doors', ok: true })
  expect(await checkDoors(config({ otlp: { http: '0.0.0.0:4318' } }))).toMatchObject({ what: 'doors', ok: false, detail: expect.stringContaining('0.0.0.0') as unknown })
  const tls = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  expect(await checkDoors(config({ api: { tls } }))).toMatchObject({ ok: false, detail: expect.stringContaining('cannot be read: ENOENT') as unknown })
  const [whole, broken] = [{ type: 'slack', name: 'whole', url: 'https://hooks.example.org/x' }, { type: 'webhook', name: 'broken', url: 'https://hooks.example.org/', secret_file: join(folder, 'none') }]
  const checks = await checkReceivers(config({ alerting: { receivers: [whole, broken] } }))
  expect(checks.map(({ ok }) => ok)).toEqual([true, false])
  expect(checks[1]?.detail).toMatch(/secret_file of receiver broken .*ENOENT/)
})
