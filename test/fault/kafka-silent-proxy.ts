/** A TCP proxy whose connections can go silent without ending, as behind a firewall that forgets them. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface SilentProxy {
  readonly port: number
  /** Where new connections go to. */
  target(port: number): void
  /** Connections of now stay open, and nothing comes through them any more; new ones work. Answers how many. */
  mute(): number
  close(): Promise<void>
}

export async function startSilentProxy(): Promise<SilentProxy> {
  const open = new Set<readonly [Socket, Socket]>()
  let target = 0
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    const pair = [near, far] as const
    open.add(pair)
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('data', (bytes) => to.write(bytes))
      from.on('error', () => to.destroy())
      from.on('close', () => { to.destroy(); open.delete(pair) })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    target: (port) => { target = port },
    mute: () => {
      for (const socket of [...open].flat()) {
        socket.removeAllListeners('data')
        socket.resume()
      }
      return open.size
    },
    close: async () => {
      for (const socket of [...open].flat()) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
