import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse } from '../../schemas/http.ts'
import { ConnectionGuard } from '../sockets/connection-guard.ts'
import { startHttpServer } from './server.ts'
import type { HttpServer, HttpServerOptions } from './server.ts'

const open: HttpServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()))
})

const said = ({ method, path, query, body, peer }: HttpRequest): HttpResponse => (
  { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ method, path, query, peer, size: body.length }) })

async function start(options: Partial<HttpServerOptions> = {}): Promise<{ server: HttpServer; url: string }> {
  const server = await startHttpServer({
    name: 'Test', host: '127.0.0.1', port: 0, maxBodyBytes: 1000, handle: (request) => Promise.resolve(said(request)), ...options,
  })
  open.push(server)
  return { server, url: `http://127.0.0.1:${server.address.port}` }
}

/** A chunked body, which announces no size. */
async function* pieces(count: number, size: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(size)
}
const sendChunked = (url: string, count: number, size: number) =>
  fetch(url, { method: 'POST', body: pieces(count, size) as unknown as ReadableStream, duplex: 'half' } as RequestInit)

async function raw(server: HttpServer, text: string): Promise<Socket> {
  const socket = connect(server.address.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('startHttpServer', () => {
  it('gives method, path, raw query, body and peer', async () => {
    const { url } = await start()
    const answer = await fetch(`${url}/a%20b?q=%2F&r`, { method: 'PUT', body: Buffer.alloc(1000) })
    expect(await answer.json()).toEqual({ method: 'PUT', path: '/a%20b', query: 'q=%2F&r', peer: '127.0.0.1', size: 1000 })
    expect(await (await fetch(url)).json()).toMatchObject({ method: 'GET', path: '/', query: '', size: 0 })
    expect(await (await sendChunked(url, 10, 99)).json()).toMatchObject({ size: 990 })
  })

  it('puts bodies into the same memory where they are lent, but not before their requests are answered', async () => {
    const memories: ArrayBufferLike[] = []
    const handle = async ({ body, path }: HttpRequest): Promise<HttpResponse> => {
      memories.push(body.buffer)
      if (path === '/nested') await post(url, 'b')
      return { status: 200, headers: {}, body: body.toString('latin1', 0, 1) + body.length }
    }
    const { url } = await start({ maxBodyBytes: 100_000, lendBodies: true, handle })
    const post = async (to: string, letter: string): Promise<string> => await (await fetch(to, { method: 'POST', body: letter.repeat(50_000) })).text()
    expect([await post(url, 'a'), await post(`${url}/nested`, 'c'), await post(url, 'd')]).toEqual(['a50000', 'c50000', 'd50000'])
    const [first, outer, inner, last] = memories
    expect([outer === first, inner === outer, [outer, inner].includes(last)]).toEqual([true, false, true])
    memories.splice(0)
    const { url: own } = await start({ maxBodyBytes: 100_000, handle })
    await post(own, 'a')
    await post(own, 'a')
    expect(memories[0]).not.toBe(memories[1])
  })

  it('refuses bodies over the limit, announced or not', async () => {
    const { url } = await start()
    expect((await fetch(url, { method: 'POST', body: Buffer.alloc(1001) })).status).toBe(413)
    expect((await sendChunked(url, 11, 100)).status).toBe(413)
    expect((await fetch(url, { method: 'POST', body: Buffer.alloc(10) })).status).toBe(200)
  })

  it('asks to come again when too many bytes are held, and gives them back', async () => {
    const { url } = await start({ limits: { maxHeldBytes: 500 } })
    const busy = await fetch(url, { method: 'POST', body: Buffer.alloc(600) })
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '1'])
    for (let count = 0; count < 5; count++) expect((await fetch(url, { method: 'POST', body: Buffer.alloc(400) })).status).toBe(200)
  })

  it('refuses on the head alone, before the body was sent', async () => {
    const handled: string[] = []
    const { server } = await start({
      admit: ({ path }) => (path === '/closed' ? { status: 403, headers: {}, body: 'no' } : undefined),
      handle: (request) => {
        handled.push(request.path)
        return Promise.resolve(said(request))
      },
    })
    const socket = await raw(server, 'POST /closed HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n')
    const [first] = await once(socket, 'data') as [Buffer]
    expect(first.toString()).toMatch(/^HTTP\/1\.1 403 /)
    // The connection can still be used once the body that nobody wanted has passed.
    socket.write(`${'x'.repeat(500)}GET /open HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /)
    expect(handled).toEqual(['/open'])
  })

  it('lets a client ask before it sends', async () => {
    const { server } = await start({ admit: ({ path }) => (path === '/closed' ? { status: 403, headers: {}, body: 'no' } : undefined) })
    const ask = async (path: string) => {
      const request = httpRequest({ port: server.address.port, path, method: 'POST', headers: { expect: '100-continue', 'content-length': 3 } })
      request.on('error', () => {})
      request.flushHeaders()
      const told = await Promise.race([once(request, 'continue').then(() => 'continue'), once(request, 'response').then(([response]) => String((response as { statusCode: number }).statusCode))])
      if (told === 'continue') request.end('abc')
      else request.destroy()
      return told
    }
    expect([await ask('/open'), await ask('/closed')]).toEqual(['continue', '403'])
  })

  it('sends an iterable as it comes, and cuts the connection when it breaks off', async () => {
    const { url } = await start({
      async handle({ path }) {
        async function* body() {
          yield Buffer.from('part ')
          if (path === '/broken') throw new Error('engine is gone')
          yield Buffer.from('whole')
        }
        return { status: 200, headers: {}, body: body() }
      },
    })
    expect(await (await fetch(url)).text()).toBe('part whole')
    await expect(fetch(`${url}/broken`).then((answer) => answer.text())).rejects.toThrow()
  })

  it('answers 503 when a handler throws, and says so', async () => {
    const failures: unknown[] = []
    const { url } = await start({ handle: () => Promise.reject(new Error('defect')), failed: (error) => void failures.push(error) })
    const answer = await fetch(url)
    expect([answer.status, await answer.text(), failures.length]).toEqual([503, 'busy; send this again\n', 1])
  })

  it('tells the handler when the client is gone', async () => {
    let aborted = () => {}
    const seen = new Promise<void>((done) => (aborted = done))
    let arrived = () => {}
    const here = new Promise<void>((done) => (arrived = done))
    const { server } = await start({
      async handle({ signal }) {
        signal?.addEventListener('abort', () => aborted())
        arrived()
        await seen
        return { status: 200, headers: {}, body: '' }
      },
    })
    const socket = await raw(server, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await here
    socket.destroy()
    await seen
  })

  it('ends a connection whose head does not come to an end', async () => {
    const { server } = await start({ limits: { headersTimeout: 200, requestTimeout: 500 } })
    expect(await readAll(await raw(server, 'GET / HTTP/1.1\r\nhost'))).toMatch(/^HTTP\/1\.1 408 /)
    expect(await readAll(await raw(server, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc'))).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('holds no more connections than it may', async () => {
    const { server } = await start({ limits: { maxConnections: 1 } })
    const first = await raw(server, '')
    const second = await raw(server, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(second, 'close')
    first.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    expect(await readAll(first)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('gives up a body that comes too slowly, also one that was refused, and lets it be sent again', async () => {
    const clock = { now: 0 }
    const cuts: string[] = []
    const connections = new ConnectionGuard(
      { connections: 10, perAddress: 10, proveMs: 1e6, awaitMs: 1e6, minBytesPerSecond: 100 }, { cut: (reason) => void cuts.push(reason) }, () => clock.now,
    )
    let admitted = 0
    const { server } = await start({
      connections, admit: ({ path }) => {
        admitted++
        return path === '/closed' ? { status: 403, headers: {}, body: 'no' } : undefined
      },
    })
    const slow = await raw(server, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\na')
    const refused = await raw(server, 'POST /closed HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\na')
    await expect.poll(() => admitted, { interval: 5 }).toBe(2)
    for (let second = 0; second < 6; second++) {
      clock.now += 1_000
      connections.sweep()
    }
    const [answered, closed] = await Promise.all([readAll(slow), readAll(refused)])
    expect(answered).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1[\s\S]*too slowly/i)
    expect(closed).toMatch(/^HTTP\/1\.1 403 /)
    expect([cuts, connections.open]).toEqual([['slow', 'slow'], 0])
    connections.stop()
  })

  it('lets a connection that never sent anything make room, and ends it by itself in time', async () => {
    const connections = new ConnectionGuard(
      { connections: 2, perAddress: 10, proveMs: 1e6, awaitMs: 1e6, minBytesPerSecond: 1 }, { cut: () => undefined },
    )
    const { server, url } = await start({ connections, limits: { headersTimeout: 200, requestTimeout: 500 } })
    const [silent, half] = [await raw(server, ''), await raw(server, 'GET / HT')]
    await expect.poll(() => connections.open, { interval: 5 }).toBe(2)
    const gone = once(silent, 'close')
    silent.resume()
    expect((await fetch(url)).status).toBe(200)
    await gone
    expect(await readAll(half)).toMatch(/^HTTP\/1\.1 408 /)
    const alone = await raw(server, '')
    alone.resume()
    await once(alone, 'close')
    connections.stop()
  })

  it('answers what is open when it stops', async () => {
    let finish = (_: HttpResponse): void => {}
    let arrived = () => {}
    const here = new Promise<void>((done) => (arrived = done))
    const { server, url } = await start({
      handle: () => new Promise((done) => {
        finish = done
        arrived()
      }),
    })
    const answer = fetch(url)
    await here
    const stopped = Promise.all([server.stop(), server.stop()])
    finish({ status: 200, headers: {}, body: 'still there' })
    expect(await (await answer).text()).toBe('still there')
    await stopped
    await expect(fetch(url)).rejects.toThrow()
  })

  it('answers a request that was on its way when it was told to stop, and says that it is the last', async () => {
    const { server } = await start()
    const socket = await raw(server, 'GET /first HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(socket, 'data')
    const stopped = server.stop()
    socket.write('GET /second HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*"path":"\/second"/i)
    await stopped
  })

  it('answers 503 to what it cannot finish when it stops, also where the request is not all there', async () => {
    let arrived = () => {}
    const here = new Promise<void>((done) => (arrived = done))
    const { server, url } = await start({
      limits: { stopTimeout: 20 },
      handle: () => {
        arrived()
        return new Promise(() => {})
      },
    })
    const stuck = fetch(url)
    const half = await raw(server, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf')
    const said = readAll(half)
    await here
    await server.stop()
    const answer = await stuck
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await said).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1/)
  })

  it('says which address it cannot have and what to change', async () => {
    const { server } = await start()
    const again = startHttpServer({
      name: 'OTLP/HTTP', setting: '--otlp-http', host: '127.0.0.1', port: server.address.port, maxBodyBytes: 1, handle: () => Promise.reject(new Error()),
    })
    await expect(again).rejects.toMatchObject({
      kind: 'misconfigured', message: `OTLP/HTTP cannot listen on 127.0.0.1:${server.address.port}: another program uses that port. Stop it, or choose another port (--otlp-http).`,
    })
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('no such address') as string })
    await expect(start({ tls: { key: 'x', cert: 'y' } })).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('PEM') as string })
  })
})
