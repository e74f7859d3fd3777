/** TLS files of the configuration as what the servers want. */
import { readFileSync } from 'node:fs'
import { Failure } from '../../schemas/failure.ts'
import type { TlsConfig } from '../config/schema.ts'
import type { ClientTlsConfig } from '../config/servers.ts'

export interface TlsMaterial {
  readonly key: string
  readonly cert: string
  /** Authority whose client certificates are required. */
  readonly ca?: string
}

function pem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure('misconfigured', 'tls.file', `The TLS file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
}

/** Throws Failure `misconfigured` that names the file which cannot be read. */
export function tlsMaterial(tls: TlsConfig | undefined): TlsMaterial | undefined {
  if (tls === undefined) return undefined
  return { key: pem(tls.key), cert: pem(tls.cert), ...(tls.client_ca === undefined ? {} : { ca: pem(tls.client_ca) }) }
}

/** Paths of what we show and trust as a client; the adapters read them. */
export interface ClientTlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly serverName?: string
}

export function tlsFilesOf({ ca, cert, key, server_name: serverName }: ClientTlsConfig): ClientTlsFiles {
  return {
    ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { serverName }),
  }
}
