/** Keys under which what lies on the bus is sealed: in the data directory, or on the Kafka that the records are on, for all processes there. */
import { existsSync } from 'node:fs'
import { openSealingKey } from '../../infra/keys/key-file.ts'
import type { KafkaKeys } from '../../infra/kafka/keys/kafka-keys.ts'
import type { KafkaBusOptions } from '../../infra/kafka/options.ts'
import type { MasterKey } from '../../infra/sealing/key-folder.ts'
import type { Forgetting } from '../../infra/sealing/forgetting.ts'
import type { KeyRing } from '../../infra/sealing/key-ring.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Bus, Log } from '../../schemas/ports.ts'
import type { Sealer } from '../../schemas/sealing.ts'
import { KEPT_TOPICS } from '../../schemas/topics.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from './clock.ts'
import { kafkaMaster, logKeys } from './master-paths.ts'

export interface OpenSealing {
  readonly bus: Bus
  readonly forgetting: Forgetting
  /** For what is kept beside the log. */
  readonly sealer: Sealer
  /** '' while something can be sealed, else why not. */
  notReady(): string
}

/** What is kept for good could not be read for good. */
const NEVER_SEALED: ReadonlySet<string> = KEPT_TOPICS
const HOUR_MS = 3_600_000
/** How often a process asks for keys of others; how long it goes on writing without an answer; and when, at the latest, nobody uses a key that was retired. */
const FOLLOW_MS = 5_000
const STALE_MS = 60_000
const SETTLE_MS = 120_000

const now = (): number => Number(systemClock.now() / 1_000_000n)

/** An assembler that starts reads back to the oldest trace that it held. */
const readBackMs = ({ assembler: { quiet_seconds: quiet, lineage_minutes: lineage } }: Config): number => 2_000 * (quiet + lineage * 60)

/** Where sealing is off, what was sealed before is still read. */
async function sealed(bus: Bus, ring: KeyRing, on: boolean): Promise<Pick<OpenSealing, 'bus' | 'sealer'>> {
  const { openingOnly, sealedBus } = await import('../../infra/sealing/sealed-bus.ts')
  const sealer = on ? ring : openingOnly(ring)
  return { bus: sealedBus(bus, sealer, NEVER_SEALED), sealer }
}

/** The key of keys of a file that the configuration names. */
const masterOf = async ({ keys: { sealing_key_file: path } }: Config): Promise<MasterKey | undefined> =>
  path === undefined ? undefined : { key: await openSealingKey(path, false), path }

/** Keys that are in the data directory; undefined where none are. */
export async function openLocalKeys(config: Config): Promise<KeyRing | undefined> {
  const { hasKeys, openLocalRing } = await import('../../infra/sealing/key-folder.ts')
  const folder = logKeys(config)
  return await hasKeys(folder) ? await openLocalRing(folder, now(), await masterOf(config)) : undefined
}

/** Of the log in the data directory; undefined where it is not sealed and never was. */
export async function openLocalSealing(config: Config, log: Bus): Promise<OpenSealing | undefined> {
  const { openLocalRing } = await import('../../infra/sealing/key-folder.ts')
  const { Forgetting } = await import('../../infra/sealing/forgetting.ts')
  const ring = config.bus.sealed ? await openLocalRing(logKeys(config), now(), await masterOf(config)) : await openLocalKeys(config)
  if (ring === undefined) return undefined
  return { ...await sealed(log, ring, config.bus.sealed), forgetting: new Forgetting(ring, log, { readBackMs: readBackMs(config), now }), notReady: () => '' }
}

export interface KafkaSealingKit {
  readonly bus: Bus
  readonly options: KafkaBusOptions
  readonly log: Log
}

/** Of Kafka; undefined where it is not sealed and never was. Failure `misconfigured` where this process has not the key of keys that the first one had. */
export async function openKafkaSealing(config: Config, kit: KafkaSealingKit): Promise<OpenSealing | undefined> {
  const { openKafkaKeys } = await import('../../infra/kafka/keys/kafka-keys.ts')
  const keys = await openKafkaKeys(kit.options, config.bus.sealed)
  if (keys === undefined) return undefined
  try {
    const open = config.bus.sealed || (await keys.master()) !== undefined ? await openShared(config, keys, kit) : undefined
    if (open === undefined) await keys.close()
    return open
  } catch (error) {
    await keys.close()
    throw error
  }
}

async function openShared(config: Config, keys: KafkaKeys, { bus, log }: KafkaSealingKit): Promise<OpenSealing> {
  const { KeyRing } = await import('../../infra/sealing/key-ring.ts')
  const { mastersOf, openWrapper } = await import('../../infra/sealing/master-file.ts')
  const { Forgetting } = await import('../../infra/sealing/forgetting.ts')
  const { followingWrapper } = await import('../../infra/sealing/following-wrapper.ts')
  const { follow } = await import('../../infra/sealing/follow.ts')
  const { key, path } = await sharedMaster(config, keys)
  const wrapper = followingWrapper(await openWrapper(key, path), path, () => keys.master())
  // While one takes the place of another, either may be the one that was claimed last.
  if (!(await mastersOf(path)).includes(await keys.claim(wrapper.id))) {
    throw new Failure('misconfigured', 'sealing.other_master', `The key in ${path} is not the one that the records on this Kafka are sealed with (same brokers, same prefix): ` +
      'copy the file from a process that runs, and name it in keys.sealing_key_file.')
  }
  const ring = await KeyRing.open({ store: keys, wrapper, shared: { staleMs: STALE_MS, elapsed: () => performance.now() } }, now())
  const following = follow(ring, { everyMs: FOLLOW_MS, log })
  const open = await sealed(bus, ring, config.bus.sealed)
  const hours = config.bus.kafka?.retention_hours ?? 0
  return {
    sealer: open.sealer,
    notReady: () => (config.bus.sealed ? ring.notReady() : ''),
    bus: {
      ...open.bus,
      async close() {
        await following.stop()
        await open.bus.close()
        await keys.close()
      },
    },
    forgetting: new Forgetting(ring, bus, { readBackMs: readBackMs(config), settleMs: SETTLE_MS, keptMs: hours * HOUR_MS, now }),
  }
}

/** Made where there is none, by the first process of all; a later one that has none must be given it. */
async function sharedMaster(config: Config, keys: KafkaKeys): Promise<MasterKey> {
  const named = await masterOf(config)
  if (named !== undefined) return named
  const path = kafkaMaster(config)
  const isFirst = (await keys.master()) === undefined
  if (!isFirst && !existsSync(path)) {
    throw new Failure('misconfigured', 'sealing.no_master', `The records on this Kafka are sealed, and ${path} is not there: copy it from a process that has it, and name it in keys.sealing_key_file.`)
  }
  return { key: await openSealingKey(path, isFirst), path }
}
