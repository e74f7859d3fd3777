/** A request as services see it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpHead, HttpRequest } from '../../schemas/http.ts'
import type { PeerCertificate } from '../../schemas/peer-certificate.ts'
import { certificateOf } from './certificate.ts'

/** Who is at the other end of a connection: looked at once, not once a request. */
type OtherEnd = Pick<HttpHead, 'peer' | 'certificate'>
const otherEnds = new WeakMap<Socket, OtherEnd>()

function otherEndOf(socket: Socket): OtherEnd {
  const known = otherEnds.get(socket)
  if (known !== undefined) return known
  const found = { peer: (socket.remoteAddress ?? '').replace(/^::ffff:(?=[0-9.]+$)/, ''), certificate: certificateOf(socket) }
  otherEnds.set(socket, found)
  return found
}

function headersOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? ''
    map.set(name, typeof value === 'string' ? value : value.join(', '))
  }
  return map
}

export function headOf(request: IncomingMessage): HttpHead {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const { peer, certificate } = otherEndOf(request.socket)
  return {
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: headersOf(request),
    peer,
    certificate,
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
