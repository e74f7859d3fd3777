/** What a Kafka bus is told, and what is assumed where it is not. */
import type { Clock, Log } from '../../schemas/ports.ts'

/** Paths of PEM files. `true` = TLS with the machine's own authorities. */
export interface TlsFiles {
  readonly ca?: string
  /** Client certificate and its key: both or neither. */
  readonly cert?: string
  readonly key?: string
  /** Name that the broker's certificate must have, where it is not the host's. */
  readonly serverName?: string
}

export type Sasl =
  | { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
  /** The token is read again for every connection: a file that something else renews, or a function. */
  | { readonly mechanism: 'oauthbearer'; readonly token: { readonly file: string } | (() => Promise<string>) }

/** How much of a topic is kept: whichever is reached first. `bytes` is of all partitions together. */
export interface KafkaRetention {
  readonly bytes: number
  readonly ageMs: number
}

export interface KafkaBusOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  /** In front of every topic and group name, so that a cluster can be shared; default `watchkeeper.` */
  readonly prefix?: string
  /** Name of this process among the members of a group: two living ones with one name are refused. Undefined = not checked. */
  readonly instance?: string
  readonly tls?: boolean | TlsFiles
  readonly sasl?: Sasl
  /** Partitions of every topic, or by topic; a topic not named is taken as it is, or made with 1. */
  readonly partitions: number | Readonly<Record<string, number>>
  /** By topic; a topic not named keeps what its broker keeps by default, and is not checked. */
  readonly retention?: Readonly<Record<string, KafkaRetention>>
  /** Copies of each partition; default and undefined: what the broker gives new topics, and not checked. */
  readonly replication?: number
  /** Topics to make or check before `openKafkaBus` resolves; others are at their first use. */
  readonly topics?: readonly string[]
  readonly compression?: 'none' | 'gzip' | 'zstd'
  /** Largest envelope that a topic made by us takes; default 8 MiB. A topic that exists is taken with its own limit. */
  readonly maxMessageBytes?: number
  /** A publish that is not durable by then is `unavailable`; default 12 s, so that an exporter that gives up after 10 s has been heard. */
  readonly deliveryTimeoutMs?: number
  /** One request that has no answer by then is sent again; default 3 s. */
  readonly requestTimeoutMs?: number
  /** How long `openKafkaBus` tries brokers of which none answers; default 20 s. 0 = each once. */
  readonly connectWithinMs?: number
  /** A member that is not heard for this long loses its partitions; default 10 s (a broker takes 6 s to 30 min). */
  readonly sessionTimeoutMs?: number
  /** Nothing fetched or heard for this long: connections are made anew; default 20 s. */
  readonly stallMs?: number
  /** Encoded bytes that wait to be sent; over it `publish` is `unavailable`; default 64 MiB. */
  readonly maxWaitingBytes?: number
  /** Encoded bytes fetched and not yet handled, over all subscriptions of the bus; default 64 MiB. */
  readonly maxInFlightBytes?: number
  readonly clock: Clock
  readonly log?: Log
}

type Defaulted = 'prefix' | 'compression' | 'maxMessageBytes' | 'deliveryTimeoutMs' | 'requestTimeoutMs' | 'connectWithinMs' | 'sessionTimeoutMs' |
  'stallMs' | 'maxWaitingBytes' | 'maxInFlightBytes' | 'log'
export type Settings = KafkaBusOptions & Required<Pick<KafkaBusOptions, Defaulted>>

const MIB = 1024 * 1024
const quiet = (): void => undefined
const SILENT: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

export const withDefaults = (options: KafkaBusOptions): Settings => ({
  ...options,
  prefix: options.prefix ?? 'watchkeeper.',
  compression: options.compression ?? 'none',
  maxMessageBytes: options.maxMessageBytes ?? 8 * MIB,
  deliveryTimeoutMs: options.deliveryTimeoutMs ?? 12_000,
  requestTimeoutMs: options.requestTimeoutMs ?? 3000,
  connectWithinMs: options.connectWithinMs ?? 20_000,
  sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
  stallMs: options.stallMs ?? 20_000,
  maxWaitingBytes: options.maxWaitingBytes ?? 64 * MIB,
  maxInFlightBytes: options.maxInFlightBytes ?? 64 * MIB,
  log: options.log ?? SILENT,
})

/** Milliseconds of the bus's clock. */
export const nowMs = (clock: Clock): number => Number(clock.now() / 1_000_000n)
