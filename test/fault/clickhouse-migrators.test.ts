/** Many processes start at once against an empty server: every migration runs once, whoever of them dies. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import { readMigrations } from '../../infra/clickhouse/migrate.ts'
import { openServerStore, type ServerStore } from '../../infra/clickhouse/server/server-store.ts'
import { expectedShapes } from '../../infra/clickhouse/server/shape.ts'
import type { ServerStoreOptions } from '../../infra/clickhouse/server/options.ts'
import { type Shim, startShim } from '../clickhouse-shim/shim.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-migrators-'))
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const PROCESSES = 6
let engine: Engine
let shim: Shim
beforeAll(async () => {
  engine = openEngine({ directory, readers: 8 })
  shim = await startShim({ engine })
})
afterAll(async () => {
  await shim.stop()
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  shim.faults.clear()
  shim.seen.length = 0
  await engine.write('DROP DATABASE IF EXISTS watchkeeper SYNC')
})

const open = (count: number, more: Partial<ServerStoreOptions> = {}): Promise<ServerStore[]> =>
  Promise.all(Array.from({ length: count }, () => openServerStore({ url: shim.url, user: 'default', clock, ...more })))
const closeAll = (stores: readonly ServerStore[]): Promise<unknown> => Promise.all(stores.map((store) => store.close()))
const sent = (match: RegExp): number => shim.seen.filter(({ sql }) => match.test(sql)).length

const NUMBERS = readMigrations().map(({ number }) => number)
const STATEMENTS = readMigrations().flatMap(({ statements }) => statements)
async function applied(): Promise<unknown> {
  return JSON.parse(String(await engine.read('SELECT groupArray(number) FROM (SELECT number FROM watchkeeper.schema_migrations ORDER BY number)')))
}

it(`${PROCESSES} processes at once apply each migration once, and all can write`, async () => {
  const stores = await open(PROCESSES)
  await Promise.all(stores.map((store) => store.migrate()))
  expect(await applied()).toEqual([NUMBERS])
  for (const statement of STATEMENTS) expect(shim.seen.filter(({ sql }) => sql === statement)).toHaveLength(1)
  // Some tables are made like that.
  const bornSo = STATEMENTS.filter((statement) => statement.includes('CREATE TABLE') && statement.includes('fsync_after_insert')).length
  expect(sent(/^ALTER TABLE .* fsync_after_insert/)).toBe(expectedShapes().length - 1 - bornSo)
  expect(String(await engine.read('SELECT count() = uniqExact(turn) FROM watchkeeper.schema_lease'))).toBe('[1]\n')
  shim.seen.length = 0
  await Promise.all(stores.map((store) => store.migrate()))
  expect(sent(/^(CREATE|ALTER|INSERT)/)).toBe(0)
  await closeAll(stores)
})

it('while answers to statements, records and claims of the lease are lost', async () => {
  for (const match of [/CREATE OR REPLACE VIEW/, /INSERT INTO watchkeeper.schema_migrations/, /INSERT INTO watchkeeper.schema_lease/, /^ALTER/]) {
    shim.faults.plan(match, { kind: 'reset', when: 'after' }, 2)
  }
  const stores = await open(PROCESSES)
  await Promise.all(stores.map((store) => store.migrate()))
  expect(await applied()).toEqual([NUMBERS])
  await closeAll(stores)
})

it('one that dies in the middle is followed by another, when its lease has run out', async () => {
  const [first, ...others] = await open(3, { leaseMs: 1_500 })
  shim.faults.plan(/CREATE TABLE IF NOT EXISTS watchkeeper.finding_versions/, { kind: 'silence' })
  const dead = first!.migrate()
  dead.catch(() => undefined)
  while (shim.faults.done.length === 0) await new Promise((resolve) => setImmediate(resolve))
  // As when it is killed: its lease is not given back.
  await first!.close()
  await expect(dead).rejects.toMatchObject({ kind: 'unavailable' })
  await Promise.all(others.map((store) => store.migrate()))
  expect(await applied()).toEqual([NUMBERS])
  await closeAll(others)
})

it('gives up in a sentence when another migrates all the time', async () => {
  const [store] = await open(1, { migrateWithinMs: 0 })
  await engine.write('CREATE DATABASE watchkeeper ENGINE = Atomic')
  await engine.write(`CREATE TABLE watchkeeper.schema_lease (turn UInt64, holder String, until DateTime64(3, 'UTC'))
    ENGINE = MergeTree ORDER BY turn`)
  await engine.write("INSERT INTO watchkeeper.schema_lease SELECT 1, 'other', now64(3) + toIntervalHour(1)")
  await expect(store!.migrate()).rejects.toMatchObject({ kind: 'unavailable', code: 'store.migrating' })
  await store!.close()
})
