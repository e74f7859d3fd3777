import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { createWebhook } from './notifier.ts'
import { guardedLookup, isPrivateAddress, reachOf } from './target.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const never = new AbortController().signal
const message = { id: 'msg_a_1', at: BigInt(Date.now()) * 1_000_000n, body: JSON.stringify({ type: 'alert.open', text: 'ü\u2028' }) }

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** The answer to one message by a receiver that does `act`, and what it got. */
async function exchange(act: (request: IncomingMessage, response: ServerResponse, body: string) => void, signal = never) {
  const got: { headers: Record<string, string>; body: string; path: string }[] = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks).toString()
      got.push({ headers: request.headers as Record<string, string>, body, path: request.url ?? '' })
      act(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`
  const answer = await createWebhook({ name: 'r', url, secret, allowPrivate: true }).send(message, signal)
  return { answer, got, url }
}

describe('webhook', () => {
  it('is signed so that the reference library believes it, and not when a byte changes', async () => {
    const { answer, got } = await exchange((_, response) => response.writeHead(204).end())
    expect(answer).toEqual({ status: 204, text: '', retryAfterSeconds: undefined })
    const { headers, body, path } = got[0]!
    expect(path).toBe('/hook?x=1')
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(message.body))
    expect(headers['webhook-id']).toBe(message.id)
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow()
    expect(() => new Webhook(`whsec_${randomBytes(32).toString('base64')}`).verify(body, headers)).toThrow()
  })

  it('follows no redirect', async () => {
    const { answer, got } = await exchange((_, response) => response.writeHead(307, { location: '/elsewhere' }).end())
    expect(answer.status).toBe(307)
    expect(got).toHaveLength(1)
  })

  it('reads 1,024 bytes of an answer that never ends', async () => {
    const { answer } = await exchange((_, response) => {
      response.writeHead(200)
      const write = (): void => void (response.destroyed || response.write('x'.repeat(4096), () => setImmediate(write)))
      write()
    })
    expect(answer).toMatchObject({ status: 200, text: 'x'.repeat(1024) })
  })

  it('understands Retry-After as seconds and as a date, and nothing else', async () => {
    const after = async (value: string) => {
      const { answer } = await exchange((_, response) => response.writeHead(429, { 'retry-after': value }).end())
      server?.close()
      return answer.retryAfterSeconds
    }
    expect(await after('120')).toBe(120)
    expect(await after(new Date(Date.now() + 3_600_000).toUTCString())).toBeGreaterThan(3_500)
    expect(await after('Mon, 01 Jan 2001 00:00:00 GMT')).toBe(0)
    expect(await after('soon')).toBeUndefined()
  })

  it('says why there was no answer', async () => {
    const { answer, url } = await exchange((request) => request.socket.destroy())
    expect(answer).toMatchObject({ status: 0, text: 'ECONNRESET' })
    await new Promise((resolve) => server?.close(resolve))
    expect(await createWebhook({ name: 'r', url, secret, allowPrivate: true }).send(message, never)).toMatchObject({ status: 0, text: 'ECONNREFUSED' })
    const stopped = AbortSignal.abort()
    expect((await createWebhook({ name: 'r', url, secret, allowPrivate: true }).send(message, stopped)).status).toBe(0)
  })
})

describe('targets of webhooks', () => {
  it.each([
    'http://127.0.0.1', 'http://127.1', 'http://0x7f.1', 'http://2130706433', 'http://0177.0.0.1', 'http://127.0.0.1.', 'http://①②⑦.⓪.⓪.①', 'http://0.0.0.0', 'http://0', 'http://[::]', 'http://[::1]',
    'http://[::ffff:127.0.0.1]', 'http://[::ffff:7f00:1]', 'http://[::127.0.0.1]', 'http://[64:ff9b::7f00:1]', 'http://[64:ff9b:1::a00:1]', 'http://[2002:7f00:1::]', 'http://[2001::1]',
    'http://10.0.0.1', 'http://172.16.0.1', 'http://172.31.255.255', 'http://192.168.1.1', 'http://169.254.169.254', 'http://[fe80::1]', 'http://[fd00:ec2::254]', 'http://[fc00::1]', 'http://[fec0::1]',
    'http://100.64.0.1', 'http://100.100.100.200', 'http://168.63.129.16', 'http://[::ffff:168.63.129.16]', 'http://192.0.0.192', 'http://198.18.0.1', 'http://192.0.2.1', 'http://203.0.113.9',
    'http://224.0.0.1', 'http://240.0.0.1', 'http://255.255.255.255', 'http://[ff02::1]', 'http://[2001:db8::1]', 'http://[100::1]', 'http://[4000::1]', 'http://[::ffff:0:127.0.0.1]', 'http://localhost', 'https://localhost:1',
  ])('%s is refused before anything connects', async (url) => {
    const answer = await createWebhook({ name: 'r', url, secret, allowPrivate: false }).send(message, never)
    expect(answer).toMatchObject({ status: 0, text: expect.stringContaining('private address'), refused: true })
  })

  it('are judged by address', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8']) expect(isPrivateAddress(address), address).toBe(false)
    for (const address of ['', 'example.org', '1.1', '300.1.1.1']) expect(isPrivateAddress(address), address).toBe(true)
  })

  it('are refused by name when any of its addresses is private', async () => {
    await expect(new Promise((resolve, reject) => guardedLookup(reachOf({ allowPrivate: false, allowNetworks: [] }))('localhost', { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error))))).rejects.toThrow('private address')
  })
})
