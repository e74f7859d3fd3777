import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { namedFiles, unusableFiles } from './named-files.ts'
import { Config } from './schema.ts'

it('names every secret, key and certificate that a start would not find, and none that is there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [whole, empty, gone] = ['whole', 'empty', 'gone'].map((name) => join(folder, name)) as [string, string, string]
  writeFileSync(whole, 'x')
  writeFileSync(empty, '')
  const config = Config.parse({
    otlp: { tls: { key: gone, cert: whole } }, keys: { keyed_hash_file: empty },
    alerting: { receivers: [{ type: 'slack', name: 'a', url_file: whole }, { type: 'pagerduty', name: 'b', key_file: folder }, { type: 'webhook', name: 'c', url: 'https://c.example', secret_file: gone }] },
  })
  expect(unusableFiles(config).map((sentence) => sentence.replaceAll(folder, 'F'))).toEqual(expect.arrayContaining([
    'otlp.tls.key names F/gone, which cannot be read: ENOENT. Correct the path, or its owner and mode.',
    'keys.keyed_hash_file names F/empty, which is empty. Correct the path, or its owner and mode.',
    'alerting.receivers[1].key_file names F, which is a folder. Correct the path, or its owner and mode.',
    'alerting.receivers[2].secret_file names F/gone, which cannot be read: ENOENT. Correct the path, or its owner and mode.',
  ]))
  expect(unusableFiles(config)).toHaveLength(4)
  expect(namedFiles(Config.parse({}))).toEqual([])
})
