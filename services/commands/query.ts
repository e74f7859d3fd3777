import { Failure } from '../../schemas/failure.ts'
import { type CommonOptions, baseUrl, configOf } from './common.ts'
import { printable } from '../demo/printable.ts'

export interface QueryOptions extends CommonOptions {
  readonly format?: string
  readonly json?: boolean
  readonly user?: string
}

/** Where none is asked for. */
export const FORMAT = { terminal: 'PrettyCompactNoEscapes', elsewhere: 'TSVWithNames' } as const

async function ask(url: string, sql: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body: sql, headers })
  } catch (error) {
    throw new Failure(
      'unavailable', 'query.server',
      `Nothing answers at ${new URL(url).origin}. Start the server first (npm start), or give its address with --sql HOST:PORT.`, { cause: error },
    )
  }
}

/** `watchkeeper query SQL`: the answer as bytes to standard output, attacker's control characters shown as such on a terminal. */
export async function query(sql: string, options: QueryOptions): Promise<number> {
  if (sql.trim() === '') throw new Failure('misconfigured', 'query.empty', 'Say what to ask: watchkeeper query "SELECT * FROM sources".')
  const config = configOf(options)
  const format = options.json === true ? 'JSON' : (options.format ?? (process.stdout.isTTY ? FORMAT.terminal : FORMAT.elsewhere))
  const password = process.env['WATCHKEEPER_SQL_PASSWORD'] ?? ''
  const headers: Record<string, string> = options.user === undefined ? {} : { 'x-clickhouse-user': options.user, 'x-clickhouse-key': password }
  const base = config.store.clickhouse?.url.replace(/\/+$/, '') ?? baseUrl(config.sql.listen, config.sql.tls !== undefined)
  const url = `${base}/?database=watchkeeper&default_format=${encodeURIComponent(format)}`
  const response = await ask(url, sql, headers)
  if (!response.ok) {
    console.error(printable(await response.text()).trim())
    return 1
  }
  const bytes = Buffer.from(await response.arrayBuffer())
  process.stdout.write(process.stdout.isTTY ? printable(bytes.toString()) : bytes)
  return 0
}
