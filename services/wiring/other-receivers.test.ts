/** Receivers that do not speak HTTP, and those of which only the address and the door are special: mail servers, syslog servers, Opsgenie, OCSF collectors. */
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createWeb } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, createServer as createSecure, TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { criticalCommand, resolved } from '../../test/receivers/notices.ts'
import { Alerting } from '../config/alerting.ts'
import { openReceivers } from './receivers.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const never = new AbortController().signal
const openAll = (receivers: readonly object[]) => openReceivers(Alerting.parse({ receivers }), { clock, log })

let folder: string
let key: string
let cert: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'watchkeeper-receivers-'))
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'),
  ], { stdio: 'ignore' })
  key = readFileSync(join(folder, 'key.pem'), 'utf8')
  cert = readFileSync(join(folder, 'cert.pem'), 'utf8')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let open: { close(): unknown }[] = []
afterEach(() => {
  for (const one of open) one.close()
  open = []
})
const listen = async (server: Server): Promise<number> => {
  open.push(server)
  server.listen(0)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Mailbox {
  readonly port: number
  readonly letters: string[]
  readonly logins: string[]
  readonly secured: boolean[]
}

/** As much of a mail server as a client asks for. `say` answers to the end of a letter. */
async function mailServer({ starttls = true, say = '250 2.0.0 queued as 1' } = {}): Promise<Mailbox> {
  const box: Mailbox = { port: 0, letters: [], logins: [], secured: [] }
  function talk(socket: Socket, greet: boolean): void {
    let letter: string[] | undefined
    let rest = ''
    const answer = (line: string): void => void socket.write(`${line}\r\n`)
    const heard = (line: string): void => {
      if (letter !== undefined) {
        if (line !== '.') return void letter.push(line)
        box.letters.push(letter.join('\n'))
        box.secured.push(socket instanceof TLSSocket)
        letter = undefined
        return answer(say)
      }
      const verb = line.split(' ')[0]?.toUpperCase()
      if (verb === 'EHLO') return answer(socket instanceof TLSSocket ? '250-here\r\n250 AUTH PLAIN' : starttls ? '250-here\r\n250 STARTTLS' : '250 here')
      if (verb === 'AUTH') box.logins.push(Buffer.from(line.split(' ')[2] ?? '', 'base64').toString().split('\0').join('|'))
      if (verb === 'AUTH') return answer(box.logins.at(-1) === '|watch|open-sesame' ? '235 2.7.0 welcome' : '535 5.7.8 no')
      if (verb === 'DATA') letter = []
      if (verb === 'STARTTLS' && !starttls) return answer('502 5.5.1 no such command')
      if (verb === 'STARTTLS') {
        answer('220 go on')
        socket.removeAllListeners('data')
        return talk(new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) }), false)
      }
      answer(verb === 'DATA' ? '354 go on' : verb === 'QUIT' ? '221 bye' : '250 ok')
    }
    socket.on('error', () => {}).on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) heard(line)
    })
    if (greet) answer('220 here')
  }
  return Object.assign(box, { port: await listen(createServer((socket) => talk(socket, true))) })
}

const mail = (port: number, more: object = {}) =>
  ({ type: 'email', name: 'post', host: 'localhost', port, from: 'watch@example.org', to: ['bea@example.org', 'cem@example.org'], ca_file: join(folder, 'cert.pem'), allow_private: true, ...more })

