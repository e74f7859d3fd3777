/** Where state is kept: beside the log in the data directory, or on the same Kafka as the records that it belongs to. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { metrics } from '@opentelemetry/api'
import type { KafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import type { Forgetting } from '../../infra/sealing/forgetting.ts'
import { SealedSnapshots, sealedUnder } from '../../infra/sealing/sealed-snapshots.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { Log, Snapshots } from '../../schemas/ports.ts'
import type { Sealer } from '../../schemas/sealing.ts'
import type { Config } from '../config/schema.ts'
import { kafkaOptions, type OpenBus } from './open-bus.ts'
import { kafkaOf, type StartWait } from './start-wait.ts'

export interface OpenSnapshots {
  readonly snapshots: Snapshots
  close(): Promise<void>
}

/** States that hold names and texts: sealed, where the log is. All others are offsets and hashes, and must be there whatever becomes of a key. */
const OF_PEOPLE = /^(?:worker|assembler|alerter|responder)/
const isOpen = (name: string): boolean => !OF_PEOPLE.test(name)
const AGAIN_MS = 5_000

interface SharedStates {
  readonly snapshots: KafkaSnapshots
  readonly sealer: Sealer
  readonly sealing: Forgetting
  readonly log: Log
}

/** Every process seals its own states anew when another key is used, and none is destroyed while a state is sealed under it. */
function sealedStates({ snapshots, sealer, sealing, log }: SharedStates): OpenSnapshots {
  const sealed = new SealedSnapshots(snapshots, sealer, isOpen)
  let [running, wanted, closed] = [false, false, false]
  const sealAnew = async (): Promise<void> => {
    wanted = true
    if (running) return
    running = true
    while (wanted && !closed) {
      wanted = false
      await sealed.sealAnew().catch(async (error: unknown) => {
        log.warn({ err: error }, 'states are not sealed under the new key yet')
        wanted = true
        await sleep(AGAIN_MS, undefined, { ref: false })
      })
    }
    running = false
  }
  sealing.whenTurned(() => void sealAnew())
  sealing.neededFor(async (keys) => {
    const names = sealedUnder(await snapshots.beginnings(), keys)
    if (names.length > 0) log.info({ states: names.slice(0, 20) }, 'keys of the log are not destroyed while states of processes that are away are sealed under them')
    return names
  })
  return {
    snapshots: sealed,
    async close() {
      closed = true
      await snapshots.close()
    },
  }
}

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
    return sealer === undefined || sealing === undefined ? { snapshots, close: () => snapshots.close() } : sealedStates({ snapshots, sealer, sealing, log })
  }
  const files = await openFileSnapshots(join(dataDir, 'state'), damaged)
  if (sealer === undefined || sealing === undefined) return { snapshots: files, close: () => Promise.resolve() }
  const snapshots = new SealedSnapshots(files, sealer, isOpen)
  sealing.beforeDestroying(() => snapshots.sealAnew())
  return { snapshots, close: () => Promise.resolve() }
}
