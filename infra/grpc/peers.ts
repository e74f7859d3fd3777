/** The connections under the calls: the library gives a call the address of its peer only. */
import type { Socket } from 'node:net'
import type { ServerInterceptingCall } from '@grpc/grpc-js'
import type { Connections } from '../../schemas/connections.ts'
import { peerCertificateOf, type PeerCertificate } from '../../schemas/peer-certificate.ts'

interface Peer {
  readonly socket: Socket
  /** A call that may be made has come on it. */
  used: boolean
  certificate: { readonly shown: PeerCertificate | undefined } | undefined
}

const NOTHING = (): void => undefined

export class Peers {
  readonly #peers = new Map<string, Peer>()
  readonly #connections: Connections | undefined

  constructor(connections: Connections | undefined) {
    this.#connections = connections
  }

  /** False where the socket was one too many, and is destroyed. */
  enter(socket: Socket): boolean {
    if (this.#connections?.enter(socket, true) === false) return false
    const name = `${socket.remoteAddress}:${socket.remotePort}`
    this.#peers.set(name, { socket, used: false, certificate: undefined })
    socket.once('close', () => this.#peers.delete(name))
    return true
  }

  /** Of the certificate that our authority signed; read once a connection. */
  certificateOf(call: Pick<ServerInterceptingCall, 'getPeer' | 'getAuthContext'>): PeerCertificate | undefined {
    const peer = this.#peers.get(call.getPeer())
    if (peer?.certificate !== undefined) return peer.certificate.shown
    const shown = peerCertificateOf(call.getAuthContext().sslPeerCertificate)
    if (peer !== undefined) peer.certificate = { shown }
    return shown
  }

  /** The call may be made, and its message is awaited until the answer is called. One that comes too slowly takes its connection with it. */
  awaitMessage(name: string): () => void {
    const peer = this.#peers.get(name)
    if (peer === undefined) return NOTHING
    const { socket } = peer
    peer.used = true
    if (this.#connections === undefined) return NOTHING
    this.#connections.proven(socket)
    return this.#connections.await({ bytes: () => socket.bytesRead, tooSlow: () => void socket.destroy() })
  }

  /** Ends what never was of use, so that nobody waits for it. */
  endUnused(): void {
    for (const { socket, used } of this.#peers.values()) if (!used) socket.destroy()
  }
}
