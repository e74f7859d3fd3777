/** Ports for processes that are away for a while and come back to the same one. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the range from which the system takes ports for outgoing connections: one of those would have the port when its owner comes back. */
const RANGE = { from: 15_000, to: 32_000 }
const given = new Set<number>()

/** A port of loopback that nobody listens on now and that was not given before. */
export async function fixedPort(): Promise<number> {
  for (;;) {
    const port = randomInt(RANGE.from, RANGE.to)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
