/** One POST to a stranger's address: no redirects, no proxy, no way inside unless it is allowed, and no answer that never ends. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Answer } from '../../schemas/ports.ts'
import { guardedLookup, PrivateTarget, type Reach, type Resolve } from './target.ts'

const TIMEOUT_MS = 15_000
const ANSWER_BYTES = 1_024
/** Answers may have headers of so many bytes. */
const HEADER_BYTES = 16_384

export interface Outgoing {
  /** http or https. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Way {
  readonly reach: Reach
  /** The system's own where omitted. */
  readonly resolve?: Resolve | undefined
  /** How much of an answer is read; 1,024 where omitted. */
  readonly answerBytes?: number
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3) as seconds from now; undefined when it is neither. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,6}$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

function exchange({ url, headers, body }: Outgoing, { reach, resolve, answerBytes = ANSWER_BYTES }: Way, signal: AbortSignal): Promise<Answer> {
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest
  // A connection for each message: one that is kept would go on to an address that was right once.
  const options = { method: 'POST', agent: false, signal, lookup: guardedLookup(reach, resolve), maxHeaderSize: HEADER_BYTES } as const
  return new Promise((settle, reject) => {
    const sent = send(url, { ...options, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) } }, (response) => {
      let text = Buffer.alloc(0)
      const done = () => settle({ status: response.statusCode ?? 0, text: text.toString(), retryAfterSeconds: retryAfter(response.headers['retry-after']) })
      response.on('data', (chunk: Buffer) => {
        text = Buffer.concat([text, chunk]).subarray(0, answerBytes)
        if (text.length === answerBytes) {
          done()
          response.destroy()
        }
      })
      response.on('end', done)
      response.on('error', done)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** No answer, and why: what the system calls it, or that the target is inside. */
export function noAnswer(error: unknown): Answer {
  if (error instanceof PrivateTarget) return { status: 0, text: error.message, retryAfterSeconds: undefined, refused: true }
  return { status: 0, text: (error as NodeJS.ErrnoException).code ?? (error as Error).name, retryAfterSeconds: undefined }
}

/**
 * Sends it, within 15 s. Never throws for what the receiver or the network does: status 0 and the reason. Redirects are answers like others
 * (node:http follows none), and the environment's proxy settings are not read.
 */
export async function guardedPost(outgoing: Outgoing, way: Way, signal: AbortSignal): Promise<Answer> {
  try {
    const host = new URL(outgoing.url).hostname.replace(/^\[|\]$/g, '')
    // An address literal is never looked up, so it is checked here.
    if (isIP(host) !== 0 && !way.reach(host)) throw new PrivateTarget()
    return await exchange(outgoing, way, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
  } catch (error) {
    return noAnswer(error)
  }
}
