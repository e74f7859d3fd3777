/** Reads a request's body into one buffer, within a limit per request and one for all requests of a server together. */
import type { IncomingMessage } from 'node:http'
import type { Connections } from '../../schemas/connections.ts'
import type { SpareMemory } from '../../schemas/spare-memory.ts'

export type ReadOutcome =
  | { readonly kind: 'whole'; readonly body: Buffer; readonly memory?: Buffer | undefined }
  /** Over the request's own limit: 413. */
  | { readonly kind: 'too_large' }
  /** Too much is being read already: 503. */
  | { readonly kind: 'busy' }
  /** It does not come fast enough: 503, and the connection ends. */
  | { readonly kind: 'too_slow' }
  /** The client is gone. */
  | { readonly kind: 'gone' }

export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly connections?: Connections
  /** Where larger bodies are put; `memory` of the outcome is to be given back to it. */
  readonly spare?: SpareMemory
}

/** Bytes that have arrived of bodies that are not answered yet: what is only announced costs nothing. */
export interface HeldBytes {
  readonly max: number
  used: number
}

const NOTHING = Buffer.alloc(0)
/** Smaller bodies are put into memory of their own: pieces that are lent are much larger. */
const LEAST_LENT = 16 * 1024

/** Never throws. What it has counted in `held` is the caller's to give back: the size of the body, 0 where there is none. */
export function readBody(
  request: IncomingMessage, { maxBodyBytes: maxBytes, connections, spare }: BodyLimits, held: HeldBytes,
): Promise<ReadOutcome> {
  const announced = request.headers['content-length']
  if (announced === undefined && request.headers['transfer-encoding'] === undefined) return Promise.resolve({ kind: 'whole', body: NOTHING })
  if (announced !== undefined && Number(announced) > maxBytes) return Promise.resolve({ kind: 'too_large' })
  return new Promise((resolve) => {
    const body = new Collected(announced === undefined ? undefined : Number(announced), spare)
    let finished = false
    const finish = (outcome: ReadOutcome) => {
      if (finished) return
      finished = true
      done?.()
      if (outcome.kind !== 'whole') {
        request.off('data', take)
        held.used -= body.size
      }
      resolve(outcome)
    }
    const take = (chunk: Buffer) => {
      if (body.size + chunk.length > maxBytes) return finish({ kind: 'too_large' })
      if (held.used + chunk.length > held.max) return finish({ kind: 'busy' })
      held.used += chunk.length
      body.add(chunk)
    }
    const done = connections?.await({ bytes: () => body.size, tooSlow: () => finish({ kind: 'too_slow' }) })
    const gone = () => finish({ kind: 'gone' })
    request.on('data', take)
    request.on('end', () => finish({ kind: 'whole', body: body.whole(), memory: body.memory }))
    request.on('error', gone)
    request.on('close', gone)
  })
}

/** One buffer where the size was announced, else the pieces. */
class Collected {
  size = 0
  /** That which is lent for it. */
  readonly memory: Buffer | undefined
  readonly #one: Buffer | undefined
  readonly #pieces: Buffer[] = []

  constructor(announced: number | undefined, spare: SpareMemory | undefined) {
    this.memory = announced === undefined || announced < LEAST_LENT ? undefined : spare?.take(announced)
    this.#one = announced === undefined ? undefined : this.memory ?? Buffer.allocUnsafe(announced)
  }

  add(chunk: Buffer): void {
    if (this.#one === undefined) this.#pieces.push(chunk)
    else chunk.copy(this.#one, this.size)
    this.size += chunk.length
  }

  whole(): Buffer {
    if (this.#one === undefined) return Buffer.concat(this.#pieces, this.size)
    return this.size === this.#one.length ? this.#one : this.#one.subarray(0, this.size)
  }
}
