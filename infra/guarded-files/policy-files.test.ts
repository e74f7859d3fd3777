import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPolicyFiles, watchPolicyFiles } from './policy-files.ts'

let directory = ''
const watches: { close(): Promise<void> }[] = []
const put = (name: string, text: string, mode = 0o644): void => {
  writeFileSync(join(directory, name), text, { mode })
  chmodSync(join(directory, name), mode)
}
const names = async (files: readonly string[] = []): Promise<string[]> => (await readPolicyFiles({ directory, files })).map(({ name }) => name)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'policies-'))
})
afterEach(async () => {
  await Promise.all(watches.splice(0).map((watch) => watch.close()))
  rmSync(directory, { recursive: true, force: true })
})

describe('policy files', () => {
  it('are those that end with .yaml or .yml, in order, and those that are named, each once', async () => {
    for (const name of ['b.yaml', 'a.yml', '.hidden.yaml', 'c.yaml~', 'notes.txt']) put(name, name)
    mkdirSync(join(directory, 'elsewhere'))
    put('elsewhere/d.policy', 'd')
    expect(await names([join(directory, 'b.yaml'), join(directory, 'elsewhere', 'd.policy')])).toEqual(['a.yml', 'b.yaml', 'd.policy'])
    expect(await readPolicyFiles({ files: [] })).toEqual([])
  })

  it('come through links as a cluster makes them', async () => {
    mkdirSync(join(directory, '..2026'))
    put('..2026/p.yaml', 'linked')
    symlinkSync('..2026', join(directory, '..data'))
    symlinkSync(join('..data', 'p.yaml'), join(directory, 'p.yaml'))
    expect(await readPolicyFiles({ directory, files: [] })).toEqual([{ name: 'p.yaml', text: 'linked' }])
  })

  it.each([
    ['others may write the file', () => put('p.yaml', 'x', 0o666), /chmod go-w/], ['others may write to the folder', () => {
      put('p.yaml', 'x')
      chmodSync(directory, 0o777)
    }, /others may write to its folder/],
    ['it is a folder', () => mkdirSync(join(directory, 'p.yaml')), /no ordinary file/], ['it is too large', () => put('p.yaml', 'x'.repeat(300_000)), /larger than/],
    ['there is no folder', () => rmSync(directory, { recursive: true }), /cannot be read: ENOENT/],
  ])('are refused where %s', async (_, prepare, message) => {
    prepare()
    await expect(names()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringMatching(message) })
  })

  it('that are named must be there', async () => {
    await expect(readPolicyFiles({ files: [join(directory, 'none.yaml')] })).rejects.toMatchObject({ kind: 'misconfigured', code: 'policy.file' })
  })

  it('are told when one is changed in its place, replaced, added or removed', async () => {
    put('p.yaml', 'one')
    let looks = 0
    let heard = (): void => undefined
    watches.push(await watchPolicyFiles({ directory, files: [] }, async () => {
      looks++
      heard()
    }))
    expect(looks).toBe(1)
    for (const change of [
      () => put('p.yaml', 'longer'), () => put('q.yaml', 'new'), () => rmSync(join(directory, 'q.yaml')), () => {
        put('p.tmp', 'replaced')
        renameSync(join(directory, 'p.tmp'), join(directory, 'p.yaml'))
      }]) {
      const next = new Promise<void>((resolve) => {
        heard = resolve
      })
      change()
      await next
    }
    expect((await readPolicyFiles({ directory, files: [] }))[0]?.text).toBe('replaced')
  })
})
