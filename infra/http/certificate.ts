/** The certificate behind a request. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { peerCertificateOf, type PeerCertificate } from '../../schemas/peer-certificate.ts'

const known = new WeakMap<TLSSocket, { readonly shown: PeerCertificate | undefined }>()

/** Only one that our authority signed; read once a connection. */
export function certificateOf(socket: Socket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const before = known.get(socket)
  if (before !== undefined) return before.shown
  const shown = socket.authorized ? peerCertificateOf(socket.getPeerCertificate()) : undefined
  known.set(socket, { shown })
  return shown
}
