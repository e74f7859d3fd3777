/** The parts that a process can be made of, and how each is put together from ports. All of them in one process is `serve`. */
import { interactionHistory } from '../../infra/clickhouse/interaction-history.ts'
import { cronTimetable } from '../../infra/cron/timetable.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Bus, History, KeyedHash, Log, Service, Store } from '../../schemas/ports.ts'
import { createAlerter } from '../alerter/service.ts'
import type { BatchLimits } from '../archiver/batch.ts'
import { createArchiver } from '../archiver/service.ts'
import { createAssembler } from '../assembler/service.ts'
import { createTicker } from '../collector/ticker.ts'
import { maintenanceOf } from '../config/maintenance.ts'
import type { Config } from '../config/schema.ts'
import { CONSERVATION_DEFAULTS, createConservation } from '../conservation/service.ts'
import { createCoverage } from '../coverage/service.ts'
import { createCredentials } from '../credentials/job.ts'
import { armAll, ruleTexts } from '../detector-list.ts'
import { fittingBus } from '../fitting/fitting-bus.ts'
import { createNotary } from '../notary/service.ts'
import { createResponder } from '../response/service.ts'
import { busLagJob } from '../scheduler/bus-lag.ts'
import type { Job } from '../scheduler/contracts.ts'
import { createScheduler } from '../scheduler/service.ts'
import { WORKER_DEFAULTS } from '../worker/contracts.ts'
import { Maintenance } from '../worker/maintenance/maintenance.ts'
import type { PoliciesService } from '../policies/service.ts'
import { createWorker } from '../worker/service.ts'
import { workerTelemetry } from '../worker/telemetry.ts'
import { alerterConfigOf } from './alerter-config.ts'
import { assemblerLimits } from './assembler-limits.ts'
import { systemClock } from './clock.ts'
import { coverageKnowledge } from './coverage.ts'
import type { Foundation } from './foundation.ts'
import { notaryParts } from './notary.ts'
import { ownCredentials } from './own-credentials.ts'
import { openPlaces } from './place.ts'
import { openPolicies } from './policies.ts'
import type { LiveReceivers } from './receivers.ts'
import { removalJobs } from './retention.ts'
import { anyRedactor, hasRedactionKey } from './redaction-key.ts'
import { hookOf } from './response.ts'
import { openReports } from './reports.ts'

/** Sinks first: this is the order in which they start, and they stop the other way round. */
export const PARTS = ['archiver', 'alerter', 'worker', 'assembler', 'collector', 'scheduler', 'notary'] as const
export type Part = (typeof PARTS)[number]

export interface PartKit {
  readonly config: Config
  readonly foundation: Foundation
  /** The foundation's, with its subscriptions noted. */
  readonly bus: Bus
  readonly receivers: LiveReceivers
  /** Where there is somebody to ask for them. */
  readonly policies?: PoliciesService | undefined
  readonly log: Log
}

const SECOND_NS = 1_000_000_000n
/**
 * A row of an event is to be read 1.5 s after its receipt, also where the store is busy. `each`: milliseconds more for each partition more, which is an insert of
 * events more.
 */
const EVENT_BATCH = { records: 10_000, milliseconds: 500, longest: 1_000, each: 50 }
const OTHER_BATCH = { records: 10_000, milliseconds: 1_000, longest: 3_000, each: 100 }
/** Of several partitions each takes long to write because they are written at the same time: less than that says how busy the store is. */
const REST_TOGETHER = 1.25

/** What one archiver gathers of all partitions together: while the store is away, every partition has this many records of it in memory several times. */
const GATHERED = 20_000

const batchesOf = ({ records, milliseconds, longest, each }: typeof EVENT_BATCH, partitions: number): BatchLimits => ({
  records: Math.max(1_000, Math.min(records, Math.floor(GATHERED / partitions))), milliseconds: Math.min(milliseconds + each * (partitions - 1), longest), longest,
  ...(partitions > 1 ? { rest: REST_TOGETHER } : {}),
})
/** Pages of what detectors learn from: some 20 MB as a rule, 160 at most. */
const HISTORY = { pageRows: 10_000, maxTextBytes: 8_192 }
const SNAPSHOT_EVERY_NS = 5n * SECOND_NS

