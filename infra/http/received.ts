/** A request as services see it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpHead, HttpRequest } from '../../schemas/http.ts'
import type { PeerCertificate } from '../../schemas/peer-certificate.ts'
import { certificateOf } from './certificate.ts'

export function headOf(request: IncomingMessage): HttpHead {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: new Map(Object.entries(request.headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value])),
    peer: (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=[0-9.]+$)/, ''),
    certificate: certificateOf(request.socket),
  }
}

/** Makes its signal when it is asked for: few do, and it costs as much as reading the head. */
export class Received implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: ReadonlyMap<string, string>
  readonly peer: string
  readonly certificate: PeerCertificate | undefined
  readonly body: Buffer
  readonly #response: ServerResponse
  #signal: AbortSignal | undefined

  constructor({ method, path, query, headers, peer, certificate }: HttpHead, body: Buffer, response: ServerResponse) {
    this.method = method
    this.path = path
    this.query = query
    this.headers = headers
    this.peer = peer
    this.certificate = certificate
    this.body = body
    this.#response = response
  }

  get signal(): AbortSignal {
    return this.#signal ??= abortedWhenGone(this.#response)
  }
}

function abortedWhenGone(response: ServerResponse): AbortSignal {
  if (response.destroyed && !response.writableFinished) return AbortSignal.abort()
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}
