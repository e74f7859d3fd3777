/** What the worker needs from outside: its config slice and its ports. */
import type { Armed } from '../../detectors/detector.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Gap, KeyedHash, Publisher, Snapshots, Subscriber } from '../../schemas/ports.ts'

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
}

export const WORKER_DEFAULTS: WorkerConfig = {
  partitions: 1, maxKeys: 100_000, snapshotSeconds: 300, snapshotRecords: 500_000, recentFindings: 10_000, recentInteractions: 50_000, maxDefectsInARow: 50,
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
  gapSeen(gap: Gap): void
  subscriptionFailed(topic: string, error: unknown): void
}

export interface WorkerPorts {
  readonly bus: Publisher & Subscriber
  readonly snapshots: Snapshots
  readonly keyedHash: KeyedHash
  readonly telemetry: WorkerTelemetry
}

/** What both halves of the worker are made of. */
export interface WorkerParts {
  readonly config: WorkerConfig
  readonly armed: readonly Armed[]
  readonly ports: WorkerPorts
  /** Told when a half cannot go on. */
  failed(error: unknown): void
}
