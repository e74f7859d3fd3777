/** HTTP as services see it: no sockets. The adapter that speaks to the network is `infra/http`. */
import type { PeerCertificate } from './peer-certificate.ts'

/** What is known before the body is read. */
export interface HttpHead {
  /** Upper case. */
  readonly method: string
  /** As sent, not decoded, without the query. */
  readonly path: string
  /** As sent, without the `?`; '' where there is none. */
  readonly query: string
  /** Names in lower case; a repeated header is joined with `, ` where HTTP allows that, else the first counts. */
  readonly headers: ReadonlyMap<string, string>
  /** Address of the other end of the connection. */
  readonly peer: string
  /** What the client showed, where certificates are asked for. */
  readonly certificate?: PeerCertificate | undefined
}

export interface HttpRequest extends HttpHead {
  /** As sent: content-encoding is not undone. Empty where there was none. */
  readonly body: Buffer
  /** Aborted when the client is gone before the answer was complete. */
  readonly signal?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** An iterable is sent as it comes; if it throws, the connection is cut so that nobody takes a part for the whole. */
  readonly body: Buffer | string | AsyncIterable<Buffer>
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>
