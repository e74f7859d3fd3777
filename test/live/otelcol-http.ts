/** One HTTP request of a differential case, sent as it is, and what came back in words. */
import { request } from 'node:http'
import { referenceDecode } from '../otlp/reference-schema.ts'

const PROTOBUF = 'application/x-protobuf'

export interface HttpCase {
  readonly name: string
  /** Default POST. */
  readonly method?: string
  /** Default /v1/traces. */
  readonly path?: string
  /** Default `application/x-protobuf`; '' = no such header. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Chunked, without a length. */
  readonly chunked?: boolean
}

interface Received {
  readonly status: number
  readonly type: string
  readonly body: Buffer
  readonly retryAfter: string | undefined
}

/** Throws only where nothing was answered at all. */
function received(base: string, { method = 'POST', path = '/v1/traces', type = PROTOBUF, headers = {}, body, chunked = false }: HttpCase): Promise<Received> {
  const sent = { ...(type === '' ? {} : { 'content-type': type }), ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length }), ...headers }
  return new Promise((resolve, reject) => {
    // The path as it is: a URL would be put in order.
    const { hostname, port } = new URL(base)
    const outgoing = request({ hostname, port, path, method, headers: sent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({
        status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: Buffer.concat(chunks), retryAfter: response.headers['retry-after'],
      })).on('error', reject)
    })
    outgoing.on('error', reject)
    for (let at = 0; chunked && at < body.length; at += 1000) outgoing.write(body.subarray(at, at + 1000))
    outgoing.end(chunked ? undefined : body)
  })
}

/** `200, success`, with the answer's type where it is not that of the request. An answer that is no OTLP is `no OTLP`, whatever it says. */
export async function sendHttp(base: string, one: HttpCase): Promise<string> {
  try {
    const { status, type, body, retryAfter } = await received(base, one)
    const media = mediaOf(type)
    const said = one.method === 'HEAD' ? 'no body' : meaning(status, media, body)
    const other = media === '' || media === mediaOf(one.type ?? PROTOBUF) ? '' : media
    return [status, said, other, retryAfter === undefined ? '' : 'Retry-After'].filter((part) => part !== '').join(', ')
  } catch (error) {
    return `no answer (${String((error as { code?: unknown }).code)})`
  }
}

const mediaOf = (type: string): string => (type.split(';', 1)[0] ?? '').trim().toLowerCase()

function meaning(status: number, media: string, body: Buffer): string {
  if (media !== 'application/json' && media !== PROTOBUF) return body.length === 0 ? 'empty' : 'no OTLP'
  const json = media === 'application/json'
  if (status === 200) {
    const { partialSuccess } = (json ? JSON.parse(body.toString()) : referenceDecode('ExportResponse', body)) as { partialSuccess?: object }
    // Set and empty says the same as not set.
    return Object.keys(partialSuccess ?? {}).length === 0 ? 'success' : 'partial success'
  }
  const { code } = (json ? JSON.parse(body.toString()) : referenceDecode('RpcStatus', body)) as { code?: number }
  return `code ${code ?? 0}`
}
