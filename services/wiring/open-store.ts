/** The store of the configuration: a ClickHouse server where there is one, else the engine in this process. */
import { join } from 'node:path'
import type { Engine } from '../../infra/clickhouse/engine.ts'
import { openStore } from '../../infra/clickhouse/store.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Store } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import type { ClickHouseConfig } from '../config/servers.ts'

export interface OpenStore {
  readonly store: Store
  /** The engine where it is in this process: then users ask it through our SQL door. */
  readonly engine: Engine | undefined
  /** For the line at the start. */
  readonly where: Readonly<Record<string, unknown>>
}

/** Migrated, and ready for inserts. Throws Failure `misconfigured` with what to change. */
export async function openConfiguredStore({ store: { clickhouse }, sql, data_dir: dataDir }: Config): Promise<OpenStore> {
  return clickhouse === undefined ? await openEngine(join(dataDir, 'tables'), sql.concurrency + 2) : await openServer(clickhouse)
}

async function openEngine(directory: string, readers: number): Promise<OpenStore> {
  const store = openStore({ directory, readers })
  try {
    await store.migrate()
  } catch (error) {
    await store.close()
    throw error
  }
  return { store, engine: store.engine, where: { kind: 'embedded', directory } }
}

/** The one place where the adapter for a server is plugged in. */
async function openServer({ url }: ClickHouseConfig): Promise<OpenStore> {
  throw new Failure('misconfigured', 'store.server', `store.clickhouse.url is ${url}, and this version cannot use a ClickHouse server yet: remove it.`)
}
