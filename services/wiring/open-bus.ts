/** The bus of the configuration: a Kafka cluster where there are brokers, else the log in the data directory. */
import { join } from 'node:path'
import type { KafkaBusOptions, KafkaRetention, Sasl } from '../../infra/kafka/options.ts'
import type { Bus, Log } from '../../schemas/ports.ts'
import type { Sealer } from '../../schemas/sealing.ts'
import type { Forgetting } from '../../infra/sealing/forgetting.ts'
import { correlations, events, KEPT_TOPICS, namesakes, SMALL_TOPICS, steps, TOPICS } from '../../schemas/topics.ts'
import type { Config } from '../config/schema.ts'
import type { KafkaConfig } from '../config/servers.ts'
import { observeKafka } from './kafka-telemetry.ts'
import { endWithout } from './last-resort.ts'
import { observeLog } from './log-telemetry.ts'
import { openKafkaSealing, openLocalSealing } from './open-sealing.ts'
import { systemClock } from './clock.ts'
import { secretFrom } from './secret-file.ts'
import { kafkaOf, type StartWait } from './start-wait.ts'
import { tlsFilesOf } from './tls.ts'

export interface OpenBus {
  readonly bus: Bus
  /** Of topics whose records are kept together by key. */
  readonly partitions: number
  /** Where what lies on it is sealed: the keys, and how they are destroyed. */
  readonly sealing: Forgetting | undefined
  /** For what is kept beside the log. */
  readonly sealer: Sealer | undefined
  /** For the line at the start. */
  readonly where: Readonly<Record<string, unknown>>
  /** '' when it takes publishes, else why not. */
  notReady(): string
  /** Bytes of the log in the data directory, and its limit; zeros where the log is elsewhere. */
  used(): { readonly bytes: number; readonly maxBytes: number }
}

const HOUR_MS = 3_600_000
/** A hundred years and a gibibyte: for ever. */
const KEPT: KafkaRetention = { bytes: 1_073_741_824, ageMs: 876_600 * HOUR_MS }
const ALL_TOPICS = [...TOPICS, steps, correlations, namesakes].map(({ name }) => name)
/** Recent records are kept as objects beside their bytes: enough for readers that keep up, little for the garbage collector. */
const TAIL_CACHE_BYTES = 8_388_608

/** Most of what is kept are events. */
function retentionOf(bytes: number, hours: number): Readonly<Record<string, KafkaRetention>> {
  const share = (name: string): number => (name === events.name ? 1 : SMALL_TOPICS.has(name) ? 100 : 10)
  return Object.fromEntries(ALL_TOPICS.map((name) => [name, KEPT_TOPICS.has(name) ? KEPT : { bytes: Math.floor(bytes / share(name)), ageMs: Math.round(hours * HOUR_MS) }]))
}

/** Throws Failure `misconfigured` with what to change, `unavailable` where brokers are away for too long. */
export async function openBus(config: Config, log: Log, wait: StartWait): Promise<OpenBus> {
  const { bus: { kafka } } = config
  if (kafka === undefined) return await openEmbedded(config, log)
  return await wait.until(kafkaOf(config), () => openKafka(config, kafka, log))
}

async function openEmbedded(whole: Config, log: Log): Promise<OpenBus> {
  const { bus: config, data_dir: dataDir } = whole
  const { openEmbeddedLog } = await import('../../infra/embedded-log/embedded-log.ts')
  const directory = join(dataDir, 'bus')
  const { partitions, retention_bytes: bytes, retention_hours: hours, max_bytes: maxBytes, commit_limit_seconds: limit } = config
  const bus = await openEmbeddedLog({
    directory, partitions, maxBytes, tailCacheBytes: TAIL_CACHE_BYTES, clock: systemClock, retention: retentionOf(bytes, hours),
    commitLimitMs: limit * 1_000, mustEnd: (failure) => endWithout(log, failure),
  })
  observeLog(bus, log)
  const sealing = await openLocalSealing(whole, bus).catch(async (error: unknown) => {
    await bus.close()
    throw error
  })
  return {
    bus: sealing?.bus ?? bus, partitions, sealing: sealing?.forgetting, sealer: sealing?.sealer, where: { kind: 'embedded', directory, partitions }, notReady: () => bus.stats().notReady, used: () => ({ bytes: bus.stats().storedBytes, maxBytes }),
  }
}

async function openKafka(whole: Config, config: KafkaConfig, log: Log): Promise<OpenBus> {
  const [{ openKafkaBus }, { checkClock }] = await Promise.all([import('../../infra/kafka/kafka-bus.ts'), import('../../infra/kafka/clock-check.ts')])
  const options = kafkaOptions(config, log)
  const bus = await openKafkaBus({ ...options, topics: ALL_TOPICS, connectWithinMs: 0 })
  const sealing = await checkClock(options, true).then(() => openKafkaSealing(whole, { bus, options, log })).catch(async (error: unknown) => {
    await bus.close()
    throw error
  })
  observeKafka(bus)
  const { brokers, prefix, partitions } = config
  return {
    bus: sealing?.bus ?? bus, partitions, sealing: sealing?.forgetting, sealer: sealing?.sealer,
    where: { kind: 'kafka', brokers, prefix, partitions, sealed: sealing !== undefined && whole.bus.sealed }, notReady: () => bus.stats().notReady || (sealing?.notReady() ?? ''), used: () => ({ bytes: 0, maxBytes: 0 }),
  }
}

/** What every part of the Kafka adapter is told. */
export function kafkaOptions(config: KafkaConfig, log: Log): KafkaBusOptions {
  const { brokers, prefix, partitions, compression, retention_bytes: bytes, retention_hours: hours } = config
  return {
    brokers, prefix, partitions, compression, clock: systemClock, log, retention: retentionOf(bytes, hours),
    ...(config.replication === undefined ? {} : { replication: config.replication }),
    ...(config.instance === undefined ? {} : { instance: config.instance }),
    ...(config.tls === undefined ? {} : { tls: tlsFilesOf(config.tls) }),
    ...(config.sasl === undefined ? {} : { sasl: saslOf(config.sasl) }),
  }
}

function saslOf(sasl: NonNullable<KafkaConfig['sasl']>): Sasl {
  if (sasl.mechanism === 'oauthbearer') return { mechanism: sasl.mechanism, token: { file: sasl.token_file } }
  return { mechanism: sasl.mechanism, username: sasl.username, password: secretFrom('bus.kafka.sasl.password_file', sasl.password_file) }
}
