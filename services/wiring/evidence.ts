/** Where evidence is read: a folder, the tables of a data directory, a ClickHouse or a Watchkeeper that answers. */
import { join } from 'node:path'
import type { EvidenceSource } from '../../schemas/evidence.ts'
import type { Config } from '../config/schema.ts'
import { openFolder } from '../verify/folder-source.ts'
import { secretFrom } from './secret-file.ts'

export interface EvidencePlace {
  readonly folder?: string | undefined
  /** Address of a ClickHouse or of a SQL endpoint; the password is in WATCHKEEPER_SQL_PASSWORD. */
  readonly url?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Rows of these alone; undefined: of all. */
  readonly tenants?: readonly string[] | undefined
}

/** The place that was named, else what the configuration says. Throws Failure `misconfigured` with what to do. */
export async function openEvidence({ folder, tenants, ...place }: EvidencePlace, config: () => Config): Promise<EvidenceSource> {
  if (folder !== undefined) return await openFolder(folder)
  const { tableEvidence } = await import('../../infra/clickhouse/evidence.ts')
  const address = place.url === undefined ? configured(config()) : { ...place, url: place.url }
  if (address === undefined) {
    // Loaded only where it is used: the engine is 150 MB.
    const { openEngineEvidence } = await import('../../infra/clickhouse/evidence-engine.ts')
    return tableEvidence(await openEngineEvidence(join(config().data_dir, 'tables')), tenants)
  }
  const { openHttpEvidence } = await import('../../infra/clickhouse/evidence-http.ts')
  return tableEvidence(openHttpEvidence(address), tenants)
}

function configured({ store: { clickhouse } }: Config): { readonly url: string; readonly user: string; readonly password?: string } | undefined {
  if (clickhouse === undefined) return undefined
  const { url, user, password_file: file } = clickhouse
  return { url, user, ...(file === undefined ? {} : { password: secretFrom('store.clickhouse.password_file', file) }) }
}
