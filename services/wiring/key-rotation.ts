/** Another key of keys for everything that this configuration seals: who holds what is wrapped with which file, and who has to rest meanwhile. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KafkaKeys } from '../../infra/kafka/keys/kafka-keys.ts'
import { hasKeys, KeyFolder } from '../../infra/sealing/key-folder.ts'
import type { Wrapped } from '../../infra/sealing/master-file.ts'
import { wrappedKeys } from '../../infra/sealing/rewrapping.ts'
import { wrappedOrders } from '../../infra/sealing/sealed-orders.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import { kafkaMaster, logKeys, logMaster, orderMaster, orders } from './master-paths.ts'
import { kafkaOptions } from './open-bus.ts'

/** A file that holds a key of keys, and all that it wraps here. */
export interface MasterUse {
  readonly path: string
  /** Nobody else can have a use for the file. */
  readonly isOwn: boolean
  readonly wrapped: readonly Wrapped[]
}

/** The embedded log has one owner, who has the keys in memory and makes new ones. */
async function resting<T>({ bus: { kafka }, data_dir: dataDir }: Config, work: () => Promise<T>): Promise<T> {
  const directory = join(dataDir, 'bus')
  if (kafka !== undefined || !existsSync(directory)) return await work()
  const { lockDirectory } = await import('../../infra/embedded-log/directory-lock.ts')
  const release = lockDirectory(directory)
  try {
    return await work()
  } finally {
    release()
  }
}

async function topicKeys(config: Config, log: Log): Promise<KafkaKeys | undefined> {
  const { bus: { kafka } } = config
  if (kafka === undefined) return undefined
  const { openKafkaKeys } = await import('../../infra/kafka/keys/kafka-keys.ts')
  return await openKafkaKeys(kafkaOptions(kafka, log), false)
}

/** Calls `work` for each file that is there. Throws Failure `misconfigured` where there is none, or a process that runs uses the log in the data directory. */
export async function withMasters(config: Config, log: Log, work: (use: MasterUse) => Promise<void>): Promise<void> {
  await resting(config, async () => {
    const onTopic = await topicKeys(config, log)
    try {
      const uses = await usesOf(config, onTopic)
      if (uses.length === 0) throw new Failure('misconfigured', 'sealing.no_master', `There is no key of keys in ${config.data_dir}, nor one that the configuration names: nothing was sealed yet.`)
      for (const use of uses) await work(use)
    } finally {
      await onTopic?.close()
    }
  })
}

async function usesOf(config: Config, onTopic: KafkaKeys | undefined): Promise<readonly MasterUse[]> {
  const found: (readonly [string, Wrapped])[] = [
    ...(await hasKeys(logKeys(config)) ? [[logMaster(config), wrappedKeys(new KeyFolder(logKeys(config)))] as const] : []),
    ...(onTopic === undefined ? [] : [[kafkaMaster(config), wrappedKeys(onTopic, (from, to) => onTopic.succeed(from.id, to.id))] as const]),
    [orderMaster(config), wrappedOrders(orders(config))],
  ]
  const paths = [...new Set(found.map(([path]) => path))].filter((path) => existsSync(path))
  const isOwn = config.bus.kafka === undefined && config.keys.sealing_key_file === undefined
  return paths.map((path) => ({ path, isOwn, wrapped: found.flatMap(([own, wrapped]) => (own === path ? [wrapped] : [])) }))
}
