/** What every command takes, and how it becomes a configuration. */
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'

export interface CommonOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly otlpHttp?: string
  readonly otlpGrpc?: string
  readonly sql?: string
  readonly api?: string
}

/** Flags over environment over file. Throws Failure `misconfigured` with all problems. */
export const configOf = (options: CommonOptions): Config =>
  loadConfig({
    file: options.config ?? process.env['WATCHKEEPER_CONFIG'],
    environment: process.env,
    flags: [
      { path: ['data_dir'], value: options.dataDir },
      { path: ['otlp', 'http'], value: options.otlpHttp },
      { path: ['otlp', 'grpc'], value: options.otlpGrpc },
      { path: ['sql', 'listen'], value: options.sql },
      { path: ['api', 'listen'], value: options.api },
    ],
  })

/** Base address of the API for commands. */
export const apiUrl = ({ api: { listen, tls, url } }: Config): string => url?.replace(/\/+$/, '') ?? baseUrl(listen, tls !== undefined)

/** Base address under which a server on this machine is reached. */
export const baseUrl = (address: string, tls: boolean): string =>
  `${tls ? 'https' : 'http'}://${address.replace(/^0\.0\.0\.0:|^\[::\]:/, '127.0.0.1:')}`
