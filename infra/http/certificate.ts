/** The certificate behind a connection. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { peerCertificateOf, type PeerCertificate } from '../../schemas/peer-certificate.ts'

/** Only one that our authority signed. */
export function certificateOf(socket: Socket): PeerCertificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? peerCertificateOf(socket.getPeerCertificate()) : undefined
}
