/** Requests to the API of a running server, with the token of its data directory. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { Failure } from '../../schemas/failure.ts'
import { apiUrl } from './common.ts'

const unreachable = (message: string, cause?: unknown): Failure => new Failure('unavailable', 'api.unreachable', message, cause === undefined ? {} : { cause })

/** The token that the server made in its data directory. Throws Failure `misconfigured`. */
export function readToken(dataDir: string): string {
  const file = join(dataDir, 'keys', 'api.token')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Failure(
      'misconfigured', 'api.token', `${file} cannot be read. Start the server first (npm start) and use the same --data-dir, as a user who may read it.`,
      { cause: error },
    )
  }
}

const Refusal = z.object({ error: z.string() })

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly etag: string
  readonly body: unknown
}

/** A token of one's own, else the one of the data directory, which is for the server on this machine alone. Throws Failure `misconfigured`. */
function tokenOf({ data_dir: dataDir, api: { url } }: Config): string {
  const own = process.env['WATCHKEEPER_API_TOKEN']
  if (own === undefined && url !== undefined) {
    throw new Failure('misconfigured', 'api.token', `${url} asks for a token: put one in WATCHKEEPER_API_TOKEN (made on that machine with watchkeeper token create --scope read|triage|admin).`)
  }
  return own ?? readToken(dataDir)
}

/** What stands in the way of a connection, where Node says it in words of its own. */
const CERTIFICATE = /CERT|ISSUER|SIGNATURE|ALTNAME/
function noAnswer(origin: string, error: unknown): Failure {
  const code = String(((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? '')
  if (CERTIFICATE.test(code)) return unreachable(`The certificate of ${origin} is not trusted (${code}): give its authority in NODE_EXTRA_CA_CERTS, and the name that it is made out to.`, error)
  return unreachable(`Nothing answers at ${origin}. Start the server first (npm start), or give its address with --api HOST:PORT or WATCHKEEPER_API_URL.`, error)
}

async function request(config: Config, path: string, { method = 'GET', body, headers: more = {} }: Asked): Promise<Response> {
  const url = `${apiUrl(config)}${path}`
  const headers = { authorization: `Bearer ${tokenOf(config)}`, ...more }
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }).catch((error: unknown) => {
    throw noAnswer(new URL(url).origin, error)
  })
}

/** What the API answered, and where that is a refusal: why, as Failure `rejected`, or `unavailable` where nobody answers. */
export async function callApi(config: Config, path: string, asked: Asked = {}): Promise<Answered> {
  const response = await request(config, path, asked)
  const text = await response.text()
  if (response.ok) return { status: response.status, etag: response.headers.get('etag') ?? '', body: text === '' ? undefined : JSON.parse(text) as unknown }
  throw refusal(response.status, text)
}

function refusal(status: number, text: string): Failure {
  if (status === 401) return unreachable('The server does not know this token: use the --data-dir that it was started with, or WATCHKEEPER_API_TOKEN.')
  return new Failure(status === 503 ? 'unavailable' : 'rejected', 'api.refused', said(status, text))
}

/** The bytes of an answer as they come. Throws as `callApi`. */
export async function openApi(config: Config, path: string, body?: unknown): Promise<ReadableStream<Uint8Array>> {
  const response = await request(config, path, body === undefined ? {} : { method: 'POST', body })
  if (!response.ok || response.body === null) throw refusal(response.status, await response.text())
  return response.body
}

/** The answer's body; `body`: what is sent, with POST. */
export const askApi = async (config: Config, path: string, body?: unknown): Promise<unknown> =>
  (await callApi(config, path, body === undefined ? {} : { method: 'POST', body })).body

function said(status: number, text: string): string {
  try {
    return Refusal.parse(JSON.parse(text)).error
  } catch {
    return `the API answered ${status}`
  }
}
