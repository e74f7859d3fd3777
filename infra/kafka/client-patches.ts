/**
 * Defects of kafkajs 2.2.4 that cannot be worked around from outside, mended in its prototypes. Where a later version is made otherwise nothing
 * is touched.
 *
 * - tulios/kafkajs#1751: each connection sets a timer with a negative delay that sets itself again: 1,000 wake-ups a second for nothing (and a warning
 *   from Node 24 on). A timer is only needed while requests wait.
 * - `Connection.connect` opens another socket for every caller that comes before the first has connected (all requests in flight do when a connection was
 *   lost): the sockets but one leak and their ends are taken for the end of the good one. And when the broker closes a connection that is being made, it
 *   never settles. Callers share one attempt here, and it has an end.
 * - `Connection.disconnect` keeps the dead socket and adds a listener to it at every call, so that Node warns of a leak while a broker is away.
 * - The checksum of what is sent is made byte by byte, 3.8 of 10.5 µs an event in an envelope of 60 kB (measured); ours takes sixteen at a step.
 * - What is sent is copied some eight times into buffers that are filled with zeros first. Envelopes are written once (`produce-once.ts`); for all else, without
 *   the zeros.
 * - What comes is copied into new memory twice before it is looked at: see `receive-once.ts`.
 * - The checksum of what is fetched is not looked at, and brokers send from their disks as it lies there.
 * - `BrokerPool.withBroker` keeps to itself why no broker answered, and its caller reads the topics of nothing: neither a time-out nor a topic that is not known
 *   yet could be told from a mistake in a program.
 * - An answer that cannot be taken apart throws whatever the decoder stumbled over, like any mistake in a program. Here it has a class of its own: only what
 *   was really received and is damaged may be passed over.
 */
import { createRequire } from 'node:module'
import { crc32c } from '../../schemas/crc32c.ts'
import { Failure } from '../../schemas/failure.ts'
import { standsWhere } from '../../schemas/spare-memory.ts'
import { addCodecs } from './compression.ts'
import { type EncoderMethods, type Produce, writeProduceOnce } from './produce-once.ts'
import { receive } from './receive-once.ts'
import { checkRecordBatches } from './record-batches.ts'

interface Queue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

interface Connection {
  readonly broker: string
  readonly connectionTimeout: number
  socket: { readonly destroyed: boolean; destroy(): void } | undefined
  [CONNECTING]?: Promise<unknown> | undefined
}

interface Encoder {
  buf: Buffer
  readonly offset: number
}

type Prototype = Record<string | symbol, unknown>

/** What is asked of one broker after the other until one answers. */
type Asked = (broker: unknown) => Promise<unknown>

interface Decoder {
  decode(payload: Buffer): Promise<object>
}

/** Those that kafkajs has; one that shares its decoder with another is wrapped twice, which changes nothing. */
const FETCH_VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11]
/** What it speaks with brokers from 2.3 on. */
const CHECKED_VERSION = 11
const PATCHED = Symbol.for('watchkeeper.kafkajs')
const CONNECTING = Symbol.for('watchkeeper.kafkajs.connecting')
const THROTTLE_WAIT_MS = 10
/** On top of kafkajs's own timer, which settles all cases but one. */
const GRACE_MS = 500

/** A broker's answer to a fetch that is not what the protocol says. */
export class UndecodableAnswer extends Error {
  constructor(reason: unknown) {
    super('the answer to a fetch cannot be taken apart')
    this.name = 'UndecodableAnswer'
    this.reason = reason
  }

  readonly reason: unknown
}

