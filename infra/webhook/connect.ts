/** One TCP connection to a stranger's address, for receivers that do not speak HTTP: the same way outside as for those that do. */
import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import type { Way } from './post.ts'
import { guardedLookup, PrivateTarget } from './target.ts'

export interface Place {
  /** Name or address. */
  readonly host: string
  readonly port: number
}

/** Throws PrivateTarget, the system's error, or AbortError. The connection ends with `signal`, too. */
export async function guardedConnect({ host, port }: Place, { reach, resolve }: Way, signal: AbortSignal): Promise<Socket> {
  // An address literal is never looked up, so it is checked here.
  if (isIP(host) !== 0 && !reach(host)) throw new PrivateTarget()
  const socket = connect({ host, port, lookup: guardedLookup(reach, resolve), signal })
  try {
    await once(socket, 'connect', { signal })
    // Whoever uses it hears of errors through its own listeners; between them nobody listens, and that must not end the process.
    return socket.on('error', () => {})
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The address of a place that may be reached, for what has no connections. Throws as guardedConnect does. */
export async function guardedAddress({ host }: Place, { reach, resolve }: Way): Promise<{ readonly address: string; readonly family: number }> {
  const literal = isIP(host)
  if (literal !== 0) {
    if (!reach(host)) throw new PrivateTarget()
    return { address: host, family: literal }
  }
  return new Promise((settle, reject) => guardedLookup(reach, resolve)(host, { all: false }, (error, address, family) => {
    if (error === null && typeof address === 'string') settle({ address, family: family ?? isIP(address) })
    else reject(error ?? new Error('no address'))
  }))
}
