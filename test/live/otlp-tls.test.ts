/** Both OTLP doors under TLS with client certificates, and the gRPC adapter's own manners. Certificates are made by the openssl command. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import type { ChannelCredentials, ServiceError } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { subjectOf } from '../../schemas/peer-certificate.ts'
import { startGrpcServer } from '../../infra/grpc/server.ts'
import { startHttpServer } from '../../infra/http/server.ts'
import { ConnectionGuard } from '../../infra/sockets/connection-guard.ts'
import { referenceDecode } from '../otlp/reference-schema.ts'
import { openOtlp } from './otlp-rig.ts'
import type { OtlpRig } from './otlp-rig.ts'

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const asSent = (bytes: Buffer) => bytes
let rig: OtlpRig | undefined
afterEach(async () => {
  await rig?.stop()
  rig = undefined
})

interface Called {
  readonly answer?: Buffer | undefined
  readonly error?: ServiceError | undefined
}

interface CallOptions {
  readonly creds?: ChannelCredentials
  readonly method?: string
  readonly metadata?: Metadata
}

/** One unary call with bytes. */
async function call(
  address: string, message: Buffer, { creds = credentials.createInsecure(), method = EXPORT, metadata = new Metadata() }: CallOptions = {},
): Promise<Called> {
  // From Node 26 on its client cannot have an address for the name of a TLS server.
  const client = new Client(address, creds, { 'grpc.ssl_target_name_override': 'localhost' })
  try {
    return await new Promise<Called>((resolve) => {
      client.makeUnaryRequest(method, asSent, asSent, message, metadata, { deadline: Date.now() + 20_000 }, (error, answer) =>
        resolve({ answer, error: error ?? undefined }))
    })
  } finally {
    client.close()
  }
}

describe('gRPC', () => {
  it('says what is wrong by status, and when to come again', async () => {
    rig = await openOtlp()
    expect((await call(rig.grpc, Buffer.alloc(0))).answer).toEqual(Buffer.alloc(0))
    expect((await call(rig.grpc, Buffer.from([0x0a, 0x80]))).error).toMatchObject({
      code: status.INVALID_ARGUMENT, details: expect.stringContaining('ResourceSpans') as string,
    })
    expect(
      (await call(rig.grpc, Buffer.alloc(0), { method: '/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export' })).error,
    ).toMatchObject({ code: status.UNIMPLEMENTED })
  })

  it('gives RetryInfo with UNAVAILABLE', async () => {
    rig = await openOtlp({ answer: () => { throw new Failure('unavailable', 'log.full', 'The log is full: ü', { retryAfterSeconds: 2 }) } })
    const { error } = await call(rig.grpc, Buffer.alloc(0))
    expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'The log is full: ü' })
    const { code, details } = referenceDecode(
      'RpcStatus', error!.metadata.get('grpc-status-details-bin')[0] as Buffer,
    ) as { code: number; details: { value: string }[] }
    expect([code, referenceDecode('RetryInfo', Buffer.from(details[0]!.value, 'base64'))]).toEqual([14, { retryDelay: { seconds: '2' } }])
  })

  it('refuses messages over 64 MiB with RESOURCE_EXHAUSTED and lives', async () => {
    rig = await openOtlp()
    expect((await call(rig.grpc, Buffer.alloc(64 * 1024 * 1024 + 1))).error?.code).toBe(status.RESOURCE_EXHAUSTED)
    expect((await call(rig.grpc, Buffer.alloc(0))).error).toBeUndefined()
  })

  it('says which address it cannot have', async () => {
    rig = await openOtlp()
    const port = Number(rig.grpc.split(':')[1])
    await expect(
      startGrpcServer({ name: 'OTLP/gRPC', setting: '--otlp-grpc', host: '127.0.0.1', port, maxMessageBytes: 1, handlers: new Map() }),
    ).rejects.toMatchObject({
      kind: 'misconfigured',
      message: `OTLP/gRPC cannot listen on 127.0.0.1:${port}: another program uses that port. Stop it, or choose another port (--otlp-grpc).`,
    })
  })

  it('answers what is open when it stops', async () => {
    let finish = () => {}
    let arrived = () => {}
    const here = new Promise<void>((done) => (arrived = done))
    const wait = new Promise<void>((done) => (finish = done))
    const server = await startGrpcServer({
      name: 'Test', host: '127.0.0.1', port: 0, maxMessageBytes: 1000,
      handlers: new Map([[EXPORT, {
        admit: () => undefined,
        async answer() {
          arrived()
          await wait
          return { status: 0, message: Buffer.from('done') }
        },
      }]]),
    })
    const answer = call(`127.0.0.1:${server.address.port}`, Buffer.alloc(1))
    await here
    const stopped = Promise.all([server.stop(), server.stop()])
    finish()
    expect((await answer).answer?.toString()).toBe('done')
    await stopped
  })
})

