/** kafkajs as this package uses it: its client with our settings, and the cluster object below its consumers. */
import { readFile } from 'node:fs/promises'
import { type Broker, type Cluster, Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'
import { patchClient } from './client-patches.ts'
import { checkCodec } from './compression.ts'
import type { Sasl, Settings, TlsFiles } from './options.ts'
import { readInOnePlace } from './receive-once.ts'

/** Retries inside kafkajs are short: our own loops are around them. Set always, because it takes others where NODE_ENV is `test`. */
export const CLIENT_RETRY = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 }

/** Failure `misconfigured` when a file of the settings cannot be read, or what is written cannot be compressed as they say. */
export async function makeClient(settings: Settings): Promise<Kafka> {
  checkCodec(settings.compression)
  patchClient()
  // kafkajs says at length that its partitioner changed in 2.0; ours is explicit.
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
  const config: KafkaConfig = {
    clientId: settings.instance === undefined ? 'watchkeeper' : `watchkeeper-${settings.instance}`,
    brokers: [...settings.brokers],
    connectionTimeout: settings.requestTimeoutMs,
    authenticationTimeout: settings.requestTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    retry: CLIENT_RETRY,
    socketFactory: readInOnePlace,
    logLevel: logLevel.WARN,
    logCreator: () => ({ namespace, log }) => said(settings.log, namespace, log.message),
  }
  const ssl = await tlsOf(settings.tls)
  if (ssl !== undefined) config.ssl = ssl
  if (settings.sasl !== undefined) config.sasl = await saslOf(settings.sasl)
  return new Kafka(config)
}

/** What kafkajs calls an error is mostly a retry: our own loops say what matters. */
const said = (log: Log, namespace: string, message: string): void => log.debug({ namespace, said: message }, 'kafka client')

export async function tlsOf(tls: boolean | TlsFiles | undefined): Promise<TlsOptions | undefined> {
  if (tls === undefined || tls === false) return undefined
  if (tls === true) return {}
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new Failure('misconfigured', 'kafka.tls', 'Kafka: tls has a client certificate without its key, or the key without it: give both or neither')
  }
  const options: TlsOptions = {}
  if (tls.ca !== undefined) options.ca = await fileOf('tls.ca', tls.ca)
  if (tls.cert !== undefined) options.cert = await fileOf('tls.cert', tls.cert)
  if (tls.key !== undefined) options.key = await fileOf('tls.key', tls.key)
  if (tls.serverName !== undefined) options.servername = tls.serverName
  return options
}

export interface TlsOptions {
  ca?: string
  cert?: string
  key?: string
  servername?: string
}

async function saslOf(sasl: Sasl): Promise<SASLOptions> {
  if (sasl.mechanism !== 'oauthbearer') return { mechanism: sasl.mechanism as 'plain', username: sasl.username, password: sasl.password }
  const { token } = sasl
  const read = typeof token === 'function' ? token : async () => fileOf('sasl.token.file', token.file)
  // Asked once at the start, so that a wrong path is not found out by a refused connection.
  await read()
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: (await read()).trim() }) }
}

async function fileOf(setting: string, path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure('misconfigured', 'kafka.file', `Kafka: ${setting} names ${path}, which cannot be read (${error.code ?? error.name})`, { cause: error })
  })
}

/** Requests that kafkajs has and its types leave out. */
export interface GroupBroker extends Omit<Broker, 'offsetCommit' | 'offsetFetch' | 'fetch'> {
  findGroupCoordinator(request: { groupId: string; coordinatorType: number }): Promise<{ coordinator: { nodeId: number } }>
  joinGroup(request: {
    groupId: string
    sessionTimeout: number
    rebalanceTimeout: number
    memberId: string
    groupProtocols: readonly { name: string; metadata: Buffer }[]
  }): Promise<JoinedGroup>
  syncGroup(request: { groupId: string; generationId: number; memberId: string; groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[] }):
    Promise<{ memberAssignment: Buffer }>
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
  offsetCommit(request: { groupId: string; groupGenerationId: number; memberId: string; topics: readonly TopicOffsets[] }): Promise<unknown>
  offsetFetch(request: { groupId: string; topics: readonly { topic: string; partitions: readonly { partition: number }[] }[] }):
    Promise<{ responses: readonly TopicOffsets[] }>
  fetch(request: FetchRequest): Promise<FetchResponse>
}

export interface JoinedGroup {
  readonly generationId: number
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
}

export interface TopicOffsets {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
}

export interface FetchRequest {
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolationLevel: number
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly { partition: number; fetchOffset: string; maxBytes: number }[] }[]
}

export interface FetchResponse {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  /** First offset that is still there (kafkajs's own spelling); missing from brokers before 1.0. */
  readonly lastStartOffset?: string
  readonly messages: readonly FetchedMessage[]
}

export interface FetchedMessage {
  readonly offset: string
  readonly value: Buffer | null
  readonly isControlRecord?: boolean
}

/**
 * The cluster object that one kafkajs consumer would use, without the consumer. kafkajs hands it to partition assigners, and this is the only public way
 * to it. Its consumer is not used because it (2.2.4, measured) stops for good on some errors with the process alive, jumps over records after retention
 * without a word, lets one slow partition hold up all others, sends heartbeats only between batches, and gives up every partition at every rebalance.
 */
export function makeCluster(kafka: Kafka): Cluster {
  let captured: Cluster | undefined
  kafka.consumer({
    groupId: 'unused', allowAutoTopicCreation: false, metadataMaxAge: 60_000, retry: CLIENT_RETRY,
    partitionAssigners: [({ cluster }) => {
      captured = cluster
      return { name: '', version: 0, assign: async () => [], protocol: () => ({ name: '', metadata: Buffer.alloc(0) }) }
    }],
  })
  if (captured === undefined) throw new Failure('defect', 'kafka.client', 'kafkajs no longer hands its cluster to assigners: this adapter is for 2.2')
  return captured
}
