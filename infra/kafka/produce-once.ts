/** Puts `produce-request.ts` into kafkajs: a request that is written once goes to the socket from where it stands, and its memory is used again. */
import { SpareMemory } from '../../schemas/spare-memory.ts'
import { encodeProduce, inOnePlace, isPlainProduce, type ProduceParams, produceLength } from './produce-request.ts'

const ROOM = Symbol.for('watchkeeper.kafkajs.room')

interface Encoder {
  buf: Buffer
  offset: number
  /** What is written of `buf`. */
  readonly buffer: Buffer
  /** Bytes before `buf` in its memory that are nobody's: what belongs in front can be written there. */
  [ROOM]?: number
}

interface Request {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  expectResponse(): boolean
  encode(): Promise<Encoder>
}

interface Response {
  decode(payload: Buffer): Promise<unknown>
  parse(data: unknown): Promise<unknown>
}

type Make = (params: ProduceParams) => { readonly request: Request; readonly response: Response }

/** `kafkajs/src/protocol/requests/produce/index`. */
export interface Produce {
  protocol(wanted: { readonly version: number }): Make
}

/** Of `kafkajs/src/protocol/encoder`. */
export interface EncoderMethods {
  writeEncoder(this: Encoder, value: Encoder): Encoder
}

/** For the head of every request: its length, 8 bytes, and the client's id. Longer heads are put before a copy. */
const HEAD_ROOM = 512
/** Versions whose requests have this form. */
const FIRST_VERSION = 3
const LAST_VERSION = 7

/** Call before the first request is made. */
export function writeProduceOnce(produce: Produce, encoder: EncoderMethods): void {
  putInFront(encoder)
  const { protocol } = produce
  const memory = new SpareMemory()
  produce.protocol = (wanted) => {
    const make = protocol(wanted)
    const known = wanted.version >= FIRST_VERSION && wanted.version <= LAST_VERSION
    return (params) => (known && isPlainProduce(params) ? onceWritten(make(params), params, memory) : make(inOnePlace(params)))
  }
}

function onceWritten({ request, response }: ReturnType<Make>, params: Parameters<typeof encodeProduce>[0], memory: SpareMemory): ReturnType<Make> {
  let taken: Buffer | undefined
  return {
    request: {
      ...request,
      encode: async () => {
        taken = memory.take(HEAD_ROOM + produceLength(params))
        const end = encodeProduce(params, taken, HEAD_ROOM, Date.now())
        const buf = taken.subarray(HEAD_ROOM, end)
        return { buf, buffer: buf, offset: buf.length, [ROOM]: HEAD_ROOM }
      },
    },
    response: {
      parse: response.parse,
      decode: async (payload) => {
        // The broker has answered, so it has read all of it: nobody looks at that memory any more. Of a request without an answer nobody knows that.
        if (taken !== undefined) memory.give(taken)
        taken = undefined
        return await response.decode(payload)
      },
    },
  }
}

/** kafkajs puts two heads before a request, and copies it behind each. */
function putInFront(prototype: EncoderMethods): void {
  const original = prototype.writeEncoder
  prototype.writeEncoder = function (this: Encoder, value: Encoder): Encoder {
    const { [ROOM]: room = -1, buf, offset } = value
    if (room < this.offset) return original.call(this, value)
    const whole = Buffer.from(buf.buffer as ArrayBuffer, buf.byteOffset - this.offset, this.offset + offset)
    this.buf.copy(whole, 0, 0, this.offset)
    this.buf = whole
    this[ROOM] = room - this.offset
    this.offset = whole.length
    return this
  }
}
