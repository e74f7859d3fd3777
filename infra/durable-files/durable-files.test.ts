import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeWhole } from './durable-files.ts'
import { makeFolder } from './make-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wk-durable-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('writes in place of what was there and of a draft that was left, and through no link', async () => {
  const path = join(folder, 'one')
  writeFileSync(path, 'before')
  writeFileSync(join(folder, 'other'), 'not ours')
  symlinkSync(join(folder, 'other'), join(folder, '.one.new'))
  await writeWhole(path, 'after')
  expect(readFileSync(path, 'utf8')).toBe('after')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('not ours')
  expect(readdirSync(folder).sort()).toEqual(['one', 'other'])
})

it('leaves no draft where the place is taken', async () => {
  makeFolder(join(folder, 'one', 'within'))
  await expect(writeWhole(join(folder, 'one'), 'text')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(readdirSync(folder)).toEqual(['one'])
})

it('makes a folder and those above it for their owner, and once more without a word', () => {
  const deep = join(folder, 'a', 'b', 'c')
  makeFolder(deep)
  makeFolder(deep)
  makeFolder('/')
  for (const path of [deep, join(folder, 'a')]) expect(statSync(path).mode & 0o777).toBe(0o700)
})

it('says that there is a file in the way, and that no folder can be made there', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/)
  expect(() => makeFolder(join(folder, 'file', 'within'))).toThrow(/ENOTDIR/)
})

it.skipIf(process.platform !== 'linux')('comes to an end where the system says that nothing is there', () => {
  expect(() => makeFolder('/proc/watchkeeper')).toThrow('ENOENT: no folder can be made in /proc')
  expect(() => makeFolder('/proc/watchkeeper/within/it')).toThrow('ENOENT: no folder can be made in /proc')
})
