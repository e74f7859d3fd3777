/** Where evidence is read: a folder, the tables of a data directory, a ClickHouse or a Watchkeeper that answers. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { EvidenceSource } from '../../schemas/evidence.ts'
import { checkpoints, events, type Topic } from '../../schemas/topics.ts'
import type { Config } from '../config/schema.ts'
import { openFolder } from '../verify/folder-source.ts'
import { logEvidence } from './log-evidence.ts'
import { openLocalKeys } from './open-sealing.ts'
import { secretFrom } from './secret-file.ts'
import { withUntold } from './untold-checkpoints.ts'

export interface EvidencePlace {
  readonly folder?: string | undefined
  /** Address of a ClickHouse or of a SQL endpoint; the password is in WATCHKEEPER_SQL_PASSWORD. */
  readonly url?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Records of the log in the data directory, in place of the tables' rows. */
  readonly fromLog?: boolean | undefined
  /** Rows of these alone; undefined: of all. */
  readonly tenants?: readonly string[] | undefined
}

/** The place that was named, else what the configuration says. Throws Failure `misconfigured` with what to do. */
export async function openEvidence({ folder, fromLog, tenants, ...place }: EvidencePlace, config: () => Config): Promise<EvidenceSource> {
  if (folder !== undefined) return await openFolder(folder)
  if (fromLog === true) return await openLogEvidence(config())
  const { tableEvidence } = await import('../../infra/clickhouse/evidence.ts')
  const address = place.url === undefined ? configured(config()) : { ...place, url: place.url }
  if (address === undefined) {
    return await openTables(config(), tenants)
  }
  const { openHttpEvidence } = await import('../../infra/clickhouse/evidence-http.ts')
  return tableEvidence(openHttpEvidence(address), tenants)
}

function configured({ store: { clickhouse } }: Config): { readonly url: string; readonly user: string; readonly password?: string } | undefined {
  if (clickhouse === undefined) return undefined
  const { url, user, password_file: file } = clickhouse
  return { url, user, ...(file === undefined ? {} : { password: secretFrom('store.clickhouse.password_file', file) }) }
}

/** The tables of a data directory that no server has open, with the checkpoints that are only in its log yet. Failure `misconfigured` where there are none. */
async function openTables(config: Config, tenants?: readonly string[]): Promise<EvidenceSource> {
  const { data_dir: dataDir } = config
  const { ownerOf } = await import('../../infra/embedded-log/directory-lock.ts')
  const owner = ownerOf(join(dataDir, 'bus'))
  // The engine would say so in its own words first.
  if (owner !== undefined) {
    const sentence = `The tables in ${dataDir} are in use by process ${owner}: verify a server that runs through its SQL endpoint, with --sql HOST:PORT, or stop it.`
    throw new Failure('misconfigured', 'evidence.in_use', sentence)
  }
  // Loaded only where it is used: the engine is 150 MB.
  const { openEngineEvidence } = await import('../../infra/clickhouse/evidence-engine.ts')
  const { tableEvidence } = await import('../../infra/clickhouse/evidence.ts')
  const tables = tableEvidence(await openEngineEvidence(join(dataDir, 'tables')), tenants)
  if (!existsSync(join(dataDir, 'bus', 'log', 'data.mdb'))) return tables
  const { openLogToRead } = await import('../../infra/embedded-log/read-only.ts')
  return withUntold(tables, openLogToRead(join(dataDir, 'bus'), checkpoints.name), await openedTopic(checkpoints, config))
}

/** Log and tables of a data directory that no server has open. Failure `misconfigured` where there are none. */
async function openLogEvidence(config: Config): Promise<EvidenceSource> {
  const { openLogToRead } = await import('../../infra/embedded-log/read-only.ts')
  const directory = join(config.data_dir, 'bus')
  const tables = await openTables(config)
  const topic = await openedTopic(events, config)
  return logEvidence({ tables, log: openLogToRead(directory, events.name), directory, decode: (payload) => topic.codec.decode(payload) })
}

/** The topic, with the keys that its envelopes are sealed under, where there are some. */
async function openedTopic<T>(topic: Topic<T>, config: Config): Promise<Topic<T>> {
  const ring = await openLocalKeys(config)
  if (ring === undefined) return topic
  const { sealedTopic } = await import('../../infra/sealing/sealed-bus.ts')
  return sealedTopic(topic, ring)
}
