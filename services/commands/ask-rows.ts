/** Rows of a query, for commands that make something of them. Asked like `watchkeeper query`. */
import { Failure } from '../../schemas/failure.ts'
import { printable } from '../demo/printable.ts'
import { baseUrl, type CommonOptions, configOf } from './common.ts'

export interface SqlOptions extends CommonOptions {
  readonly json?: boolean
  readonly user?: string
}

export type JsonRow = Readonly<Record<string, unknown>>

/** Numbers of 64 bits come as text. Throws Failure `unavailable` where nobody answers, `rejected` with what the engine says. */
export async function askRows(sql: string, options: SqlOptions): Promise<readonly JsonRow[]> {
  const config = configOf(options)
  const headers: Record<string, string> = options.user === undefined ? {} : { 'x-clickhouse-user': options.user, 'x-clickhouse-key': process.env['WATCHKEEPER_SQL_PASSWORD'] ?? '' }
  const base = config.store.clickhouse?.url.replace(/\/+$/, '') ?? baseUrl(config.sql.listen, config.sql.tls !== undefined)
  const url = `${base}/?database=watchkeeper&default_format=JSONEachRow&output_format_json_quote_64bit_integers=1`
  const response = await fetch(url, { method: 'POST', body: sql, headers }).catch((error: unknown) => {
    throw new Failure('unavailable', 'query.server', `Nothing answers at ${new URL(url).origin}. Start the server first (npm start), or give its address with --sql HOST:PORT.`, { cause: error })
  })
  const text = await response.text()
  if (!response.ok) throw new Failure('rejected', 'query.refused', printable(text).trim())
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as JsonRow)
}
