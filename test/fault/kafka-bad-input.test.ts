/** What a start, or a request, is told when broker, credentials, rights or topics are not as configured: each time a sentence that says what to change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import type { KafkaBusOptions, Sasl } from '../../infra/kafka/options.ts'
import { Failure } from '../../schemas/failure.ts'
import { itemTopic, items } from '../contract/bus-fixture.ts'
import { Recorder } from '../contract/bus-recorder.ts'
import { grantTopic } from './kafka-rights.ts'
import { NO_OPENSSL, type Secured, startSecured } from './kafka-secured.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const missing = NO_OPENSSL ? 'no openssl command' : await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

const options = (broker: string, more: Partial<KafkaBusOptions> = {}): KafkaBusOptions =>
  ({ brokers: [broker], partitions: 2, clock, connectWithinMs: 300, requestTimeoutMs: 1500, ...more })

/** The Failure that a start ends with. */
async function refusal(given: KafkaBusOptions): Promise<Failure> {
  const bus = await openKafkaBus(given).catch((error: unknown) => error)
  if (bus instanceof Failure) return bus
  if (bus instanceof Error) throw bus
  throw new Error('the start should have been refused')
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('no broker there', () => {
  test('nobody listens', async () => {
    const server = createServer()
    const address = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const failure = await refusal(options(address))
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'kafka.unreachable' })
    expect(failure.message).toBe(`Kafka: no broker answers at ${address} (ECONNREFUSED): start it, or correct the address`)
  })

  test('no such host, no address at all', async () => {
    const unknown = await refusal(options('broker.invalid:9092'))
    expect([unknown.kind, unknown.code]).toEqual(['unavailable', unknown.message.includes('EAI_AGAIN') ? 'kafka.unreachable' : 'kafka.unknown_host'])
    expect((await refusal(options('localhost'))).message).toContain('write host:port')
    expect((await refusal({ ...options(''), brokers: [] })).message).toContain('at least one host:port')
  })

  test('a server of another protocol', async () => {
    const http = createHttpServer((_, response) => response.end())
    expect((await refusal(options(await listening(http)))).message).toContain('answers HTTP')
    http.closeAllConnections()
    http.close()
    const silent = createServer((socket) => void socket.on('error', () => undefined))
    expect((await refusal(options(await listening(silent)))).message).toContain('does not answer like a broker')
    silent.close()
    const babble = createServer((socket) => void socket.on('error', () => undefined).end('SSH-2.0-x\r\n'))
    expect((await refusal(options(await listening(babble)))).message).toContain('not like a Kafka broker')
    babble.close()
  })

  test('a file that cannot be read, half a client certificate', async () => {
    expect((await refusal(options('127.0.0.1:1', { tls: { ca: '/nowhere/ca.pem' } }))).message).toContain('tls.ca names /nowhere/ca.pem')
    expect((await refusal(options('127.0.0.1:1', { tls: { cert: '/nowhere' } }))).message).toContain('both or neither')
    const sasl: Sasl = { mechanism: 'oauthbearer', token: { file: '/nowhere/token' } }
    expect((await refusal(options('127.0.0.1:1', { sasl }))).message).toContain('sasl.token.file names /nowhere/token')
  })
})

describe.skipIf(missing !== '')('a broker that asks who one is', () => {
  let folder = ''
  let secured: Secured
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wk-kafka-tls-'))
    secured = await startSecured(folder)
  }, 120_000)
  afterAll(async () => {
    await secured.broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  /** One record there and back. */
  async function works(given: KafkaBusOptions): Promise<void> {
    const bus = await openKafkaBus(given)
    try {
      const recorder = new Recorder()
      const topic = itemTopic('there-and-back')
      await bus.subscribe(topic, recorder.options(`g${Math.random()}`))
      await bus.publish(topic, items(1, 0, 1))
      await recorder.until(() => recorder.items.length > 0)
      expect(recorder.errors).toEqual([])
    } finally {
      await bus.close()
    }
  }

  const token = (): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    return `${part({ alg: 'none' })}.${part({ sub: 'admin', iat: now, exp: now + 600 })}.`
  }
  const user = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = 'admin-secret'): Sasl => ({ mechanism, username: 'admin', password })

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('%s', async (mechanism) => {
    await works(options(secured.sasl, { sasl: user(mechanism) }))
    const failure = await refusal(options(secured.sasl, { sasl: user(mechanism, 'wrong') }))
    expect(failure).toMatchObject({ kind: 'misconfigured', code: 'kafka.credentials' })
    expect(failure.message).not.toContain('wrong')
  })

  test('oauthbearer, with a token from a file and from a function', async () => {
    const file = join(folder, 'token')
    writeFileSync(file, `${token()}\n`)
    await works(options(secured.sasl, { sasl: { mechanism: 'oauthbearer', token: { file } } }))
    await works(options(secured.sasl, { sasl: { mechanism: 'oauthbearer', token: async () => token() } }))
    expect(await refusal(options(secured.sasl, { sasl: { mechanism: 'oauthbearer', token: async () => 'nonsense' } })))
      .toMatchObject({ kind: 'misconfigured', code: 'kafka.credentials' })
  })

  test('TLS with a client certificate', async () => {
    await works(options(secured.tls, { tls: secured.files }))
    expect((await refusal(options(secured.tls, { tls: { ca: join(folder, 'stranger.pem') } }))).message).toContain('cannot agree on TLS')
    expect((await refusal(options(secured.tls, { tls: { ca: secured.files.ca } }))).code).toBe('kafka.tls')
    expect((await refusal(options(secured.plain, { tls: secured.files }))).message).toContain('does not speak TLS')
    expect((await refusal(options(secured.tls))).message).toMatch(/speaks TLS|asks for TLS/)
  })

  test('SASL where none is asked for, and none where it is', async () => {
    expect(await refusal(options(secured.plain, { sasl: user('plain') }))).toMatchObject({ kind: 'misconfigured', code: 'kafka.sasl' })
    expect((await refusal(options(secured.sasl))).message).toContain('asks for SASL')
  })

  test('missing rights: on the topic at the start, on the group for the subscription', async () => {
    const poor: Sasl = { mechanism: 'plain', username: 'poor', password: 'poor-secret' }
    const failure = await refusal(options(secured.sasl, { sasl: poor, topics: ['there-and-back'] }))
    expect(failure).toMatchObject({ kind: 'misconfigured', code: 'kafka.forbidden' })
    expect(failure.message).toContain('grant')
    await grantTopic(secured.plain, 'poor', 'watchkeeper.there-and-back')
    const bus = await openKafkaBus(options(secured.sasl, { sasl: poor, topics: ['there-and-back'] }))
    const recorder = new Recorder()
    await bus.subscribe(itemTopic('there-and-back'), recorder.options('not-allowed'))
    await recorder.until(() => recorder.errors.length > 0)
    expect(recorder.errors[0]).toMatchObject({ kind: 'misconfigured', code: 'kafka.forbidden' })
    await expect(bus.publish(itemTopic('there-and-back'), items(1, 0, 1))).rejects.toMatchObject({ kind: 'unavailable', code: 'kafka.forbidden' })
    await bus.close()
  })
})
