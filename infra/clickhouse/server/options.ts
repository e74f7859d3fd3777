/** What a store on a ClickHouse server is told, and what is assumed where it is not. */
import type { Clock, Log } from '../../../schemas/ports.ts'

/** Paths of PEM files. An empty object = TLS with the machine's own authorities. */
export interface TlsFiles {
  readonly ca?: string
  /** Client certificate and its key: both or neither. */
  readonly cert?: string
  readonly key?: string
  /** Name that the server's certificate must have, where it is not the host's. */
  readonly serverName?: string
}

export interface ServerStoreOptions {
  /** The server's HTTP interface, such as `https://clickhouse.example.org:8443`. No credentials, no query. */
  readonly url: string
  readonly user: string
  /** File that holds the password; a line end after it is not part of it. Without it the certificate in `tls` says who we are, or nothing does. */
  readonly passwordFile?: string
  readonly tls?: TlsFiles
  /** What the user must be allowed, looked at by `migrate`: inserts, or reading alone (status, quarantine, assembler). Default write. */
  readonly access?: 'write' | 'read'
  /** Until a connection must stand; default 5 s. */
  readonly connectTimeoutMs?: number
  /** Until a request must be answered in full; default 30 s. */
  readonly requestTimeoutMs?: number
  /** How long `openServerStore` tries a server that is away; default 20 s. 0 = once. */
  readonly connectWithinMs?: number
  /** How long `migrate` waits for another process that migrates; default 2 min. */
  readonly migrateWithinMs?: number
  /** After so long without a sign of life a process that migrates is taken for dead; default 30 s. */
  readonly leaseMs?: number
  /** Requests that run at once; more wait. Default 8. */
  readonly maxConnections?: number
  /** Of what we send. Default none, 0.7 µs of CPU a row; gzip makes blocks five times smaller for 11 µs (bench/clickhouse-wire.ts). */
  readonly compression?: 'none' | 'gzip'
  /** How far the server's clock may be from `clock`; default 60 s. */
  readonly maxClockSkewMs?: number
  readonly clock: Clock
  readonly log?: Log
}

type Optional = 'passwordFile' | 'tls'
export type Settings = Required<Omit<ServerStoreOptions, Optional>> & Pick<ServerStoreOptions, Optional>

const quiet = (): void => undefined
const SILENT: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

export const withDefaults = (options: ServerStoreOptions): Settings => ({
  ...options,
  access: options.access ?? 'write',
  connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
  requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
  connectWithinMs: options.connectWithinMs ?? 20_000,
  migrateWithinMs: options.migrateWithinMs ?? 120_000,
  leaseMs: options.leaseMs ?? 30_000,
  maxConnections: options.maxConnections ?? 8,
  compression: options.compression ?? 'none',
  maxClockSkewMs: options.maxClockSkewMs ?? 60_000,
  log: options.log ?? SILENT,
})
