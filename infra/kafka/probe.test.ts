import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { probe } from './probe.ts'

it('asks addresses of either version under TLS, which has no names for them', async () => {
  const server = createServer((socket) => void socket.on('error', () => {}).end('no TLS here'))
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]']) {
    await expect(probe({ address: `${host}:${port}`, tls: {}, sasl: false, timeoutMs: 5_000 }), host).rejects.toBeInstanceOf(Failure)
  }
})
