/** One generic JSON webhook, signed by Standard Webhooks 1.0.0. No redirects, no proxy, no way to addresses inside unless it is allowed. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Answer, Notifier } from '../../schemas/ports.ts'
import { signature } from './sign.ts'
import { isPrivateAddress, PrivateTarget, publicLookup } from './target.ts'

export interface WebhookOptions {
  readonly name: string
  /** http or https. */
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 bytes. */
  readonly secret: string
  /** Loopback and private addresses may be reached. */
  readonly allowPrivate: boolean
}

const TIMEOUT_MS = 15_000
const ANSWER_BYTES = 1_024

/** Seconds or an HTTP date (RFC 9110, 10.2.3) as seconds from now; undefined when it is neither. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,6}$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

function post(options: WebhookOptions, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer> {
  const url = new URL(options.url)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = send(url, { method: 'POST', agent: false, headers, signal, ...(options.allowPrivate ? {} : { lookup: publicLookup }) }, (response) => {
      let text = Buffer.alloc(0)
      const done = () => resolve({ status: response.statusCode ?? 0, text: text.toString(), retryAfterSeconds: retryAfter(response.headers['retry-after']) })
      response.on('data', (chunk: Buffer) => {
        text = Buffer.concat([text, chunk]).subarray(0, ANSWER_BYTES)
        if (text.length === ANSWER_BYTES) {
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

/**
 * A receiver of signed messages. `send` never throws for what the receiver or the network does: status 0 and the reason. Redirects are
 * answers like others (node:http follows none), and the environment's proxy settings are not read.
 */
export function createWebhook(options: WebhookOptions): Notifier {
  const host = new URL(options.url).hostname.replace(/^\[|\]$/g, '')
  return {
    receiver: options.name,
    kind: 'webhook',
    render: (notice) => JSON.stringify(notice),
    async send({ id, at, body }, signal) {
      const timestamp = Number(at / 1_000_000_000n)
      const headers = {
        'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'watchkeeper',
        'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature(options.secret, { id, timestamp, body }),
      }
      try {
        // An address literal is never looked up, so it is checked here.
        if (!options.allowPrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw new PrivateTarget()
        return await post(options, headers, body, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
      } catch (error) {
        const reason = error instanceof PrivateTarget ? error.message : ((error as NodeJS.ErrnoException).code ?? (error as Error).name)
        return { status: 0, text: reason, retryAfterSeconds: undefined }
      }
    },
  }
}
