import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openLocalRing } from '../../infra/sealing/key-folder.ts'
import { keysRetire, keysRotate } from './keys.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'wk-keys-'))
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const deeds = () => readdirSync(join(dataDir, 'admin-spool')).map((name) => JSON.parse(readFileSync(join(dataDir, 'admin-spool', name), 'utf8')) as { action: string; outcome: string; details: Record<string, string> })

it('changes the key of keys of a stopped log, and writes down that it did', async () => {
  const keys = join(dataDir, 'keys', 'log')
  const sealed = (await openLocalRing(keys, 1)).seal(Buffer.from('hello'), 'x')
  const old = readFileSync(join(keys, 'master.key'))
  const log = await openEmbeddedLog({ directory: join(dataDir, 'bus'), partitions: 1, clock: { now: () => 1n }, tailCacheBytes: 0 })
  await expect(keysRotate({ dataDir })).rejects.toMatchObject({ code: 'log.locked' })
  await log.close()
  expect(await keysRotate({ dataDir })).toBe(0)
  expect(readFileSync(join(keys, 'master.key')).equals(old)).toBe(false)
  expect(existsSync(join(keys, 'master.key.before'))).toBe(false)
  expect((await openLocalRing(keys, 2)).open(sealed, 'x').toString()).toBe('hello')
  expect(deeds().map(({ action, outcome }) => `${action} ${outcome}`).sort()).toEqual(['key.retire ok', 'key.rotate ok'])
  expect(JSON.stringify(deeds())).not.toContain(old.toString('hex'))
})

it('keeps the old key of a file that others may have, until it is retired', async () => {
  const file = join(dataDir, 'sealing.key')
  writeFileSync(file, Buffer.from(Array.from({ length: 32 }, (_, at) => at)))
  const config = join(dataDir, 'watchkeeper.yaml')
  writeFileSync(config, `data_dir: ${dataDir}\nkeys: { sealing_key_file: ${file} }\n`)
  await keysRotate({ config })
  expect(readFileSync(`${file}.before`)[31]).toBe(31)
  await keysRetire({ config })
  expect(existsSync(`${file}.before`)).toBe(false)
})

it('says where there is nothing to change', async () => {
  await expect(keysRotate({ dataDir })).rejects.toMatchObject({ code: 'sealing.no_master' })
})
