import { createLog } from '../../infra/pino/logger.ts'
import { Failure } from '../../schemas/failure.ts'
import { openConfiguredStore } from '../wiring/open-store.ts'
import { StartWait } from '../wiring/start-wait.ts'
import { type CommonOptions, configOf } from './common.ts'

/**
 * `watchkeeper migrate`: makes the tables on the ClickHouse server, or brings them to this version, and ends. For a user that may do that, so
 * that the services need not be one. Throws Failure `misconfigured` with what to change.
 */
export async function migrate(options: CommonOptions): Promise<number> {
  const config = configOf(options)
  const { clickhouse } = config.store
  if (clickhouse === undefined) {
    throw new Failure('misconfigured', 'migrate.no_server', 'There is no store.clickhouse to migrate: the engine in the process does that itself at its start.')
  }
  const log = createLog(config.log.level)
  const wait = new StartWait({ log, asked: new AbortController().signal, now: () => performance.now() })
  const { store } = await openConfiguredStore(config, log, wait)
  await store.close()
  console.log(`The tables on ${clickhouse.url} are those of this version.`)
  return 0
}
