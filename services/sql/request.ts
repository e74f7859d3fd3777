/** One HTTP request in ClickHouse's manner, read into a query. */
import { gunzipSync } from 'node:zlib'
import type { HttpRequest } from '../../schemas/http.ts'
import { DATABASE } from './published.ts'
import { SqlError } from './sql-error.ts'

export interface QueryRequest {
  readonly text: string
  readonly parameters: ReadonlyMap<string, string>
  readonly settings: ReadonlyMap<string, string>
  /** Format where the query names none. */
  readonly defaultFormat: string
  readonly queryId: string
  readonly gzipAnswer: boolean
}

const PARAMETERS_MOST = 200
/** Parameters of the URL that are neither settings nor query parameters. */
const OWN: ReadonlySet<string> = new Set([
  'compress', 'database', 'decompress', 'default_format', 'password', 'query', 'query_id', 'quota_key', 'role', 'session_check', 'session_id',
  'session_timeout', 'stacktrace', 'user',
])

function inflated(body: Buffer, encoding: string, limit: number): Buffer {
  if (encoding === '' || encoding === 'identity') return body
  if (encoding !== 'gzip') throw new SqlError('UNKNOWN_COMPRESSION_METHOD', 'Only gzip is accepted as Content-Encoding of a query')
  try {
    return gunzipSync(body, { maxOutputLength: limit + 1 })
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(limit)
    throw new SqlError('BAD_ARGUMENTS', 'The body says gzip and is not')
  }
}

const tooLong = (limit: number): SqlError => new SqlError('QUERY_IS_TOO_LARGE', `Query is too large: more than ${limit} bytes`)

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SqlError('BAD_ARGUMENTS', 'The query is not UTF-8')
  }
}

/** The `query` parameter, then the body on a new line. */
function textOf(request: HttpRequest, query: URLSearchParams, limit: number): string {
  const multipart = /^multipart\//i.test(request.headers.get('content-type') ?? '')
  if (multipart) throw new SqlError('NOT_IMPLEMENTED', 'Multipart bodies and external tables are not accepted')
  const body = decoded(inflated(request.body, (request.headers.get('content-encoding') ?? '').trim().toLowerCase(), limit))
  const head = query.get('query') ?? ''
  const text = head === '' || body === '' ? head + body : `${head}\n${body}`
  if (Buffer.byteLength(text) > limit) throw tooLong(limit)
  if (text.includes('\0')) throw new SqlError('SYNTAX_ERROR', 'Syntax error: the query has a NUL character')
  return text
}

function parametersOf(query: URLSearchParams, limit: number): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [key, value] of query) {
    if (!key.startsWith('param_')) continue
    const name = key.slice('param_'.length)
    const usable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !value.includes('\0')
    if (!usable) throw new SqlError('BAD_QUERY_PARAMETER', 'A query parameter needs a plain name and no NUL')
    parameters.set(name, value)
  }
  const bytes = [...parameters.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0)
  if (parameters.size > PARAMETERS_MOST || bytes > limit) throw new SqlError('BAD_QUERY_PARAMETER', 'Too many or too long query parameters')
  return parameters
}

function checkOwn(query: URLSearchParams): void {
  const database = query.get('database') ?? ''
  if (!['', 'default', DATABASE].includes(database)) throw new SqlError('UNKNOWN_DATABASE', `Only database ${DATABASE} exists here`)
  const on = (name: string): boolean => !['', '0', 'false', null].includes(query.get(name))
  if (on('compress') || on('decompress')) throw new SqlError('NOT_IMPLEMENTED', 'compress and decompress are not supported: use gzip by HTTP headers')
  if (query.getAll('role').some((role) => role !== '')) throw new SqlError('READONLY', 'Roles cannot be chosen')
}

/** Throws SqlError for what cannot be read: too long, not UTF-8, another database, unsupported transport options. */
export function readRequest(request: HttpRequest, query: URLSearchParams, limit: number): QueryRequest {
  checkOwn(query)
  const settings = new Map([...query].filter(([key]) => !OWN.has(key) && !key.startsWith('param_')))
  const compressed = ['1', 'true'].includes(query.get('enable_http_compression') ?? '')
  const database = request.headers.get('x-clickhouse-database') ?? ''
  if (!['', 'default', DATABASE].includes(database)) throw new SqlError('UNKNOWN_DATABASE', `Only database ${DATABASE} exists here`)
  return {
    text: textOf(request, query, limit),
    parameters: parametersOf(query, limit),
    settings,
    defaultFormat: request.headers.get('x-clickhouse-format') ?? query.get('default_format') ?? 'TabSeparated',
    queryId: (query.get('query_id') ?? '').replace(/[^\x21-\x7e]/g, '').slice(0, 128),
    gzipAnswer: compressed && /\bgzip\b/i.test(request.headers.get('accept-encoding') ?? ''),
  }
}
