import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openStore } from '../../infra/clickhouse/store.ts'
import { storeContract } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-store-'))
storeContract('ClickHouse engine in the process', () => Promise.resolve(openStore({ directory, readers: 2 })))
afterAll(() => rm(directory, { recursive: true, force: true }))
