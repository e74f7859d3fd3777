/** Requests to the API of a running server, with the token of its data directory. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { Failure } from '../../schemas/failure.ts'
import { baseUrl } from './common.ts'

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

/** What was asked of the API, and where the answer is not one: why, as Failure `rejected`, or `unavailable` where nobody answers. */
export async function askApi(config: Config, path: string, body?: unknown): Promise<unknown> {
  const url = `${baseUrl(config.api.listen, false)}${path}`
  const headers = { authorization: `Bearer ${readToken(config.data_dir)}` }
  const response = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }).catch((error: unknown) => {
    throw unreachable(`Nothing answers at ${new URL(url).origin}. Start the server first (npm start), or give its address with --api HOST:PORT.`, error)
  })
  const text = await response.text()
  if (response.ok) return JSON.parse(text) as unknown
  if (response.status === 401) throw unreachable('The server does not know this token: use the --data-dir that it was started with.')
  throw new Failure(response.status === 503 ? 'unavailable' : 'rejected', 'api.refused', said(response.status, text))
}

function said(status: number, text: string): string {
  try {
    return Refusal.parse(JSON.parse(text)).error
  } catch {
    return `the API answered ${status}`
  }
}
