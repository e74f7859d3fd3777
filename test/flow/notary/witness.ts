/** A witness as C2SP tlog-witness says, on loopback: what a log must satisfy, without a line of our own way of giving checkpoints. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifyConsistency } from '../../../schemas/merkle.ts'
import { type Checkpoint, COSIGNATURE, cosignatureLine, openNote, parseCheckpoint, parseVerifierKey, type Verifier, verifierKey } from '../../../schemas/note.ts'

interface Reply {
  readonly status: number
  readonly text: string
  readonly type?: string
}

const hashOf = (line: string): Buffer => Buffer.from(line, 'base64')

export class Witness {
  readonly key: string
  /** What it was asked, in order: sizes. */
  readonly asked: { readonly old: number; readonly size: number; readonly status: number }[] = []
  /** It answers so to everything; undefined: it does its work. */
  out: Reply | undefined
  seen: Checkpoint | undefined
  readonly #log: Verifier
  readonly #name = 'witness.example/w1'
  readonly #privateKey: KeyObject
  #server: Server | undefined

  constructor(logKey: string) {
    this.#log = parseVerifierKey(logKey) as Verifier
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#privateKey = privateKey
    this.key = verifierKey(this.#name, publicKey, COSIGNATURE)
  }

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
        const { status, text, type = 'text/plain' } = request.url === '/w1/add-checkpoint' && request.method === 'POST' ? this.#add(Buffer.concat(parts).toString()) : { status: 404, text: '' }
        response.writeHead(status, { 'content-type': type }).end(text)
      })
    })
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/w1`
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }

  #add(body: string): Reply {
    const at = body.indexOf('\n\n')
    const [first = '', ...proof] = body.slice(0, at).split('\n')
    const note = body.slice(at + 2)
    const old = /^old (0|[1-9][0-9]*)$/.exec(first)?.[1]
    const reply = this.out ?? (old === undefined || proof.length > 63 ? { status: 400, text: 'no old size' } : this.#judge(Number(old), proof.map(hashOf), note))
    this.asked.push({ old: Number(old), size: parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1))?.size ?? -1, status: reply.status })
    return reply
  }

  #judge(old: number, proof: readonly Buffer[], note: string): Reply {
    const opened = openNote(note, [this.#log])
    if ('refused' in opened) return { status: 403, text: opened.refused }
    const checkpoint = parseCheckpoint(opened.body)
    if (checkpoint === undefined) return { status: 400, text: 'no checkpoint' }
    if (`${checkpoint.origin}` !== this.#log.name) return { status: 404, text: 'unknown log' }
    if (old > checkpoint.size) return { status: 400, text: 'old size above the size' }
    const seen = this.seen
    if (old !== (seen?.size ?? 0)) return { status: 409, text: `${seen?.size ?? 0}\n`, type: 'text/x.tlog.size' }
    if (seen?.size === checkpoint.size && !seen.root.equals(checkpoint.root)) return { status: 409, text: `${seen.size}\n`, type: 'text/x.tlog.size' }
    const sound = seen === undefined ? proof.length === 0 : verifyConsistency({ oldSize: seen.size, oldRoot: seen.root, size: checkpoint.size, root: checkpoint.root, proof })
    if (!sound) return { status: 422, text: 'the proof is none' }
    this.seen = checkpoint
    return { status: 200, text: cosignatureLine(opened.body, { name: this.#name, privateKey: this.#privateKey }, Math.floor(Date.now() / 1000)) }
  }
}
