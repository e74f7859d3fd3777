import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { runDemo } from './demo.ts'

/** A server that knows one token; API and telemetry have one address. */
async function serverWith(token: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    const known = request.url?.startsWith('/api/') === true || request.headers.authorization === `Bearer ${token}`
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/x-protobuf' }).end('\u0008\u0010')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('sends the token that it was given, and says which to give where it has none that is known', async () => {
  const url = await serverWith('wkt_right')
  const printed: string[] = []
  const run = (token: string | undefined): Promise<number> => runDemo({
    otlp: url, api: url, apiToken: 'x', token, fixtures: 'test/fixtures/otlp', now: Date.UTC(2026, 10, 22), quietMs: 1, print: (line) => void printed.push(line),
    receive: async () => ({ url: 'http://127.0.0.1:1/', stop: async () => undefined }),
  })
  for (const token of [undefined, '', 'wkt_wrong']) await expect(run(token)).rejects.toMatchObject({ code: 'demo.token', message: expect.stringContaining('WATCHKEEPER_TOKEN=') as unknown })
  expect(printed).toEqual([])
  expect(await run('wkt_right')).toBe(0)
  expect(printed[0]).toMatch(/^sent \d+ recorded requests/)
})
