/** A local webhook receiver that believes only what is signed. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export interface Receiver {
  readonly url: string
  stop(): Promise<void>
}

const BODY_LIMIT = 65_536

/** Calls `received` with each message whose signature is right; answers 401 to all else. */
export async function startReceiver(secret: string, received: (id: string, body: unknown) => void): Promise<Receiver> {
  const webhook = new Webhook(secret)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= BODY_LIMIT) chunks.push(chunk)
    })
    request.on('end', () => {
      try {
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
        received(headers['webhook-id'] ?? '', webhook.verify(Buffer.concat(chunks).toString(), headers))
        response.writeHead(204).end()
      } catch {
        response.writeHead(401).end('the signature is not right')
      }
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
