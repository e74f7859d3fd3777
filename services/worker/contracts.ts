/** What the worker needs from outside: its config slice and its ports. */
import type { Armed } from '../../detectors/detector.ts'
import type { CompiledPolicy } from '../../detectors/policy/compiled.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Gap, History, KeyedHash, Publisher, Snapshots, Subscriber } from '../../schemas/ports.ts'
import type { Maintenance, MaintenanceWindow } from './maintenance/maintenance.ts'

export interface WorkerConfig {
  /** Partitions of the bus. With more than one, interactions are sent on to where their keys live. */
  readonly partitions: number
  /**
   * Most states held per detector and partition; over it the least recently used goes. *unusual-volume* takes about three a known
   * actor (itself, its token, each tool it uses) at 0.7 to 2.5 KB, *off-hours-token* two at 0.6 KB.
   */
  readonly maxKeys: number
  /** A snapshot is due after this many seconds of record time, */
  readonly snapshotSeconds: number
  /** or after this many interactions, whichever comes first. */
  readonly snapshotRecords: number
  /** How many (finding, version) pairs are remembered so that a repeat is not published. */
  readonly recentFindings: number
  /** How many (interaction, version) pairs are remembered: after a crash the assembler says again what it said in its last seconds. */
  readonly recentInteractions: number
  /** Failures of one detector on consecutive records after which the service stops. */
  readonly maxDefectsInARow: number
  readonly warmUp: WarmUpConfig
  /** Planned work. */
  readonly maintenance: readonly MaintenanceWindow[]
}

/** How states that are begun anew learn from what is archived. */
export interface WarmUpConfig {
  /** How far back; 0: states begin with nothing. */
  readonly days: number
  /** At most about so many interactions, the latest ones. */
  readonly maxInteractions: number
  /**
   * What was received in this time before the first record that is still to be judged is not learned from the archive, seconds: by then the
   * assembler has published all that it will, so nothing that is still to come has been learned already.
   */
  readonly marginSeconds: number
  /** So often in a row the archive may not answer; then states begin with nothing after all. */
  readonly attempts: number
}

/** What a warm-up has come to. */
export interface WarmUpProgress {
  readonly stage: 'begun' | 'reading' | 'done' | 'failed'
  readonly detectors: readonly string[]
  readonly partitions: readonly number[]
  /** Interactions so far, and the start of the latest of them, nanoseconds. */
  readonly interactions: number
  readonly reached: bigint
  /** Findings about the past: not said. */
  readonly suppressed: number
  /** Interactions on which a detector failed. */
  readonly defects: number
  /** States dropped because there were too many. */
  readonly evicted: number
  /** Why it failed: the class of the failure or its code, never a record's content. */
  readonly cause: string
}

export const WORKER_DEFAULTS: WorkerConfig = {
  partitions: 1, maxKeys: 100_000, snapshotSeconds: 300, snapshotRecords: 500_000, recentFindings: 10_000, recentInteractions: 50_000, maxDefectsInARow: 50,
  warmUp: { days: 30, maxInteractions: 1_000_000, marginSeconds: 1_800, attempts: 20 }, maintenance: [],
}

/** Where a record stands on the bus. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Every noteworthy thing of the worker by name; the adapter makes metric and log line of it. Never a payload. */
export interface WorkerTelemetry {
  recordsRead(topic: string, count: number): void
  findingPublished(finding: Finding): void
  /** Intended drop: this version of this finding was published before. */
  findingRepeated(detector: string): void
  /** Over `maxKeys`: the least recently used state of the detector was dropped. */
  keyEvicted(detector: string): void
  keysHeld(detector: string, partition: number, count: number): void
  /** `error` is the class of what was thrown, never its message. */
  detectorFailed(detector: string, place: Place, error: string): void
  recordUndecodable(place: Place): void
  snapshotSaved(partition: number, keys: number, bytes: number): void
  /** State on disk was of another shape: the detector (or all of them, '') started from nothing. */
  snapshotIgnored(partition: number, detector: string): void
  warmedUp(progress: WarmUpProgress): void
  /** By order of an administrator so many states were dropped. */
  statesReset(detector: string, count: number): void
  gapSeen(gap: Gap): void
  subscriptionFailed(topic: string, error: unknown): void
}

/** Policies as they were published. */
export interface PoliciesInForce {
  /** For records received at that time, nanoseconds. */
  inForce(tenant: string, receivedAt: bigint): readonly CompiledPolicy[]
  /** Resolves when all that was published before the start is known: nothing is judged earlier. Failure `unavailable` where that will not be. */
  known(): Promise<void>
}

export interface WorkerPorts {
  readonly bus: Publisher & Subscriber
  readonly snapshots: Snapshots
  /** What is archived; absent where this process reaches no tables. */
  readonly history?: History | undefined
  readonly keyedHash: KeyedHash
  /** Absent where nobody has any. */
  readonly policies?: PoliciesInForce | undefined
  readonly telemetry: WorkerTelemetry
}

/** What both halves of the worker are made of. */
export interface WorkerParts {
  readonly config: WorkerConfig
  readonly armed: readonly Armed[]
  readonly ports: WorkerPorts
  readonly maintenance: Maintenance
  /** Told when a half cannot go on. */
  failed(error: unknown): void
}
