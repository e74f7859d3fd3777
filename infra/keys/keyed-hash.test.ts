import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKeyedHash } from './keyed-hash.ts'
import { openKeyedHash } from './key-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
})
afterEach(() => rm(folder, { recursive: true }))
const path = (): string => join(folder, 'keys', 'keyed-hash.key')

describe('keyed hash', () => {
  it('is HMAC-SHA-256 under a key derived for tenant and purpose', () => {
    const secret = Buffer.alloc(32, 9)
    const key = createHmac('sha256', secret).update('watchkeeper 1\0content\0acme').digest()
    for (const text of ['', 'short', 'ü'.repeat(700), 'x'.repeat(70_000)]) {
      expect(createKeyedHash(secret).of('acme', 'content', text)).toBe(createHmac('sha256', key).update(text).digest('hex').slice(0, 32))
    }
  })

  it('says the same again, and other things for another tenant, purpose or secret', () => {
    const keyed = createKeyedHash(Buffer.alloc(32, 9))
    const said = [keyed.of('a', 'secret', 'x'), keyed.of('b', 'secret', 'x'), keyed.of('a', 'token', 'x'), createKeyedHash(Buffer.alloc(32, 8)).of('a', 'secret', 'x')]
    expect(new Set(said).size).toBe(4)
    expect(keyed.of('a', 'secret', 'x')).toBe(said[0])
  })
})

describe('key file', () => {
  it('is made once, readable by its owner alone, and used again', async () => {
    const [first, second] = await Promise.all([openKeyedHash(folder), openKeyedHash(folder)])
    const third = await openKeyedHash(folder)
    expect(second.of('t', 'secret', 'x')).toBe(first.of('t', 'secret', 'x'))
    expect(third.of('t', 'secret', 'x')).toBe(first.of('t', 'secret', 'x'))
    expect((await stat(path())).mode & 0o777).toBe(0o600)
    expect((await readFile(path())).length).toBe(32)
  })

  it('is refused by name when it is short, empty of randomness, or no file', async () => {
    await openKeyedHash(folder)
    await truncate(path(), 31)
    await expect(openKeyedHash(folder)).rejects.toMatchObject({ kind: 'misconfigured', code: 'keys.damaged', message: expect.stringContaining(path()) })
    await writeFile(path(), Buffer.alloc(32))
    await expect(openKeyedHash(folder)).rejects.toMatchObject({ kind: 'misconfigured', code: 'keys.damaged' })
    await writeFile(join(folder, 'file'), '')
    await expect(openKeyedHash(join(folder, 'file'))).rejects.toMatchObject({ kind: 'misconfigured', code: 'keys.unusable' })
  })
})
