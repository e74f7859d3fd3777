/** Puts the parts of one process together: all of them (`serve`), or one of several processes that share a Kafka. */
import { startMetrics } from '../infra/otel/metrics.ts'
import { Failure } from '../schemas/failure.ts'
import type { Log, Service } from '../schemas/ports.ts'
import type { Ingest } from './collector/ingest-port.ts'
import { createAdminIntake } from './collector/admin-intake.ts'
import { createNormaliser } from './collector/normalise/normaliser.ts'
import { createPipeline } from './collector/pipeline.ts'
import { createReceipts } from './collector/receipts.ts'
import { createRedactor } from './collector/redact/redactor.ts'
import { collectorTelemetry } from './collector/telemetry.ts'
import type { Config } from './config/schema.ts'
import { VERSION } from './version.ts'
import { systemClock } from './wiring/clock.ts'
import { type Edge, openEdge, usableTokens } from './wiring/edge.ts'
import { type Foundation, openFoundation } from './wiring/foundation.ts'
import { notedBus } from './wiring/noted-bus.ts'
import { startOwnTraces } from './wiring/own-traces.ts'
import { startingApi } from './api/starting.ts'
import { createServices, type Part, type PartKit, PARTS } from './wiring/parts.ts'
import { placeRulesOf } from './wiring/place.ts'
import { NO_RECEIVERS, openReceivers } from './wiring/receivers.ts'
import { onLoopback, openApiDoor, openServers, refuseUnsafeDoors } from './wiring/servers.ts'
import { StartWait } from './wiring/start-wait.ts'

export const EVERYTHING: ReadonlySet<Part> = new Set(PARTS)

/** Where its doors are, by name: what was asked for, with the ports that the system chose where that was left to it. */
export type Addresses = Readonly<Record<string, string>>

export interface Watchkeeper {
  /** What it does, with what, and where: for the line at the start. */
  readonly facts: Readonly<Record<string, unknown>> & { readonly addresses: Addresses }
  /** Resolves with the first error after which a part reads no more; others may go on. */
  readonly failed: Promise<unknown>
  /** Stops intake, lets what is under way finish, saves state. Safe twice. */
  stop(): Promise<void>
}

/** Where several processes work together, the log must be one that they can share. */
function refuseLonePart({ bus }: Config, parts: ReadonlySet<Part>): void {
  if (bus.kafka !== undefined || parts.size === PARTS.length) return
  throw new Failure(
    'misconfigured', 'bus.embedded',
    `The embedded log has one owner, so ${[...parts].join(', ')} cannot run beside other processes on it: run everything in one with watchkeeper serve, ` +
      'or set bus.kafka.brokers (WATCHKEEPER_KAFKA_BROKERS) to share a Kafka.',
  )
}

async function ingestOf(begun: Begun, { config, foundation, bus, log }: PartKit): Promise<Ingest> {
  const receipts = createReceipts({ bus, log })
  begun.add(() => receipts.stop())
  await receipts.start()
  return createPipeline({
    bus, normaliser: createNormaliser({ mcpPaths: config.otlp.mcp_paths, place: placeRulesOf(config) }), redactor: createRedactor(await foundation.keyedHash(), config.redaction),
    telemetry: receipts.counting(collectorTelemetry()),
  })
}

/** The key is only asked for when there is something to redact: not every process has it. */
function edgeOf(parts: ReadonlySet<Part>, { config, foundation, bus, log }: PartKit): Promise<Edge> {
  const telemetry = collectorTelemetry()
  return openEdge({
    config, log, ingests: parts.has('collector'),
    async intake(action) {
      const redactor = createRedactor(await foundation.keyedHash(), config.redaction)
      await createAdminIntake({ bus, redactor, telemetry, clock: systemClock, version: VERSION })(action)
    },
  })
}

function factsOf({ bus, opened }: Foundation, servers: readonly { readonly name: string; readonly address: string }[], groups: readonly string[]) {
  const addresses: Addresses = Object.fromEntries(servers.map(({ name, address }) => [name, address]))
  return { bus: bus.where, store: opened.store?.where ?? { kind: 'none' }, addresses, groups }
}

/** What was begun, to be ended in the other order. */
class Begun {
  readonly #ends: (() => Promise<unknown> | void)[] = []
  #ended: Promise<void> | undefined

  add(end: () => Promise<unknown> | void): void {
    this.#ends.push(end)
  }

  /** Safe twice. One that fails keeps none of the others from ending; the first failure is thrown at last. */
  async end(): Promise<void> {
    await (this.#ended ??= this.#end())
  }

  async #end(): Promise<void> {
    const failures: unknown[] = []
    for (const end of [...this.#ends].reverse()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

/**
 * Starts the parts, or throws Failure `misconfigured` with a sentence, or `unavailable` when Kafka or ClickHouse stayed away, and leaves nothing open.
 * `asked`: the process is to end, so that nobody is waited for any more.
 */
export async function startWatchkeeper({ config, parts, log, asked }: Plan): Promise<Watchkeeper> {
  refuseLonePart(config, parts)
  refuseUnsafeDoors(config, parts, await usableTokens(config))
  const begun = new Begun()
  try {
    return await start({ config, parts, log, asked, begun })
  } catch (error) {
    await begun.end().catch((also: unknown) => log.error({ err: also }, 'not everything could be ended after a failed start'))
    throw error
  }
}

export interface Plan {
  readonly config: Config
  readonly parts: ReadonlySet<Part>
  readonly log: Log
  readonly asked: AbortSignal
}

interface Start extends Plan {
  readonly begun: Begun
}

async function start({ config, parts, log, asked, begun }: Start): Promise<Watchkeeper> {
  const metrics = startMetrics()
  begun.add(() => metrics.stop())
  const traces = await startOwnTraces(config, log)
  begun.add(() => traces.stop())
  const wait = new StartWait({ log, asked, now: () => performance.now() })
  const api = await openApiDoor(config, log, startingApi({ waitsFor: () => wait.reason, metrics: onLoopback(config) ? () => metrics.render() : undefined }))
  begun.add(() => api.stop())
  const foundation = await openFoundation(config, log, wait)
  begun.add(() => foundation.close())
  const receivers = openReceivers(parts.has('alerter') ? config.alerting : NO_RECEIVERS, { clock: systemClock, log })
  begun.add(() => receivers.close())
  const { bus, groups, failed } = notedBus(foundation.bus.bus)
  const kit: PartKit = { config, foundation, bus, receivers, log }
  const services: readonly Service[] = await createServices(parts, kit)
  for (const service of services) {
    begun.add(() => service.stop())
    await service.start()
  }
  const ingest = parts.has('collector') ? await ingestOf(begun, kit) : undefined
  const edge = await edgeOf(parts, kit)
  begun.add(() => edge.close())
  const servers = await openServers({ config, parts, foundation, edge, ingest, metrics, receivers, services, api, log })
  begun.add(() => Promise.all(servers.map((server) => server.stop())))
  return { facts: factsOf(foundation, servers, groups), failed, stop: () => begun.end() }
}
