/** A TCP door in front of a server that can be shut for exactly as long as a test wants, however long the server itself takes to start. */
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { fixedPort } from './fixed-port.ts'

export class Doorway {
  readonly url: string
  readonly #port: number
  readonly #behind: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  private constructor(port: number, behind: number) {
    this.url = `http://127.0.0.1:${port}`
    this.#port = port
    this.#behind = behind
  }

  /** Open; leads to `url` on loopback. */
  static async to(url: string): Promise<Doorway> {
    const doorway = new Doorway(await fixedPort(), Number(new URL(url).port))
    await doorway.open()
    return doorway
  }

  async open(): Promise<void> {
    this.#server = createServer((caller) => {
      const callee = createConnection(this.#behind, '127.0.0.1')
      this.#keep(caller, callee)
      this.#keep(callee, caller)
      caller.pipe(callee).pipe(caller)
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Connections are cut, and new ones are refused. */
  async shut(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** What ends on one side ends on the other. */
  #keep(socket: Socket, other: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => other.destroy())
    socket.once('close', () => {
      this.#sockets.delete(socket)
      other.destroy()
    })
  }
}