/** Safe twice. Failure `misconfigured` where another version of kafkajs is installed, whose insides nobody has looked at. */
export function patchClient(): void {
  const load = createRequire(import.meta.url)
  const { version } = load('kafkajs/package.json') as { version: string }
  if (!version.startsWith('2.2.')) {
    throw new Failure('misconfigured', 'kafka.client', `Kafka: this adapter is for kafkajs 2.2, and ${version} is installed: install the locked dependencies`)
  }
  const part = (path: string): unknown => load(`kafkajs/src/${path}.js`)
  const { KafkaJSConnectionError } = part('errors') as { KafkaJSConnectionError: new (message: string, more: { broker: string }) => Error }
  const queue = part('network/requestQueue/index') as { prototype: Prototype }
  const connection = part('network/connection') as { prototype: Prototype }
  if (connection.prototype[PATCHED] === true) return
  connection.prototype[PATCHED] = true
  addCodecs((load('kafkajs') as { CompressionCodecs: Record<number, () => unknown> }).CompressionCodecs)
  stopIdleTimers(queue.prototype)
  shareConnects(connection.prototype, (broker) => new KafkaJSConnectionError('Connection timeout', { broker }))
  dropDeadSockets(connection.prototype)
  connection.prototype['processData'] = receive
  // The module is loaded before the one that uses it, which happens with the first request.
  part('protocol/recordBatch/crc32C/index')
  load.cache[load.resolve('kafkajs/src/protocol/recordBatch/crc32C/index.js')]!.exports = (bytes: Buffer): number => crc32c(bytes)
  const encoder = part('protocol/encoder') as { prototype: Prototype & EncoderMethods }
  growWithoutZeros(encoder.prototype)
  writeProduceOnce(part('protocol/requests/produce/index') as Produce, encoder.prototype)
  sayWhyNot((part('cluster/brokerPool') as { prototype: Prototype }).prototype)
  for (const each of FETCH_VERSIONS) nameDamage(part(`protocol/requests/fetch/v${each}/response`) as Decoder, each === CHECKED_VERSION)
}

function stopIdleTimers(prototype: Prototype): void {
  prototype['scheduleCheckPendingRequests'] = function (this: Queue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    }, Math.max(THROTTLE_WAIT_MS, this.throttledUntil - Date.now()))
  }
}

function shareConnects(prototype: Prototype, late: (broker: string) => Error): void {
  const original = prototype['connect'] as (this: Connection) => Promise<unknown>
  prototype['connect'] = async function (this: Connection): Promise<unknown> {
    this[CONNECTING] ??= settled(this, original.call(this), late).finally(() => { this[CONNECTING] = undefined })
    return await this[CONNECTING]
  }
}

async function settled(connection: Connection, attempt: Promise<unknown>, late: (broker: string) => Error): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      connection.socket?.destroy()
      reject(late(connection.broker))
    }, connection.connectionTimeout + GRACE_MS)
  })
  return await Promise.race([attempt, end]).finally(() => clearTimeout(timer))
}

function dropDeadSockets(prototype: Prototype): void {
  const original = prototype['disconnect'] as (this: Connection) => Promise<unknown>
  prototype['disconnect'] = async function (this: Connection): Promise<unknown> {
    if (this.socket?.destroyed === true) this.socket = undefined
    return await original.call(this)
  }
}

function sayWhyNot(prototype: Prototype): void {
  const original = prototype['withBroker'] as (work: Asked) => Promise<unknown>
  prototype['withBroker'] = async function (ask: Asked): Promise<unknown> {
    let why: unknown
    const answer = await original.call(this, async (broker) => {
      try {
        return await ask(broker)
      } catch (error) {
        why = error
        throw error
      }
    })
    if (answer === null && why !== undefined) throw why
    return answer
  }
}

function nameDamage(response: Decoder, checked: boolean): void {
  const original = response.decode
  response.decode = async (payload) => {
    try {
      if (checked) checkRecordBatches(payload)
      const answer = await original(payload)
      standsWhere(payload, answer)
      return answer
    } catch (error) {
      // What is compressed in a way that is not known here is no damage.
      throw error instanceof UndecodableAnswer || error instanceof Failure ? error : new UndecodableAnswer(error)
    }
  }
}

/** Only what was written is ever read from such a buffer (`get buffer`). */
function growWithoutZeros(prototype: Prototype): void {
  prototype['ensureAvailable'] = function (this: Encoder, length: number): void {
    const needed = this.offset + length
    if (needed <= this.buf.length) return
    const grown = Buffer.allocUnsafeSlow(2 ** (32 - Math.clz32(needed)))
    this.buf.copy(grown, 0, 0, this.offset)
    this.buf = grown
  }
}
