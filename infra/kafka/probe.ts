/** Asks an address whether it is a Kafka broker at all, so that a wrong port or protocol is named and not only timed out. */
import { createConnection, isIP, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { Failure } from '../../schemas/failure.ts'
import type { TlsOptions } from './client.ts'

/** ApiVersions v0, correlation id 1: taken before any authentication by every broker since 0.10. */
const ASK = Buffer.from('0000000c' + '0012' + '0000' + '00000001' + '0002' + Buffer.from('wk').toString('hex'), 'hex')
/** An answer to it is far smaller. */
const LONGEST = 64 * 1024

export interface Probe {
  readonly address: string
  readonly tls: TlsOptions | undefined
  /** Whether SASL is configured. */
  readonly sasl: boolean
  readonly timeoutMs: number
}

/**
 * Resolves when it answers like a broker. Failure `unavailable` where nobody listens, or somebody who says nothing: a broker that is only starting or
 * stalled does that, and so does a wrong port. `misconfigured` where somebody else answers.
 */
export async function probe({ address, tls, sasl, timeoutMs }: Probe): Promise<void> {
  const colon = address.lastIndexOf(':')
  const [host, port] = [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))]
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw wrong('address', `${JSON.stringify(address)} is no address of a broker: write host:port`)
  }
  const open = (ready: () => void): Socket => {
    if (tls === undefined) return createConnection({ host, port }, ready)
    return connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls }, ready)
  }
  if (sasl || await takesTwo(address, { timeoutMs, tls: tls !== undefined, open })) return
  // One that is killed between two questions looks the same, once.
  if (await takesTwo(address, { timeoutMs, tls: tls !== undefined, open })) return
  throw wrong('sasl', `${address} asks for SASL: set sasl, or give the port of a listener without it`)
}

interface Question {
  readonly timeoutMs: number
  readonly tls: boolean
  open(ready: () => void): Socket
}

/** A listener with SASL takes one such question; then it wants to know who asks. */
async function takesTwo(address: string, { timeoutMs, tls, open }: Question): Promise<boolean> {
  const [first, second] = await ask(address, timeoutMs, open)
  judge(address, first, tls)
  return second.length > 0
}

/** Asks twice and resolves with both answers; an empty one where the connection ended or nothing came. */
async function ask(address: string, timeoutMs: number, open: (ready: () => void) => Socket): Promise<[Buffer, Buffer]> {
  return await new Promise((resolve, reject) => {
    const answers: Buffer[] = []
    let connected = false
    const socket = open(() => {
      connected = true
      socket.write(ASK)
    })
    socket.once('connect', () => {
      // Where nobody listens on a port that the system also gives to callers, a caller can be given it, and is connected to itself.
      if (socket.localPort !== socket.remotePort || socket.localAddress !== socket.remoteAddress) return
      socket.destroy()
      reject(away(address, 'ECONNREFUSED'))
    })
    const end = (): void => {
      socket.destroy()
      if (!connected) reject(refused(address, HANGS_UP))
      resolve([answers[0] ?? NOTHING, answers[1] ?? NOTHING])
    }
    socket.setTimeout(timeoutMs, () => {
      if (connected) return end()
      socket.destroy()
      reject(away(address, 'ETIMEDOUT'))
    })
    socket.on('data', (bytes: Buffer) => {
      answers.push(bytes)
      if (answers.length === 2 || !looksRight(bytes)) end()
      else socket.write(ASK)
    })
    socket.once('end', end)
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (answers.length > 0) end()
      else reject(refused(address, !connected && error.code === 'ECONNRESET' && socket instanceof TLSSocket ? HANGS_UP : (error.code ?? error.name)))
    })
  })
}

/** The other side ended the connection in the middle of the handshake, as one does that takes it for its own protocol. */
const HANGS_UP = 'ERR_SSL_HANGS_UP'
const NOTHING = Buffer.alloc(0)

const looksRight = (answer: Buffer): boolean =>
  answer.length >= 8 && answer.readInt32BE(0) <= LONGEST && answer.readInt32BE(0) > 0 && answer.readInt32BE(4) === 1

function judge(address: string, answer: Buffer, tls: boolean): void {
  if (looksRight(answer)) return
  if (answer.toString('latin1', 0, 5) === 'HTTP/') throw wrong('protocol', `${address} answers HTTP: give the port of a Kafka listener`)
  if (answer[0] === 0x15 && answer[1] === 3) throw wrong('tls', `${address} speaks TLS: set tls, or give the port of a plain listener`)
  if (answer.length === 0) {
    const hint = tls ? 'whether this port is Kafka' : 'whether this port is Kafka and asks for TLS (then set tls)'
    throw silent(`${address} takes the connection and does not answer like a broker: check ${hint}`)
  }
  throw wrong('protocol', `${address} answers, but not like a Kafka broker: give the port of a Kafka listener`)
}

const SYSTEM = /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE)$/

function refused(address: string, code: string): Failure {
  if (SYSTEM.test(code)) return away(address, code)
  const noTls = `${address} does not speak TLS: give the port of a TLS listener, or take tls away`
  // A proxy in front of a broker that is away does that, too.
  if (code === HANGS_UP) return silent(noTls)
  const plain = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'EPROTO'
  const what = plain
    ? noTls
    : `${address} and we cannot agree on TLS (${code}): give the authority that signed its certificate (ca), a name it is for (serverName), ` +
      'and a client certificate (cert, key) if it asks for one'
  return wrong('tls', what)
}

const away = (address: string, code: string): Failure => new Failure(
  'unavailable', code === 'ENOTFOUND' ? 'kafka.unknown_host' : 'kafka.unreachable', `Kafka: no broker answers at ${address} (${code}): start it, or correct the address`,
)
const silent = (sentence: string): Failure => new Failure('unavailable', 'kafka.silent', `Kafka: ${sentence}`)
const wrong = (word: string, sentence: string): Failure => new Failure('misconfigured', `kafka.${word}`, `Kafka: ${sentence}`)
