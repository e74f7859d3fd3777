/** One gRPC call of a differential case, its frames as they are, and what came back in words. */
import { connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import { referenceDecode } from '../otlp/reference-schema.ts'

export interface GrpcCase {
  readonly name: string
  /** Default: Export of traces. */
  readonly path?: string
  /** Added to, or in place of, what a gRPC client sends; '' = not sent. */
  readonly headers?: Readonly<Record<string, string>>
  /** With its length before it; see `framed`. */
  readonly body: Buffer
}

const ANSWER_MS = 10_000

/** A message as gRPC sends it. */
export function framed(message: Buffer, flag = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5)
  head[0] = flag
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

interface Received {
  readonly status: string
  readonly type: string
  readonly body: Buffer
  readonly details: string | undefined
  readonly http: number
}

function received(base: string, { path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export', headers = {}, body }: GrpcCase): Promise<Received> {
  const sent = Object.entries({ 'content-type': 'application/grpc', te: 'trailers', ':method': 'POST', ...headers }).filter(([, value]) => value !== '')
  return new Promise((resolve, reject) => {
    const session = connect(`http://${base}`)
    const late = setTimeout(() => session.destroy(new Error('late')), ANSWER_MS)
    session.on('error', reject)
    const stream = session.request({ ...Object.fromEntries(sent), ':path': path })
    let all: IncomingHttpHeaders & { ':status'?: number } = {}
    const chunks: Buffer[] = []
    const merge = (more: IncomingHttpHeaders) => void (all = { ...all, ...more })
    stream.on('response', merge).on('trailers', merge).on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('close', () => {
      clearTimeout(late)
      session.close()
      const details = all['grpc-status-details-bin']
      resolve({
        http: all[':status'] ?? 0, status: String(all['grpc-status'] ?? `none, stream ${stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'ended' : `reset ${stream.rstCode}`}`),
        type: String(all['content-type'] ?? ''), body: Buffer.concat(chunks), details: details === undefined ? undefined : String(details),
      })
    })
    stream.end(body)
  })
}

/** `OK, success`, `status 3`. `with RetryInfo` where the status tells the caller when to come again. */
export async function callGrpc(base: string, one: GrpcCase): Promise<string> {
  const { http, status, type, body, details } = await received(base, one).catch((error: { code?: unknown; message?: string }) =>
    ({ http: 0, status: `none (${String(error.code ?? error.message)})`, type: '', body: Buffer.alloc(0), details: undefined }))
  if (http !== 200) return `HTTP ${http}, status ${status}`
  if (!type.startsWith('application/grpc')) return `no gRPC: ${type}`
  if (status !== '0') return `status ${status}${details !== undefined && hasRetryInfo(details) ? ', with RetryInfo' : ''}`
  return body.length === 0 ? 'OK, without a message' : `OK, ${meaning(body)}`
}

/** Answers may be compressed as the question was. */
function meaning(body: Buffer): string {
  const message = body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5)
  const { partialSuccess } = referenceDecode('ExportResponse', message) as { partialSuccess?: object }
  return Object.keys(partialSuccess ?? {}).length === 0 ? 'success' : 'partial success'
}

const hasRetryInfo = (details: string): boolean =>
  JSON.stringify(referenceDecode('RpcStatus', Buffer.from(details, 'base64'))).includes('google.rpc.RetryInfo')
