/** Collector, assembler and worker as the product wires them, on a bus in the process; time is that of the requests. */
import { createKeyedHash } from '../../../infra/keys/keyed-hash.ts'
import { type AddressBook, NOWHERE } from '../../../schemas/address-book.ts'
import type { Finding } from '../../../schemas/finding.ts'
import type { Log } from '../../../schemas/ports.ts'
import { EventRecord, events, findings } from '../../../schemas/topics.ts'
import { createAssembler } from '../../../services/assembler/service.ts'
import { createNormaliser } from '../../../services/collector/normalise/normaliser.ts'
import { decode } from '../../../services/collector/otlp/decode.ts'
import { DECODE_LIMITS } from '../../../services/collector/otlp/model.ts'
import { createPipeline } from '../../../services/collector/pipeline.ts'
import { createRedactor } from '../../../services/collector/redact/redactor.ts'
import { Config } from '../../../services/config/schema.ts'
import { armAll } from '../../../services/detector-list.ts'
import type { Places } from '../../../services/simulate/places.ts'
import type { Happening } from '../../../services/simulate/simulate.ts'
import { assemblerLimits } from '../../../services/wiring/assembler-limits.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../../../services/worker/contracts.ts'
import { createWorker } from '../../../services/worker/service.ts'
import { DirectBus } from './direct-bus.ts'

type Request = Extract<Happening, { is: 'request' }>

/** A finding with when it was there, milliseconds since 1970. */
export interface Raised {
  readonly finding: Finding
  readonly at: number
}

const nothing = (): void => undefined
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: (fields, message) => console.error(message, fields) }
const NEVER = 2 ** 40
const MS = 1_000_000n
/** Ticks after a request, milliseconds: the collector's clock goes on while nothing arrives. */
const TICKS = [1_000, 3_000, 6_000, 11_000, 13_000, 22_000, 40_000]

const telemetry: WorkerTelemetry = {
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, recordUndecodable: nothing, snapshotSaved: nothing, snapshotIgnored: nothing, gapSeen: nothing,
  warmedUp: nothing, statesReset: nothing,
  subscriptionFailed(topic, error) {
    throw new Error(`${topic}: ${String(error)}`)
  },
  detectorFailed(detector, _, error) {
    throw new Error(`${detector} failed: ${error}`)
  },
}

const bookOf = (places: Places): AddressBook => ({
  edition: 1,
  lookUp(address) {
    const network = places.of(address)
    return network === undefined ? NOWHERE : { country: network.country, asn: network.asn, organisation: network.organisation, hosting: network.hosting ? 'yes' : 'no' }
  },
})

export class Product {
  readonly #bus = new DirectBus()
  readonly #raise: (raised: Raised) => void
  readonly #pipeline
  #now = 0

  private constructor(raise: (raised: Raised) => void) {
    const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
    this.#raise = raise
    this.#pipeline = createPipeline({
      bus: this.#bus, normaliser: createNormaliser({ mcpPaths: ['/mcp'] }), redactor: createRedactor(keyedHash), telemetry: { received: nothing, receivedMetrics: nothing },
    })
  }

  /** `raise` is told of every version of every finding. */
  static async start(places: Places, raise: (raised: Raised) => void): Promise<Product> {
    const product = new Product(raise)
    await product.#wire(places)
    return product
  }

  async #wire(places: Places): Promise<void> {
    const bus = this.#bus
    const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
    const snapshots = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }
    const limits = assemblerLimits({ assembler: Config.shape.assembler.parse(undefined) }, 1)
    const assembler = createAssembler({ partitions: 1, limits, identities: [], snapshotEveryNs: BigInt(NEVER) * 1_000_000_000n }, {
      bus, snapshots, store: { places: () => Promise.resolve(new Map()) }, addressBook: bookOf(places), keyedHash, log,
    })
    const worker = createWorker({ ...WORKER_DEFAULTS, snapshotSeconds: NEVER, snapshotRecords: NEVER }, armAll({}), { bus, snapshots, keyedHash, telemetry })
    await bus.subscribe(findings, {
      group: 'evaluation', gap: () => Promise.resolve(), failed: nothing,
      handle: async (envelopes) => {
        for (const { records } of envelopes) for (const finding of records) this.#raise({ finding, at: this.#now })
      },
    })
    await worker.start()
    await assembler.start()
  }

  /** A request as it arrives; what time there was since the last one passes first. */
  async take({ signal, at, body }: Request): Promise<void> {
    await this.#pass(at)
    this.#now = at
    const decoded = decode({ signal, encoding: 'protobuf', bytes: body }, DECODE_LIMITS)
    const arrival = { tenant: 'default', transport: 'otlp/http+protobuf', peer: '127.0.0.1', receivedAt: BigInt(at) * MS }
    if (decoded.signal === 'traces') await this.#pipeline.traces(decoded.data, arrival)
    else if (decoded.signal === 'logs') await this.#pipeline.logs(decoded.data, arrival)
    await this.#bus.drain()
  }

  /** Time goes on for a minute without anything. */
  end(): Promise<void> {
    return this.#pass(this.#now + 60_000)
  }

  async #pass(until: number): Promise<void> {
    const before = this.#now
    if (before === 0) return
    for (const tick of TICKS) {
      if (before + tick >= until) return
      this.#now = before + tick
      await this.#bus.publish(events, [{ record: EventRecord.tick(BigInt(this.#now) * MS) }])
      await this.#bus.drain()
    }
  }
}
