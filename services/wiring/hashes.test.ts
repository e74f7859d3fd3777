import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig, masked } from '../config/load.ts'
import { configuredTokens, withPasswordHashes } from './hashes.ts'

const folder = mkdtempSync(join(tmpdir(), 'wk-hashes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const keep = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const configOf = (tree: object) => loadConfig({ file: keep('config.yaml', JSON.stringify(tree)), environment: {}, flags: [] })
const tokens = (token: object) => configOf({ otlp: { tokens: [{ name: 'a', tenant: 't', ...token }] } })
const users = (user: object) => configOf({ sql: { users: [{ name: 'kim', tenant: 't', ...user }] } })
const HASH = 'ab'.repeat(32)

describe('hashes in files', () => {
  it('are those of tokens, with or without a line end', () => {
    for (const text of [HASH, `${HASH}\n`]) {
      expect(configuredTokens(tokens({ sha256_file: keep('token', text), budget: { requests_per_second: 5 } })))
        .toEqual([{ name: 'a', tenant: 't', sha256: HASH, budget: expect.objectContaining({ requests_per_second: 5 }) }])
    }
    expect(configuredTokens(tokens({ sha256: HASH }))).toMatchObject([{ sha256: HASH }])
  })

  it('are those of users of the SQL door, in either form', () => {
    const scrypt = `scrypt$16384$8$1$${'A'.repeat(24)}$${'B'.repeat(44)}`
    const of = (text: string) => withPasswordHashes(users({ password_hash_file: keep('user', text) }).sql.users)
    expect(of(`${HASH}\n`)).toEqual([{ name: 'kim', tenant: 't', role: 'auditor', password_sha256: HASH }])
    expect(of(scrypt)).toEqual([{ name: 'kim', tenant: 't', role: 'auditor', password_scrypt: scrypt }])
  })

  it('are refused with the setting and the file, and never repeated', () => {
    const bad = keep('bad', 'hunter2')
    for (const read of [() => configuredTokens(tokens({ sha256_file: bad })), () => withPasswordHashes(users({ password_hash_file: bad }).sql.users)]) {
      expect(read).toThrow(/_file names .*bad, which must hold/)
      expect(read).not.toThrow(/hunter2/)
    }
    expect(() => configuredTokens(tokens({ sha256_file: join(folder, 'none') }))).toThrow(/otlp\.tokens \(a\): sha256_file names .*none, which cannot be read: ENOENT/)
    expect(() => configuredTokens(tokens({ sha256_file: keep('empty', ' \n') }))).toThrow(/is empty/)
  })

  it('stand in one place only', () => {
    expect(() => tokens({})).toThrow(/exactly one of sha256 and sha256_file/)
    expect(() => tokens({ sha256: HASH, sha256_file: 'x' })).toThrow(/exactly one of sha256 and sha256_file/)
    expect(() => users({ password_sha256: HASH, password_hash_file: 'x' })).toThrow(/exactly one of password_sha256, password_scrypt and password_hash_file/)
    expect(JSON.stringify(masked(tokens({ sha256_file: '/run/secrets/x' })))).toContain('/run/secrets/x')
  })
})
