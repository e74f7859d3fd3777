/** Where state is kept: beside the log in the data directory, or on the same Kafka as the records that it belongs to. */
import { join } from 'node:path'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { Log, Snapshots } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'

export interface OpenSnapshots {
  readonly snapshots: Snapshots
  close(): Promise<void>
}

export async function openSnapshots({ data_dir: dataDir }: Config, log: Log): Promise<OpenSnapshots> {
  const damaged = (found: object): void => log.error(found, 'a snapshot is damaged: the one before it is used')
  return { snapshots: await openFileSnapshots(join(dataDir, 'state'), damaged), close: () => Promise.resolve() }
}
