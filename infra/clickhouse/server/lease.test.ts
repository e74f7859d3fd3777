import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Engine, openEngine } from '../engine.ts'
import { Lease } from './lease.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-lease-'))
let engine: Engine
beforeAll(async () => {
  engine = openEngine({ directory, readers: 4 })
  await engine.write('CREATE DATABASE watchkeeper ENGINE = Atomic')
})
beforeEach(() => engine.write('DROP TABLE IF EXISTS watchkeeper.schema_lease SYNC'))
afterAll(async () => {
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})

const lease = (leaseMs = 60_000): Lease => new Lease(engine, { leaseMs, withinMs: 60_000, now: () => performance.now() })
const never = (): Promise<boolean> => Promise.resolve(false)

it('has one holder at a time, and each turn one holder ever', async () => {
  let inside = 0
  let most = 0
  let held = 0
  await Promise.all(Array.from({ length: 8 }, () => lease().hold(async () => {
    most = Math.max(most, ++inside)
    await engine.read('SELECT sleepEachRow(0.02)')
    inside--
    held++
  }, never)))
  expect({ most, held }).toEqual({ most: 1, held: 8 })
  expect(String(await engine.read('SELECT count() = uniqExact(turn), count() >= 16 FROM watchkeeper.schema_lease'))).toBe('[1, 1]\n')
})

it('is kept while the work takes longer than the lease', async () => {
  let inside = 0
  let most = 0
  const slow = async (): Promise<void> => {
    most = Math.max(most, ++inside)
    for (let i = 0; i < 30; i++) await engine.read('SELECT sleepEachRow(0.1)')
    inside--
  }
  await Promise.all([lease(2_500), lease(2_500)].map((one) => one.hold(slow, never)))
  expect(most).toBe(1)
})

it('tells its holder when it went to another', async () => {
  const first = lease(300)
  await first.hold(async () => {
    first.check()
    // What a process that was frozen finds: its turns are over, and another has the next.
    await engine.write(`INSERT INTO watchkeeper.schema_lease
      SELECT max(turn) + 1, 'other', now64(3) + toIntervalHour(1) FROM watchkeeper.schema_lease`)
    await expect.poll(() => {
      try {
        first.check()
        return 'held'
      } catch (error) {
        return (error as { code: string }).code
      }
    }, { timeout: 20_000 }).toBe('store.migrating')
  }, never)
})

it('is not waited for when there is nothing left to do', async () => {
  await engine.write(`CREATE TABLE watchkeeper.schema_lease (turn UInt64, holder String, until DateTime64(3, 'UTC'))
    ENGINE = MergeTree ORDER BY turn`)
  await engine.write("INSERT INTO watchkeeper.schema_lease SELECT 1, 'other', now64(3) + toIntervalHour(1)")
  let ran = false
  await lease().hold(async () => {
    ran = true
  }, () => Promise.resolve(true))
  expect(ran).toBe(false)
})