describe('gRPC with tokens', () => {
  const tokens = [{ sha256: createHash('sha256').update('t0ken').digest('hex'), tenant: 'acme', name: 'agents' }]
  const HEAD = { ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', te: 'trailers' }
  /** Length prefix of a message of 60 MiB. */
  const PREFIX = Buffer.from([0, 0x03, 0xc0, 0, 0])

  it('refuses a wrong token while the message has not come', async () => {
    rig = await openOtlp({ tokens })
    const session = connect(`http://${rig.grpc}`)
    const stream = session.request({ ...HEAD, authorization: 'Bearer wrong' }, { endStream: false })
    stream.on('error', () => {})
    stream.write(PREFIX)
    const [headers] = await once(stream, 'response') as [IncomingHttpHeaders]
    expect([headers['grpc-status'], rig.untaken.map(({ status: code }) => code)]).toEqual([String(status.UNAUTHENTICATED), [status.UNAUTHENTICATED]])
    session.destroy()
  })

  it('refuses a whole large message without a token in the same words, and takes one with a token', async () => {
    rig = await openOtlp({ tokens })
    const { error } = await call(rig.grpc, Buffer.alloc(60 * 1024 * 1024))
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED, details: expect.stringContaining('bearer token') as string })
    expect(referenceDecode('RpcStatus', error!.metadata.get('grpc-status-details-bin')[0] as Buffer)).toMatchObject({ code: status.UNAUTHENTICATED })
    expect(rig.traces).toEqual([])
    const metadata = new Metadata()
    metadata.set('authorization', 'Bearer t0ken')
    expect((await call(rig.grpc, Buffer.alloc(0), { metadata })).answer).toEqual(Buffer.alloc(0))
  })
})

const NO_OPENSSL = spawnSync('openssl', ['version']).status !== 0
describe.skipIf(NO_OPENSSL)('TLS with client certificates (needs the openssl command)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-tls-'))
  const path = (name: string) => join(folder, name)
  const pem = (name: string) => readFileSync(path(name))
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe', cwd: folder })

  beforeAll(() => {
    openssl(
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
      '-subj', '/CN=test authority',
    )
    for (const name of ['server', 'client', 'other']) {
      openssl(
        'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj',
        `/O=Example, Inc./CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost',
      )
      openssl(
        'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`, '-days', '2',
        '-copy_extensions', 'copy',
      )
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const openTls = async () => (rig = await openOtlp({ tls: { key: pem('server.key'), cert: pem('server.pem'), ca: pem('ca.pem') } }))
  const post = (url: string, client: object) => new Promise<number | string>((resolve) => {
    const options = { method: 'POST', ca: pem('ca.pem'), headers: { 'content-type': 'application/json' }, ...client }
    request(`${url}/v1/traces`, options, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', () => resolve('no connection')).end('{}')
  })

  it('both doors end a connection on which no handshake comes', async () => {
    const tls = { key: pem('server.key'), cert: pem('server.pem') }
    const connections = new ConnectionGuard(
      { connections: 9, perAddress: 9, proveMs: 1_000, awaitMs: 9_000, minBytesPerSecond: 1 }, { cut: () => undefined },
    )
    const at = { name: 'Test', host: '127.0.0.1', port: 0, tls, connections } as const
    const http = await startHttpServer({ ...at, maxBodyBytes: 1, limits: { headersTimeout: 500 }, handle: () => Promise.reject(new Error('nobody asks')) })
    const grpc = await startGrpcServer({ ...at, maxMessageBytes: 1, handlers: new Map() })
    await Promise.all([http, grpc].map(async ({ address: { port } }) => {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => {})
      await once(socket.resume(), 'close')
    }))
    await Promise.all([http.stop(), grpc.stop()])
    connections.stop()
  })

  it('HTTPS takes those with a certificate only', async () => {
    const { http } = await openTls()
    expect(await post(http, { key: pem('client.key'), cert: pem('client.pem') })).toBe(200)
    expect(await post(http, {})).toBe('no connection')
  })

  it('both doors know the tenant by the certificate, by its subject or its fingerprint, and others need a token', async () => {
    const tls = { key: pem('server.key'), cert: pem('server.pem'), ca: pem('ca.pem') }
    const fingerprintSha256 = new X509Certificate(pem('client.pem')).fingerprint256.replaceAll(':', '').toLowerCase()
    for (const by of [{ subject: subjectOf('CN=client, O=Example\\, Inc.') }, { fingerprintSha256 }]) {
      rig = await openOtlp({ tls, clients: [{ name: 'edge', tenant: 'acme', ...by }] })
      const grpcAs = (name: string) => call(rig!.grpc, Buffer.alloc(0), { creds: credentials.createSsl(pem('ca.pem'), pem(`${name}.key`), pem(`${name}.pem`)) })
      const postAs = (name: string) => post(rig!.http, { key: pem(`${name}.key`), cert: pem(`${name}.pem`) })
      expect([await postAs('client'), await postAs('other'), (await grpcAs('client')).error, (await grpcAs('other')).error?.code])
        .toEqual([200, 401, undefined, status.UNAUTHENTICATED])
      expect(rig.traces.map(({ arrival }) => arrival.tenant)).toEqual(['acme', 'acme'])
      await rig.stop()
    }
  })

  it('gRPC takes those with a certificate only', async () => {
    const { grpc } = await openTls()
    expect(
      (await call(grpc, Buffer.alloc(0), { creds: credentials.createSsl(pem('ca.pem'), pem('client.key'), pem('client.pem')) })).error,
    ).toBeUndefined()
    expect((await call(grpc, Buffer.alloc(0), { creds: credentials.createSsl(pem('ca.pem')) })).error?.code).toBe(status.UNAVAILABLE)
  })
})