describe('e-mail', () => {
  it('is sent under TLS, after a log-in, with an id that stays', async () => {
    const box = await mailServer()
    writeFileSync(join(folder, 'password'), 'open-sesame\n')
    const [notifier] = openAll([mail(box.port, { username: 'watch', password_file: join(folder, 'password') })]).notifiers
    const body = notifier!.render(criticalCommand)
    for (const at of [1n, 2n]) expect(await notifier!.send({ id: 'msg_0f1e_1', at, body }, never)).toEqual({ status: 250, text: '250 2.0.0 queued as 1', retryAfterSeconds: undefined })
    expect([box.logins, box.secured]).toEqual([['|watch|open-sesame', '|watch|open-sesame'], [true, true]])
    expect(box.letters[0]).toMatch(/^Message-ID: <msg_0f1e_1@watchkeeper\.invalid>$/m)
    expect(box.letters[0]).toMatch(/^To: bea@example\.org, cem@example\.org$/m)
    expect(box.letters[0]).toMatch(/^Subject: CRITICAL: ci-bot ran a command on files/m)
    expect(box.letters[0]).toMatch(/^Content-Type: text\/plain; charset=utf-8$/m)
    expect(box.letters[0]).toMatch(/^Auto-Submitted: auto-generated$/m)
  })

  it('is sent under TLS to a server that has an address and no name', async () => {
    const box = await mailServer()
    expect(await openAll([mail(box.port, { host: '127.0.0.1' })]).test('post', 'bea')).toMatchObject({ status: 250 })
    expect(await openAll([mail(box.port, { host: '127.0.0.2' })]).test('post', 'bea')).toMatchObject({ status: 0, text: expect.stringMatching(/127\.0\.0\.2/) as string })
    expect(box.secured).toEqual([true])
  })

  it('is not sent in the clear where TLS is asked for, nor to a server with another certificate, nor inside', async () => {
    const clear = await mailServer({ starttls: false })
    const box = await mailServer()
    const receivers = openAll([
      mail(clear.port, { name: 'clear' }), mail(box.port, { name: 'unknown', ca_file: undefined }), mail(box.port, { name: 'inside', allow_private: false }),
      mail(box.port, { name: 'literal', host: '127.0.0.1', allow_private: false }),
    ])
    expect(await receivers.test('clear', 'bea')).toMatchObject({ status: 0, text: '502 5.5.1 no such command' })
    expect(await receivers.test('unknown', 'bea')).toMatchObject({ status: 0, text: expect.stringMatching(/self-signed/) as string })
    for (const name of ['inside', 'literal']) expect(await receivers.test(name, 'bea')).toMatchObject({ status: 0, text: expect.stringContaining('private address') as string, refused: true })
    expect([clear.letters, box.letters]).toEqual([[], []])
  })

  it.each([['451 4.7.1 later', 503], ['550 5.1.1 nobody here', 422]])('says %s as %i: whether to try again', async (say, status) => {
    const box = await mailServer({ say })
    expect(await openAll([mail(box.port)]).test('post', 'bea')).toMatchObject({ status, text: say })
  })

  it('tries again what a refused log-in kept back', async () => {
    const box = await mailServer()
    writeFileSync(join(folder, 'wrong'), 'wrong\n')
    expect(await openAll([mail(box.port, { username: 'watch', password_file: join(folder, 'wrong') })]).test('post', 'bea')).toMatchObject({ status: 0, text: '535 5.7.8 no' })
    expect(box.letters).toEqual([])
  })
})

/** What a syslog server reads of a stream: messages with their octets counted. */
function framed(text: string): string[] {
  const messages: string[] = []
  for (let rest = Buffer.from(text); rest.length > 0;) {
    const at = rest.indexOf(' ')
    const length = Number(rest.subarray(0, at).toString())
    messages.push(rest.subarray(at + 1, at + 1 + length).toString())
    rest = rest.subarray(at + 1 + length)
  }
  return messages
}

