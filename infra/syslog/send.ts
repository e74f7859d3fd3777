/** Sends one syslog message: over TLS or TCP with its octets counted (RFC 5425, RFC 6587), or in one UDP packet (RFC 5426). */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIP, type Socket } from 'node:net'
import { connect as secure } from 'node:tls'

/** TLS over the connection, its certificate checked for the name. Throws the error of TLS, or AbortError. */
export async function securedBy(connection: Socket, { host, ca }: { readonly host: string; readonly ca: string | undefined }, signal: AbortSignal): Promise<Socket> {
  const socket = secure({ socket: connection, ...(isIP(host) === 0 ? { servername: host } : {}), host, ...(ca === undefined ? {} : { ca }) })
  try {
    await once(socket, 'secureConnect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Time that a server has to close its side, too, or to break off. */
const FAREWELL_MS = 1_000

/**
 * Writes the message and ends the connection. There are no answers in syslog: it counts as taken when all of it was written and the other side closes,
 * or says nothing to the contrary for a second. Throws the error of the connection.
 */
export async function sendStream(message: string, socket: Socket, signal: AbortSignal): Promise<void> {
  const taken = AbortSignal.any([signal, AbortSignal.timeout(FAREWELL_MS)])
  const ended = once(socket, 'close', { signal: taken }).catch((error: unknown) => {
    if (signal.aborted || !socket.writableFinished) throw error
  })
  socket.resume()
  socket.end(`${Buffer.byteLength(message)} ${message}`)
  try {
    await ended
  } finally {
    socket.destroy()
  }
}

export async function sendPacket(message: string, port: number, { address, family }: { readonly address: string; readonly family: number }): Promise<void> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((settle, reject) => socket.once('error', reject).send(message, port, address, (error) => (error === null ? settle() : reject(error))))
  } finally {
    socket.close()
  }
}
