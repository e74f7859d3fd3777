import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import { openServerStore } from '../../infra/clickhouse/server/server-store.ts'
import { type Shim, startShim } from '../clickhouse-shim/shim.ts'
import { storeContract } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-server-store-'))
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
let engine: Engine
let shim: Shim
beforeAll(async () => {
  engine = openEngine({ directory, readers: 4 })
  shim = await startShim({ engine })
})
storeContract('ClickHouse server', () => openServerStore({ url: shim.url, user: 'default', clock }))
afterAll(async () => {
  await shim.stop()
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})
