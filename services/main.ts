/** The wiring of the small form: everything in one process. Sinks start first and stop last. */
import { startMetrics } from '../infra/otel/metrics.ts'
import type { Log, Service } from '../schemas/ports.ts'
import { createAlerter } from './alerter/service.ts'
import { createArchiver } from './archiver/service.ts'
import { createAssembler } from './assembler/service.ts'
import { createNormaliser } from './collector/normalise/normaliser.ts'
import { createPipeline } from './collector/pipeline.ts'
import { createRedactor } from './collector/redact/redactor.ts'
import { collectorTelemetry } from './collector/telemetry.ts'
import { createTicker } from './collector/ticker.ts'
import type { Config } from './config/schema.ts'
import { armAll } from './detector-list.ts'
import { type Foundation, openFoundation, systemClock } from './wiring/foundation.ts'
import { startOwnTraces } from './wiring/own-traces.ts'
import { type LiveReceivers, openReceivers } from './wiring/receivers.ts'
import { type OpenServer, openServers, refuseUnsafeDoors } from './wiring/servers.ts'
import { WORKER_DEFAULTS } from './worker/contracts.ts'
import { createWorker } from './worker/service.ts'
import { workerTelemetry } from './worker/telemetry.ts'

export interface Watchkeeper {
  readonly foundation: Foundation
  readonly servers: readonly OpenServer[]
  readonly services: readonly Service[]
  /** Stops intake, lets what is under way finish, saves state. Safe twice. */
  stop(): Promise<void>
}

const SECOND_NS = 1_000_000_000n
const EVENT_BATCH = { records: 10_000, milliseconds: 500 }
const OTHER_BATCH = { records: 10_000, milliseconds: 1_000 }
const SNAPSHOT_EVERY_NS = 5n * SECOND_NS

const seconds = (value: number): bigint => BigInt(Math.round(value * 1e9))

function createServices(config: Config, foundation: Foundation, receivers: LiveReceivers, log: Log): readonly Service[] {
  const { bus, store, snapshots, keyedHash } = foundation
  const { quiet_seconds: quiet, lineage_minutes: lineage, max_spans: spans, max_spans_per_trace: spansPerTrace } = config.assembler
  const limits = { quietNs: seconds(quiet), lineageNs: seconds(lineage * 60), spans, spansPerTrace }
  return [
    createArchiver({ events: EVENT_BATCH, others: OTHER_BATCH }, { bus, store, snapshots, log }),
    createAlerter(
      {
        groupWaitSeconds: config.alerting.group_wait_seconds, groupIntervalSeconds: config.alerting.group_interval_seconds,
        resolveAfterHours: config.alerting.resolve_after_hours,
      },
      { bus, snapshots, clock: systemClock, notifiers: receivers.notifiers, log },
    ),
    createWorker({ ...WORKER_DEFAULTS, maxKeys: config.worker.max_keys }, armAll(config.detectors), {
      bus, snapshots, keyedHash, telemetry: workerTelemetry(log),
    }),
    createAssembler({ limits, snapshotEveryNs: SNAPSHOT_EVERY_NS }, { bus, snapshots, store, log }),
    createTicker({ bus, clock: systemClock, log }),
  ]
}

/** Starts everything, or throws Failure `misconfigured` with a sentence and leaves nothing open. */
export async function startWatchkeeper(config: Config, log: Log): Promise<Watchkeeper> {
  refuseUnsafeDoors(config)
  const metrics = startMetrics()
  const traces = await startOwnTraces(config, log)
  const foundation = await openFoundation(config, log).catch(async (error: unknown) => {
    await Promise.all([metrics.stop(), traces.stop()])
    throw error
  })
  const receivers = openReceivers(config.alerting.webhooks)
  const services = createServices(config, foundation, receivers, log)
  const started: Service[] = []
  const stopServices = async () => {
    for (const service of [...started].reverse()) await service.stop()
    receivers.close()
    await foundation.close()
    await metrics.stop()
    await traces.stop()
  }
  try {
    for (const service of services) {
      started.push(service)
      await service.start()
    }
    const ingest = createPipeline({
      bus: foundation.bus, normaliser: createNormaliser({ mcpPaths: config.otlp.mcp_paths }), redactor: createRedactor(foundation.keyedHash),
      telemetry: collectorTelemetry(),
    })
    const servers = await openServers({ config, foundation, ingest, metrics, receivers, services, log })
    let stopped: Promise<void> | undefined
    const stop = async () => {
      await Promise.all(servers.map((server) => server.stop()))
      await stopServices()
    }
    return { foundation, servers, services, stop: () => (stopped ??= stop()) }
  } catch (error) {
    await stopServices()
    throw error
  }
}
