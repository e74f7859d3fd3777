import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../store.ts'
import { INSERT_SETTINGS, INSERT_TABLES } from '../table-store.ts'
import { readMigrations } from '../migrate.ts'
import { isTooOld } from './checks.ts'
import { expectedShapes, readShapes } from './shape.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-shape-'))
let store: ClickHouseStore
beforeAll(async () => {
  store = openStore({ directory, readers: 1 })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

// After a migration: `npx vitest run infra/clickhouse/server/shape.test.ts -u`, and look at what changed.
it('shape.json is what the migrations make', async () => {
  const shapes = (await readShapes(store.engine)).map(({ tokens: _, synced: __, ...shape }) => shape)
  const lines = shapes.map(({ columns, ...head }) =>
    `{${JSON.stringify(head).slice(1, -1)},"columns":[\n${columns.map((column) => JSON.stringify(column)).join(',\n')}\n]}`)
  await expect(`[\n${lines.join(',\n')}\n]\n`).toMatchFileSnapshot('./shape.json')
  expect(expectedShapes()).toEqual(shapes)
})

it('every table that rows go to remembers tokens', async () => {
  const found = await readShapes(store.engine)
  for (const table of INSERT_TABLES) expect(found.find((shape) => shape.table === table)?.tokens, table).toBe(10_000)
})

it('the oldest version has every setting that migrations and inserts name', async () => {
  const text = readMigrations().flatMap(({ statements }) => statements).join('\n')
  const inMigrations = text.match(/\b[a-z]+(?:_[a-z0-9]+)+\b(?= = )/g) ?? []
  const named = [...new Set([...inMigrations, ...Object.keys(INSERT_SETTINGS), 'fsync_after_insert', 'fsync_part_directory'])]
  const news = await store.query(
    `SELECT version, change.1 AS name FROM system.settings_changes ARRAY JOIN changes AS change
     WHERE change.1 IN {named:Array(String)} AND startsWith(change.4, 'New setting')`, { named })
  expect(news.length).toBeGreaterThan(0)
  expect(news.filter(({ version }) => !isTooOld(String(version)) && version !== '26.6')).toEqual([])
})
