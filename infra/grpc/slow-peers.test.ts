import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { Client, credentials } from '@grpc/grpc-js'
import { afterEach, expect, it } from 'vitest'
import { ConnectionGuard, type GuardLimits } from '../sockets/connection-guard.ts'
import { type GrpcServer, type GrpcServerOptions, startGrpcServer } from './server.ts'

const METHOD = '/test.Service/Echo'
const ended: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

async function rig(limits: Partial<GuardLimits> = {}, options: Partial<GrpcServerOptions> = {}) {
  const clock = { now: 0 }
  const cuts: string[] = []
  const connections = new ConnectionGuard(
    { connections: 10, perAddress: 10, proveMs: 10_000, awaitMs: 60_000, minBytesPerSecond: 1_000, ...limits },
    { cut: (reason) => void cuts.push(reason) }, () => clock.now,
  )
  ended.push(() => connections.stop())
  const admitted: string[] = []
  const server: GrpcServer = await startGrpcServer({
    name: 'Test', host: '127.0.0.1', port: 0, maxMessageBytes: 1_000_000, connections,
    handlers: new Map([[METHOD, {
      admit: ({ peer }) => void admitted.push(peer),
      answer: ({ message }) => Promise.resolve({ status: 0, message }),
    }]]), ...options,
  })
  ended.push(() => server.stop())
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.now += 1_000
      connections.sweep()
    }
  }
  return { port: server.address.port, connections, cuts, pass, admitted, server }
}

const echo = (client: Client, size: number) => new Promise<number>((resolve, reject) => {
  client.makeUnaryRequest(METHOD, (bytes: Buffer) => bytes, (bytes: Buffer) => bytes, Buffer.alloc(size), (error, answer) =>
    (error === null ? resolve(answer?.length ?? -1) : reject(error)))
})
function clientOf(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  ended.push(() => client.close())
  return client
}
function session(port: number): ClientHttp2Session {
  const made = connectHttp2(`http://127.0.0.1:${port}`)
  made.on('error', () => {})
  ended.push(() => made.destroy())
  return made
}

it('ends connections on which no call is made: silent, half a preface, a whole one', async () => {
  const { port, connections, cuts, pass } = await rig()
  const client = clientOf(port)
  expect(await echo(client, 10)).toBe(10)
  const silent = connect(port, '127.0.0.1')
  const half = connect(port, '127.0.0.1').on('error', () => {})
  half.write('PRI * HTTP/2.0\r\n')
  const idle = session(port)
  await Promise.all([once(silent, 'connect'), once(half, 'connect'), once(idle, 'remoteSettings')])
  await expect.poll(() => connections.open, { interval: 5 }).toBe(4)
  const gone = Promise.all([once(silent.resume(), 'close'), once(half.resume(), 'close'), once(idle, 'close')])
  pass(11)
  await gone
  expect([cuts, await echo(client, 20)]).toEqual([['unproven', 'unproven', 'unproven'], 20])
})

it('ends a connection whose message comes a byte a second, and no other', async () => {
  const { port, cuts, pass, admitted } = await rig()
  const client = clientOf(port)
  expect(await echo(client, 10)).toBe(10)
  const slow = session(port)
  const stream = slow.request({ ':method': 'POST', ':path': METHOD, 'content-type': 'application/grpc', te: 'trailers' }, { endStream: false })
  stream.on('error', () => {})
  stream.write(Buffer.from([0, 0, 0, 4, 0, 1]))
  await expect.poll(() => admitted.length, { interval: 5 }).toBe(2)
  const gone = once(slow, 'close')
  pass(6)
  await gone
  expect([cuts, await echo(client, 100_000)]).toEqual([['slow'], 100_000])
})

it('does not await what has come: an answer may take its time, and a call that is taken back counts no more', async () => {
  let finish = (): void => undefined
  const answering = new Promise<void>((resolve) => (finish = resolve))
  let asked = (): void => undefined
  const here = new Promise<void>((resolve) => (asked = resolve))
  const { port, cuts, pass } = await rig({}, {
    handlers: new Map([[METHOD, {
      admit: () => undefined,
      async answer({ message }) {
        asked()
        await answering
        return { status: 0, message }
      },
    }]]),
  })
  const client = clientOf(port)
  const answer = echo(client, 10)
  await here
  pass(30)
  finish()
  expect([await answer, cuts]).toEqual([10, []])
})

it('counts connections, and stops at once where nobody has called', async () => {
  const { port, connections, server } = await rig({ connections: 2 })
  const first = connect(port, '127.0.0.1')
  const second = connect(port, '127.0.0.1')
  await Promise.all([once(first, 'connect'), once(second, 'connect')])
  await expect.poll(() => connections.open, { interval: 5 }).toBe(2)
  const evicted = once(first.resume(), 'close')
  expect(await echo(clientOf(port), 5)).toBe(5)
  await evicted
  const gone = once(second.resume(), 'close')
  await Promise.all([server.stop(), gone])
})

it('asks connections that are idle or old to come anew', async () => {
  const { port } = await rig({}, { limits: { idleMs: 50 } })
  const idle = session(port)
  await once(idle, 'goaway')
  const aged = await rig({}, { limits: { ageMs: 50 } })
  await once(session(aged.port), 'goaway')
})