/** Every job of the scheduler; another is one line here. `store`: where this process has or reaches one. */
function jobsOf(kit: PartKit, parts: ReadonlySet<Part>, store: Store | undefined): readonly Job[] {
  const { config, bus, log } = kit
  if (store === undefined) return [busLagJob(bus)]
  const maintenance = new Maintenance(maintenanceOf(config.detection))
  const ports = { bus, store, clock: systemClock, log }
  const marked = (finding: Finding): Finding => maintenance.marked(finding)
  return [
    busLagJob(bus), ...removalJobs(kit), openReports({ ...kit, parts }, store).schedules.job, ...createConservation(CONSERVATION_DEFAULTS, ports),
    ...createCoverage(coverageKnowledge(armAll(config.detectors)), { ...ports, marked }),
    createCredentials({ maxAgeDays: config.policy.credentials.max_age_days, warnDays: config.policy.credentials.warn_days }, { ...ports, own: ownCredentials(config, log), marked }),
  ]
}

/** Undefined where the engine belongs to another process. */
async function storeWithin({ config, foundation }: PartKit, parts: ReadonlySet<Part>): Promise<Store | undefined> {
  return config.store.clickhouse !== undefined || parts.has('archiver') ? (await foundation.store()).store : undefined
}

/** What no assembler holds any more was published before, if ever: seconds. */
const longestAssembly = ({ assembler: { quiet_seconds: quiet, lineage_minutes: lineage } }: Config): number => 2 * (quiet + lineage * 60)

/** The store is opened when a detector has something to learn: a worker starts without it. Undefined where the engine belongs to another process. */
function historyOf(kit: PartKit, parts: ReadonlySet<Part>): History | undefined {
  const { config } = kit
  if (config.store.clickhouse === undefined && !parts.has('archiver')) return undefined
  return {
    async* interactions(range) {
      const store = await storeWithin(kit, parts)
      if (store !== undefined) yield* interactionHistory(store, { ...HISTORY, maxMs: config.worker.warm_up_seconds * 1_000, now: () => performance.now() }).interactions(range)
    },
  }
}

/** A process with an assembler alone may be without the key that collector and worker have: it then does not follow what was redacted on one side only. */
async function keyIfThere({ config: { bus, keys }, foundation, log }: PartKit, parts: ReadonlySet<Part>): Promise<KeyedHash | undefined> {
  if (hasRedactionKey({ bus, keys }, parts)) return foundation.keyedHash()
  log.warn({ file: keys.keyed_hash_file ?? '' }, 'the assembler has no key: where a redacted argument value came from is told only where its source was redacted too; set keys.keyed_hash_file')
  return undefined
}

const NOTHING_STORED: Pick<Store, 'places'> = { places: () => Promise.resolve(new Map()) }

/** Where nobody can be asked what was stored long ago, that is said. */
async function placesOf(kit: PartKit, parts: ReadonlySet<Part>): Promise<Pick<Store, 'places'>> {
  const store = await storeWithin(kit, parts)
  if (store !== undefined) return store
  const { config, log } = kit
  log.warn({ lineage_minutes: config.assembler.lineage_minutes },
    'no ClickHouse server is configured: a record that is sent again after its trace was let go counts as a new call; set store.clickhouse')
  return NOTHING_STORED
}

/** The service, which lets go of what was opened for it alone when it stops. */
const closing = (opened: { close(): void }, service: Service): Service => ({
  ...service,
  async stop() {
    await service.stop()
    opened.close()
  },
})

/** Two services as one part. */
const together = (first: Service, second: Service): Service => ({
  name: first.name,
  async start() {
    await first.start()
    await second.start()
  },
  async stop() {
    await second.stop()
    await first.stop()
  },
  notReady: () => first.notReady() || second.notReady(),
})