describe('syslog', () => {
  const lines = (heard: string[]) => (socket: Socket): void => {
    let text = ''
    socket.on('error', () => {}).on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => void heard.push(...framed(text)))
  }

  it.each(['tcp', 'tls'] as const)('is sent over %s with counted octets', async (transport) => {
    const heard: string[] = []
    const port = await listen(transport === 'tls' ? createSecure({ key, cert }, lines(heard)) : createServer(lines(heard)))
    const [notifier] = openAll([{ type: 'syslog', name: 'siem', host: 'localhost', port, transport, ca_file: join(folder, 'cert.pem'), allow_private: true }]).notifiers
    const body = notifier!.render(criticalCommand)
    expect(await notifier!.send({ id: 'm', at: 0n, body }, never)).toMatchObject({ status: 200 })
    expect(heard).toEqual([body])
  })

  it('is sent in one packet', async () => {
    const socket = createSocket('udp4')
    open.push(socket)
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const [notifier] = openAll([{ type: 'syslog', name: 'siem', host: '127.0.0.1', port: socket.address().port, transport: 'udp', allow_private: true }]).notifiers
    const body = notifier!.render(resolved)
    const packet = once(socket, 'message')
    expect(await notifier!.send({ id: 'm', at: 0n, body }, never)).toMatchObject({ status: 200 })
    expect(String((await packet)[0])).toBe(body)
  })

  it('is not sent to a server with another certificate, to nobody, or inside', async () => {
    const heard: string[] = []
    const port = await listen(createSecure({ key, cert }, lines(heard)))
    const receivers = openAll([
      { type: 'syslog', name: 'unknown', host: 'localhost', port, allow_private: true }, { type: 'syslog', name: 'nobody', host: '127.0.0.1', port: 1, transport: 'tcp', allow_private: true },
      { type: 'syslog', name: 'inside', host: 'localhost', port }, { type: 'syslog', name: 'packet', host: 'localhost', port, transport: 'udp' },
    ])
    const answers = await Promise.all(['unknown', 'nobody', 'inside', 'packet'].map((name) => receivers.test(name, 'bea')))
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0])
    expect(answers.slice(1).map(({ text }) => text)).toEqual(['ECONNREFUSED', expect.stringContaining('private address'), expect.stringContaining('private address')])
    expect(heard).toEqual([])
  })
})

describe('servers that say nothing', () => {
  it.each([
    ['a mail server', { type: 'email', from: 'a@example.org', to: ['b@example.org'] }], ['a mail server under TLS', { type: 'email', tls: 'implicit', from: 'a@example.org', to: ['b@example.org'] }],
    ['a syslog server under TLS', { type: 'syslog' }], ['a collector', { type: 'ocsf' }],
  ])('do not hold a message for ever: %s', async (_what, receiver) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => void sockets.push(socket.on('error', () => {})))
    const port = await listen(server)
    const target = receiver.type === 'ocsf' ? { url: `http://127.0.0.1:${port}/` } : { host: '127.0.0.1', port }
    const [notifier] = openAll([{ ...receiver, ...target, name: 'silent', allow_private: true }]).notifiers
    const stop = new AbortController()
    const connected = once(server, 'connection')
    const sent = notifier!.send({ id: 'm', at: 0n, body: notifier!.render(criticalCommand) }, stop.signal)
    await connected
    stop.abort()
    expect((await sent).status).toBe(0)
    // And nothing is left open behind it.
    for (const socket of sockets) if (!socket.closed) await once(socket.resume(), 'close')
  })
})

describe('Opsgenie and OCSF collectors', () => {
  it('are told at their address, with what opens their door', async () => {
    const got: { path: string; authorization: string; body: unknown }[] = []
    const port = await listen(createWeb((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        got.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) })
        response.writeHead(202).end()
      })
    }))
    writeFileSync(join(folder, 'bearer'), 'Bearer of-the-siem')
    const { notifiers } = openAll([
      { type: 'opsgenie', name: 'ops', key: 'the-key-of-ops', url: `http://localhost:${port}/v2/alerts`, allow_private: true },
      { type: 'ocsf', name: 'siem', url: `http://localhost:${port}/events`, authorization_file: join(folder, 'bearer'), allow_private: true },
    ])
    for (const notifier of notifiers) {
      for (const notice of [criticalCommand, resolved]) expect(await notifier.send({ id: 'm', at: 0n, body: notifier.render(notice) }, never)).toMatchObject({ status: 202 })
    }
    const id = criticalCommand.data.alert_id
    expect(got.map(({ path, authorization }) => `${path} ${authorization}`)).toEqual([
      '/v2/alerts GenieKey the-key-of-ops', `/v2/alerts/${id}/close?identifierType=alias GenieKey the-key-of-ops`, '/events Bearer of-the-siem', '/events Bearer of-the-siem',
    ])
    expect(got.map(({ body }) => body)).toEqual([
      expect.objectContaining({ alias: id, priority: 'P1' }), expect.objectContaining({ source: 'Watchkeeper' }), expect.objectContaining({ class_uid: 2004, activity_id: 1 }),
      expect.objectContaining({ class_uid: 2004, activity_id: 3 }),
    ])
  })
})
