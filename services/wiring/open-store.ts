/** The store of the configuration: a ClickHouse server where there is one, else the engine in this process. */
import { join } from 'node:path'
import type { Engine } from '../../infra/clickhouse/engine.ts'
import type { ServerStoreOptions } from '../../infra/clickhouse/server/options.ts'
import type { Log, Store } from '../../schemas/ports.ts'
import type { Remover } from '../../schemas/removal.ts'
import type { Config } from '../config/schema.ts'
import type { ClickHouseConfig } from '../config/servers.ts'
import { systemClock } from './clock.ts'
import { clickHouseOf, type StartWait } from './start-wait.ts'
import { tlsFilesOf } from './tls.ts'

export interface OpenStore {
  readonly store: Store
  readonly remover: Remover
  /** The engine where it is in this process: then users ask it through our SQL door. */
  readonly engine: Engine | undefined
  /** For the line at the start. */
  readonly where: Readonly<Record<string, unknown>>
}

/** The lanes of statements that change rows: inserts do not wait for them. */
const REMOVALS = 'removals'
/** One statement of a removal on a server. */
const REMOVAL_MS = 600_000

/** Migrated, and ready for inserts. Throws Failure `misconfigured` with what to change, `unavailable` where the server is away for too long. */
export async function openConfiguredStore(config: Config, log: Log, wait: StartWait): Promise<OpenStore> {
  const { store: { clickhouse }, sql, data_dir: dataDir } = config
  if (clickhouse === undefined) return await openEngine(join(dataDir, 'tables'), sql.concurrency + 2)
  return await wait.until(clickHouseOf(config), () => openServer(clickhouse, log))
}

async function openEngine(directory: string, readers: number): Promise<OpenStore> {
  // Loaded only where it is used: the engine is 150 MB.
  const { openStore } = await import('../../infra/clickhouse/store.ts')
  const store = openStore({ directory, readers })
  await migrated(store)
  const { engine } = store
  const { ClickHouseRemover } = await import('../../infra/clickhouse/removal/remover.ts')
  const remover = new ClickHouseRemover({ write: (sql, lane = 0) => engine.write(sql, `${REMOVALS} ${lane}`), read: (sql, options) => engine.read(sql, options) }, () => performance.now())
  return { store, remover, engine, where: { kind: 'embedded', directory } }
}

async function openServer(config: ClickHouseConfig, log: Log): Promise<OpenStore> {
  const { openServerStore } = await import('../../infra/clickhouse/server/server-store.ts')
  const store = await openServerStore({ ...serverOptions(config, log), connectWithinMs: 0 })
  await migrated(store)
  const { openServerRemover } = await import('../../infra/clickhouse/removal/server-remover.ts')
  const remover = openServerRemover({ ...serverOptions(config, log), requestTimeoutMs: REMOVAL_MS }, () => performance.now())
  return { store, remover, engine: undefined, where: { kind: 'clickhouse', url: config.url, user: config.user } }
}

async function migrated(store: Store): Promise<void> {
  try {
    await store.migrate()
  } catch (error) {
    await store.close()
    throw error
  }
}

/** What the adapter of a server is told. */
export function serverOptions(config: ClickHouseConfig, log: Log): ServerStoreOptions {
  const { url, user, password_file: passwordFile, tls, connect_timeout_seconds: connect, request_timeout_seconds: request } = config
  return {
    url, user, connectTimeoutMs: connect * 1_000, requestTimeoutMs: request * 1_000, clock: systemClock, log,
    ...(passwordFile === undefined ? {} : { passwordFile }), ...(tls === undefined ? {} : { tls: tlsFilesOf(tls) }),
  }
}
