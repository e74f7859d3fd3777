/**
 * Answers read into memory that is used again. kafkajs lets Node make new memory for every piece that comes and copies the pieces of an answer into new
 * memory once more; here a socket reads into one place, and each piece is copied from there to where it belongs in its answer. The memory of a large answer
 * is used again when whoever asked says that it has what it needs of it; of one that is never given back a collection takes care.
 *
 * What had come of an answer when a connection broke is forgotten: kafkajs takes it for the beginning of the next connection's first answer.
 */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { lend, standsWhere } from '../../schemas/spare-memory.ts'

const READ_BYTES = 64 * 1024
const KEEP_ALIVE_MS = 60_000
/** Of an answer: its length, which does not count itself, and the number of its request. */
const LENGTH_BYTES = 4
const NUMBER_BYTES = 4
/** No answer is larger: it would be more than a hundred fetches. */
const MOST_BYTES = 1024 * 1024 * 1024

/** Sockets as kafkajs makes them, but for the one place that each reads into: a `data` event's bytes are only there until it has been heard. */
export const readInOnePlace: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback(bytes: number, place: Uint8Array): boolean {
      socket.emit('data', place.subarray(0, bytes))
      return true
    },
  }
  // The types of Node leave it out for TLS.
  const asked = { host, port, onread }
  const socket: Socket = ssl ? connectTls({ ...asked, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect) : connect(asked, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

/** An answer that is coming in over a socket. */
interface Incoming {
  readonly socket: unknown
  readonly length: Buffer
  /** Where it is written, with its length in front; undefined until that is known. */
  whole: Buffer | undefined
  /** Bytes of it that are here. */
  filled: number
}

/** What is used here of kafkajs's `Connection`. */
export interface ReceivingConnection {
  readonly socket: { destroy(error?: Error): void } | undefined
  readonly authHandlers: { onSuccess(bytes: Buffer): void } | null
  readonly authExpectResponse: boolean
  readonly requestQueue: { fulfillRequest(answer: { readonly size: number; readonly correlationId: number; readonly payload: Buffer }): void }
  [INCOMING]?: Incoming
}

const INCOMING = Symbol.for('watchkeeper.kafkajs.incoming')

/** For `kafkajs/src/network/connection`: takes what comes, of which nothing may be kept. */
export function receive(this: ReceivingConnection, piece: Buffer): void {
  // Some answers of SASL have no length.
  if (this.authHandlers !== null && !this.authExpectResponse) return this.authHandlers.onSuccess(Buffer.from(piece))
  for (let at = 0; at < piece.length;) {
    const incoming = incomingOf(this)
    at += take(incoming, piece, at)
    if (incoming.filled === LENGTH_BYTES && !begin(incoming)) return void this.socket?.destroy(new RangeError('an answer has no length'))
    if (incoming.whole === undefined || incoming.filled < incoming.whole.length) continue
    delete this[INCOMING]
    hand(this, incoming.whole)
  }
}

function incomingOf(connection: ReceivingConnection): Incoming {
  const known = connection[INCOMING]
  if (known !== undefined && known.socket === connection.socket) return known
  return (connection[INCOMING] = { socket: connection.socket, length: Buffer.alloc(LENGTH_BYTES), whole: undefined, filled: 0 })
}

/** Answers how many bytes of the piece were of this answer. */
function take(incoming: Incoming, piece: Buffer, from: number): number {
  const taken = piece.copy(incoming.whole ?? incoming.length, incoming.filled, from)
  incoming.filled += taken
  return taken
}

/** Finds a place for the answer, as its length is known; false where that is none. */
function begin(incoming: Incoming): boolean {
  const { length } = incoming
  const size = length.readInt32BE()
  if (size < NUMBER_BYTES || size > MOST_BYTES) return false
  incoming.whole = lend(LENGTH_BYTES + size)
  length.copy(incoming.whole)
  return true
}

function hand({ authHandlers, requestQueue }: ReceivingConnection, whole: Buffer): void {
  if (authHandlers !== null) return authHandlers.onSuccess(whole)
  const payload = whole.subarray(LENGTH_BYTES + NUMBER_BYTES)
  standsWhere(whole, payload)
  requestQueue.fulfillRequest({ size: whole.length - LENGTH_BYTES, correlationId: whole.readInt32BE(LENGTH_BYTES), payload })
}
