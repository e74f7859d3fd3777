/** What a client of ClickHouse's HTTP interface sends: statement, settings and parameters out of URL and body. */
import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { Statement } from './execute.ts'

/** Parameters of the interface that are no settings. */
const NOT_SETTINGS = new Set(['query', 'query_id', 'database', 'wait_end_of_query', 'role', 'session_id', 'default_format'])

export interface Received extends Statement {
  readonly queryId: string
  readonly user: string
  readonly password: string
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

function fieldsOf(body: Buffer, contentType: string): [string, string][] {
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1] ?? ''
  return body.toString('utf8').split(`--${boundary}`).slice(1, -1).map((part) => {
    const [head = '', ...rest] = part.slice(2, -2).split('\r\n\r\n')
    return [/name="([^"]*)"/.exec(head)?.[1] ?? '', rest.join('\r\n\r\n')]
  })
}

/** Parameters stay in the text form in which they travel: the engine undoes it. */
export function received(request: IncomingMessage, body: Buffer): Received {
  const url = new URL(request.url ?? '/', 'http://shim')
  const form = request.headers['content-type']?.startsWith('multipart/form-data') === true
  const all = [...url.searchParams, ...(form ? fieldsOf(body, request.headers['content-type'] ?? '') : [])]
  const [user = '', password = ''] = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString().split(':')
  const inUrl = url.searchParams.get('query') ?? ''
  const isInsert = /^INSERT/.test(inUrl)
  return {
    queryId: url.searchParams.get('query_id') ?? '', user: String(request.headers['x-clickhouse-user'] ?? user), password,
    sql: form || isInsert ? inUrl : inUrl + body.toString('utf8'), data: isInsert ? body : Buffer.alloc(0),
    parameters: new Map(all.filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice(6), value])),
    settings: new Map(all.filter(([name]) => !name.startsWith('param_') && !NOT_SETTINGS.has(name))),
  }
}
