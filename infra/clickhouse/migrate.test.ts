import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, openEngine } from './engine.ts'
import { migrate, readMigrations } from './migrate.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-migrate-'))
const files = join(directory, 'files')
const read = () => readMigrations(pathToFileURL(`${files}/`))
let engine: Engine
beforeAll(() => {
  cpSync(new URL('./migrations', import.meta.url), files, { recursive: true })
  engine = openEngine({ directory: join(directory, 'data'), readers: 1 })
})
afterAll(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

it('applies each migration once, in order, and later ones when they come', async () => {
  const shipped = read()
  expect(shipped.map(({ number }) => number)).toEqual(shipped.map((_, i) => i + 1))
  expect(await migrate(engine, shipped)).toEqual(shipped.map(({ number }) => number))
  expect(await migrate(engine, shipped)).toEqual([])
  writeFileSync(join(files, '0099_later.sql'), "-- Two statements; the first's text has a semicolon.\nCREATE TABLE IF NOT EXISTS watchkeeper.later (n UInt8 COMMENT 'a; b') ENGINE = MergeTree ORDER BY n;\nINSERT INTO watchkeeper.later VALUES (1);\n")
  expect(await migrate(engine, read())).toEqual([99])
  expect(String(await engine.read('SELECT n FROM watchkeeper.later'))).toBe('[1]\n')
})

it('can be cut off between a statement and its record', async () => {
  await engine.write('TRUNCATE TABLE watchkeeper.schema_migrations')
  const shipped = readMigrations(new URL('./migrations/', import.meta.url))
  expect(await migrate(engine, shipped)).toEqual(shipped.map(({ number }) => number))
})

it('refuses a file that was changed after it was applied, and a database newer than itself', async () => {
  writeFileSync(join(files, '0001_audit_events.sql'), 'SELECT 1;\n')
  await expect(migrate(engine, read())).rejects.toMatchObject({ kind: 'misconfigured', code: 'store.migration_changed' })
  await expect(migrate(engine, [])).rejects.toMatchObject({ kind: 'misconfigured', code: 'store.newer' })
})
