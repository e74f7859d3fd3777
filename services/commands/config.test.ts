import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { configCheck } from './config.ts'

afterEach(() => vi.restoreAllMocks())

it.each([['one process', {}, 1], ['parts', { bus: { kafka: { brokers: ['k:9092'] } } }, 0]])('names secrets that are not there (%s)', async (_form, more, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [config, errors] = [join(folder, 'watchkeeper.yaml'), [] as string[]]
  writeFileSync(config, JSON.stringify({ ...more, data_dir: folder, alerting: { receivers: [{ type: 'slack', name: 'a', url_file: join(folder, 'gone') }] } }))
  vi.spyOn(console, 'error').mockImplementation((text: string) => void errors.push(text))
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  expect(await configCheck({ config })).toBe(code)
  expect(errors).toEqual([expect.stringContaining(`alerting.receivers[0].url_file names ${join(folder, 'gone')}, which cannot be read: ENOENT`)])
})
