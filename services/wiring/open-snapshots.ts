/** Where state is kept: beside the log in the data directory, or on the same Kafka as the records that it belongs to. */
import { join } from 'node:path'
import { metrics } from '@opentelemetry/api'
import { SealedSnapshots } from '../../infra/sealing/sealed-snapshots.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { Log, Snapshots } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import { kafkaOptions, type OpenBus } from './open-bus.ts'
import { kafkaOf, type StartWait } from './start-wait.ts'

export interface OpenSnapshots {
  readonly snapshots: Snapshots
  close(): Promise<void>
}

/** States that hold names and texts: sealed, where the log is. All others are offsets and hashes, and must be there whatever becomes of a key. */
const OF_PEOPLE = /^(?:worker|assembler|alerter|responder)/

/** A partition that moves to another process must find its state there: files only where the log is in the directory too. */
export async function openSnapshots(config: Config, log: Log, wait: StartWait, { sealer, sealing }: Pick<OpenBus, 'sealer' | 'sealing'>): Promise<OpenSnapshots> {
  const { bus: { kafka }, data_dir: dataDir } = config
  const counter = metrics.getMeter('watchkeeper.snapshots').createCounter('watchkeeper.snapshots.damaged', { description: 'Snapshots that were not whole when they were read' })
  const damaged = (found: object): void => {
    counter.add(1)
    log.error(found, 'a snapshot is damaged: the one before it is used')
  }
  if (kafka !== undefined) {
    const { openKafkaSnapshots } = await import('../../infra/kafka/snapshots/kafka-snapshots.ts')
    const snapshots = await wait.until(kafkaOf(config), () => openKafkaSnapshots(kafkaOptions(kafka, log), damaged))
    return { snapshots, close: () => snapshots.close() }
  }
  const files = await openFileSnapshots(join(dataDir, 'state'), damaged)
  if (sealer === undefined || sealing === undefined) return { snapshots: files, close: () => Promise.resolve() }
  const snapshots = new SealedSnapshots(files, sealer, (name) => !OF_PEOPLE.test(name))
  sealing.beforeDestroying(() => snapshots.sealAnew())
  return { snapshots, close: () => Promise.resolve() }
}
