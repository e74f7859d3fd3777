import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openReportFiles } from './report-files.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wk-report-files-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))
const FILES = new Map([['report.json', '{}'], ['answers/sources.jsonl', 'a\n']])

it('keeps files under their name, readable by nobody else; the same again is the same place, others stand beside it', async () => {
  const files = openReportFiles(root)
  const place = await files.keep('acme/2026-11-01-abc', FILES)
  expect([place, statSync(join(place, 'report.json')).mode & 0o777]).toEqual([join(root, 'acme/2026-11-01-abc'), 0o600])
  expect(await files.keep('acme/2026-11-01-abc', FILES)).toBe(place)
  const other = await files.keep('acme/2026-11-01-abc', new Map(FILES).set('report.json', '{"a":1}'))
  expect(other).toBe(`${place}-2`)
  expect([await files.read(place), await files.read(other)]).toEqual([FILES, new Map(FILES).set('report.json', '{"a":1}')])
  expect(readdirSync(root)).toEqual(['acme'])
})

it('takes no name that leads elsewhere, and reads nothing outside', async () => {
  const files = openReportFiles(join(root, 'reports'))
  for (const name of ['../x', '/x', 'a/../b', 'A', 'a//b', '']) await expect(files.keep(name, FILES), name).rejects.toThrow(/no plain name/)
  for (const path of ['../x.json', 'a/b/c.json', 'x.sh']) await expect(files.keep('a', new Map([[path, '']])), path).rejects.toThrow(/no file/)
  await files.keep('a', FILES)
  mkdirSync(join(root, 'secret'))
  symlinkSync(join(root, 'secret'), join(root, 'reports', 'link'))
  for (const directory of [root, join(root, 'secret'), join(root, 'reports'), join(root, 'reports', 'link'), join(root, 'reports', 'none')]) expect(await files.read(directory), directory).toBeUndefined()
})

it('removes what a killed process left, and nothing that somebody may be writing', async () => {
  mkdirSync(join(root, `.${'a'.repeat(16)}`))
  mkdirSync(join(root, `.${'b'.repeat(16)}`))
  utimesSync(join(root, `.${'a'.repeat(16)}`), 0, 0)
  await openReportFiles(root).keep('acme/x', FILES)
  expect(readdirSync(root).sort()).toEqual([`.${'b'.repeat(16)}`, 'acme'])
})
