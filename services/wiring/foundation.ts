/** What everything stands on: directory, keys, log, tables, snapshots. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openApiToken } from '../../infra/keys/api-token.ts'
import { openKeyedHash } from '../../infra/keys/key-file.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Clock, KeyedHash, Log, Snapshots } from '../../schemas/ports.ts'
import { events, TOPICS } from '../../schemas/topics.ts'
import type { Config } from '../config/schema.ts'
import { observeLog } from './log-telemetry.ts'

export const systemClock: Clock = {
  // Milliseconds are what the machine's clock is good for; the monotonic part only keeps two calls apart.
  now: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n,
}

export interface Foundation {
  readonly bus: EmbeddedLog
  readonly store: ClickHouseStore
  readonly snapshots: Snapshots
  readonly keyedHash: KeyedHash
  readonly apiToken: string
  /** Lets go of everything, in the right order. Safe twice. */
  close(): Promise<void>
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Failure(
      'misconfigured', 'data.directory',
      `The data directory ${directory} cannot be made: ${(error as NodeJS.ErrnoException).code}. Give another --data-dir, or change its owner.`,
      { cause: error },
    )
  }
}

const HOUR_MS = 3_600_000
/** Recent events are kept as objects, several times their encoded size: enough for readers that keep up, little for the garbage collector. */
const TAIL_CACHE_BYTES = 8_388_608

export async function openFoundation(config: Config, log: Log): Promise<Foundation> {
  const directory = config.data_dir
  makeDirectory(directory)
  const keyedHash = await openKeyedHash(directory)
  const apiToken = openApiToken(directory)
  const { partitions, retention_bytes: bytes, retention_hours: hours, max_bytes: maxBytes } = config.bus
  const bus = await openEmbeddedLog({
    directory: join(directory, 'bus'), partitions, maxBytes, tailCacheBytes: TAIL_CACHE_BYTES, clock: systemClock,
    retention: Object.fromEntries(TOPICS.map((topic) => [
      topic.name, { bytes: topic.name === events.name ? bytes : Math.floor(bytes / 10), ageMs: hours * HOUR_MS },
    ])),
  })
  observeLog(bus, log)
  let store: ClickHouseStore | undefined
  try {
    store = openStore({ directory: join(directory, 'tables'), readers: config.sql.concurrency + 2 })
    await store.migrate()
    const snapshots = await openFileSnapshots(
      join(directory, 'state'), (found) => log.error({ ...found }, 'a snapshot is damaged: the one before it is used'),
    )
    const opened = store
    return {
      bus, store, snapshots, keyedHash, apiToken,
      async close() {
        await bus.close()
        await opened.close()
      },
    }
  } catch (error) {
    await bus.close()
    await store?.close()
    throw error
  }
}