const OPEN: Readonly<Record<Part, (kit: PartKit, parts: ReadonlySet<Part>) => Promise<Service>>> = {
  async archiver({ foundation, bus, log }) {
    const { store } = await foundation.store()
    const { partitions } = foundation.bus
    const batches = { events: batchesOf(EVENT_BATCH, partitions), others: batchesOf(OTHER_BATCH, partitions), rules: ruleTexts() }
    return createArchiver(batches, { bus, store, snapshots: await foundation.snapshots(), log })
  },
  async alerter({ config, foundation, bus, receivers, log }, parts) {
    const { alerting, response } = config
    const redactor = await anyRedactor(config, foundation, parts)
    const ports = { bus, snapshots: await foundation.snapshots(), clock: systemClock, log, redact: (tenant: string, text: string) => redactor.text(tenant, text) }
    const alerter = createAlerter(alerterConfigOf(alerting), { ...ports, notifiers: receivers.notifiers })
    // Who knows no hooks leaves what is asked of them to those who do.
    if (response.hooks.length === 0) return alerter
    return together(alerter, createResponder({ ...ports, hooks: response.hooks.map((hook) => hookOf(hook, log)), lasts: BigInt(response.expires_hours) * 3_600n * SECOND_NS }))
  },
  async worker(kit, parts) {
    const { config, foundation, bus, log, policies } = kit
    const { max_keys: maxKeys, warm_up_days: days, warm_up_interactions: maxInteractions } = config.worker
    const warmUp = { ...WORKER_DEFAULTS.warmUp, days, maxInteractions, marginSeconds: longestAssembly(config) }
    return createWorker({ ...WORKER_DEFAULTS, partitions: foundation.bus.partitions, maxKeys, warmUp, maintenance: maintenanceOf(config.detection) }, armAll(config.detectors), {
      bus, snapshots: await foundation.snapshots(), keyedHash: await foundation.keyedHash(), telemetry: workerTelemetry(log), history: historyOf(kit, parts), policies,
    })
  },
  async assembler(kit, parts) {
    const { config, foundation, bus, log } = kit
    const { partitions } = foundation.bus
    const limits = assemblerLimits(config, partitions)
    const store = await placesOf(kit, parts)
    const addressBook = await openPlaces(config, log)
    const ports = { bus, snapshots: await foundation.snapshots(), store, addressBook, keyedHash: await keyIfThere(kit, parts), log }
    return closing(addressBook, createAssembler({ partitions, limits, identities: config.identities, snapshotEveryNs: SNAPSHOT_EVERY_NS }, ports))
  },
  async collector({ bus, log }) {
    return createTicker({ bus, clock: systemClock, log })
  },
  async scheduler(kit, parts) {
    return createScheduler(jobsOf(kit, parts, await storeWithin(kit, parts)), { timetable: cronTimetable, log: kit.log })
  },
  async notary(kit, parts) {
    const { config, foundation, bus, log } = kit
    const store = await storeWithin(kit, parts)
    if (store === undefined) {
      throw new Failure('misconfigured', 'notary.no_tables', 'The notary signs what is in the tables, and this process reaches none: set store.clickhouse (WATCHKEEPER_CLICKHOUSE_URL), or run everything in one with watchkeeper serve.')
    }
    const { config: own, privateKey } = notaryParts(config)
    return createNotary(own, { bus, store, snapshots: await foundation.snapshots(), clock: systemClock, log, privateKey })
  },
}

/** The services of these parts, in the order to start them. */
export async function createServices(parts: ReadonlySet<Part>, kit: PartKit): Promise<readonly Service[]> {
  const policies = parts.has('worker') || parts.has('scheduler') ? openPolicies(parts.has('scheduler'), kit) : undefined
  const services: Service[] = policies === undefined ? [] : [policies]
  for (const part of PARTS) if (parts.has(part)) services.push(await OPEN[part]({ ...kit, policies, bus: fittingBus(kit.bus, part, kit.log) }, parts))
  return services
}
