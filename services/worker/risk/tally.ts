/** One partition of `findings`: what detectors that weigh keep of them, with the offset as one snapshot, and what is not said yet. */
import { Packr } from 'msgpackr'
import type { Armed } from '../../../detectors/detector.ts'
import type { Finding } from '../../../schemas/finding.ts'
import type { Envelope, Snapshot } from '../../../schemas/ports.ts'
import { findings } from '../../../schemas/topics.ts'
import type { WorkerParts } from '../contracts.ts'
import { DefectGuard } from '../defects.ts'
import { findingOfSum } from '../finding.ts'
import { type KeptState, KeyStates } from '../key-states.ts'
import { Outbox } from '../outbox.ts'
import { Recent } from '../recent.ts'

const SNAPSHOT_VERSION = 1
const DAY_NS = 86_400_000_000_000n
const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })
const nameOf = (partition: number): string => `worker-${findings.name}-${partition}`

interface Stored {
  readonly heard: readonly string[]
  readonly said: readonly string[]
  readonly watermark: bigint
  readonly detectors: readonly { readonly id: string; readonly version: number; readonly entries: readonly KeptState[] }[]
}

interface Opened {
  readonly stored: Stored
  readonly next: number
}

interface Runner {
  readonly detector: Armed
  readonly states: KeyStates
}

export class Tally {
  readonly outbox: Outbox
  next: number
  readonly #partition: number
  readonly #parts: WorkerParts
  readonly #runners: readonly Runner[]
  /** What these detectors said is never weighed. */
  readonly #own: ReadonlySet<string>
  readonly #guard: DefectGuard
  readonly #heard: Recent
  /** Latest event time of a finding, never later than its arrival. Nanoseconds. */
  #watermark: bigint
  #sweepAt: bigint
  #unsaved = 0
  #savedAt: bigint
  #fresh: boolean

  private constructor(partition: number, parts: WorkerParts, opened: Opened | undefined) {
    const { config, armed, ports, maintenance } = parts
    this.#partition = partition
    this.#parts = parts
    this.next = opened?.next ?? 0
    this.outbox = new Outbox(new Recent(config.recentFindings, opened?.stored.said), ports.telemetry, maintenance)
    this.#heard = new Recent(config.recentFindings, opened?.stored.heard)
    this.#guard = new DefectGuard(config.maxDefectsInARow, ports.telemetry)
    this.#watermark = opened?.stored.watermark ?? 0n
    this.#sweepAt = this.#watermark + DAY_NS
    this.#savedAt = this.#watermark
    this.#fresh = opened === undefined
    const weighing = armed.filter(({ weighs }) => weighs)
    this.#own = new Set(weighing.map(({ rule }) => rule.id))
    this.#runners = weighing.map((detector) => {
      const kept = opened?.stored.detectors.find(({ id, version }) => id === detector.rule.id && version === detector.rule.version)
      if (opened !== undefined && kept === undefined) ports.telemetry.snapshotIgnored(partition, detector.rule.id)
      return { detector, states: new KeyStates(config.maxKeys, kept?.entries) }
    })
  }

  /** Goes on from the newest snapshot; `start` is undefined (the committed offset) where there is none that can be read. */
  static async open(partition: number, parts: WorkerParts): Promise<{ kept: Tally; start: number | undefined }> {
    const snapshot = await parts.ports.snapshots.load(nameOf(partition))
    const stored = snapshot === undefined ? undefined : decode(snapshot)
    if (snapshot !== undefined && stored === undefined) parts.ports.telemetry.snapshotIgnored(partition, '')
    const opened = snapshot === undefined || stored === undefined ? undefined : { stored, next: snapshot.nextOffset }
    return { kept: new Tally(partition, parts, opened), start: opened?.next }
  }

  take({ offset, records }: Envelope<Finding>): void {
    if (offset < this.next) return
    for (const finding of records) {
      if (!this.#own.has(finding.detector) && this.#heard.admit(`${finding.finding_id}.${finding.version}`)) this.#weigh(finding, offset)
    }
    this.next = offset + 1
    this.#unsaved += records.length
    this.#parts.ports.telemetry.recordsRead(findings.name, records.length)
  }

  #weigh(finding: Finding, offset: number): void {
    this.#moveTime(finding)
    const suspect = {
      place: { topic: findings.name, partition: this.#partition, offset }, tenant: finding.tenant, receivedAt: finding.created_at, bytes: () => findings.codec.encode([finding]),
    }
    for (const runner of this.#runners) {
      const refused = this.#guard.attempt(runner.detector.rule.id, suspect, () => this.#weighBy(runner, finding))
      if (refused !== undefined) this.outbox.refuse(refused)
    }
  }

  #weighBy({ detector, states }: Runner, finding: Finding): void {
    const { id, version } = detector.rule
    for (const key of detector.weighIn(finding)) {
      const sums = detector.weigh(states.take(finding.tenant, key, detector.begin), finding, key)
      for (const sum of sums) this.outbox.put(findingOfSum(sum, finding, { detector: id, ruleVersion: version }))
      if (sums.length > 0) break
    }
    for (let evicted = states.evict(); evicted > 0; evicted--) this.#parts.ports.telemetry.keyEvicted(id)
  }

  #moveTime({ window_end: end, created_at: arrived }: Finding): void {
    const at = end < arrived ? end : arrived
    if (at > this.#watermark) this.#watermark = at
    if (this.#watermark < this.#sweepAt) return
    for (const { detector, states } of this.#runners) states.sweep((one) => detector.forget(one, this.#watermark))
    this.#sweepAt = this.#watermark + DAY_NS
  }

  skipTo(offset: number): void {
    this.next = Math.max(this.next, offset)
  }

  due(): boolean {
    return this.#fresh || (this.#unsaved > 0 && this.#watermark - this.#savedAt >= BigInt(this.#parts.config.snapshotSeconds) * 1_000_000_000n)
  }

  async save(): Promise<void> {
    const { telemetry, snapshots } = this.#parts.ports
    const detectors = this.#runners.map(({ detector: { rule }, states }) => ({ id: rule.id, version: rule.version, entries: states.entries() }))
    const stored: Stored = { heard: this.#heard.toJSON(), said: this.outbox.recent.toJSON(), watermark: this.#watermark, detectors }
    const state = packr.pack(stored)
    await snapshots.save(nameOf(this.#partition), { version: SNAPSHOT_VERSION, nextOffset: this.next, state })
    this.#unsaved = 0
    this.#savedAt = this.#watermark
    this.#fresh = false
    for (const { id, entries } of detectors) telemetry.keysHeld(id, this.#partition, entries.length)
    telemetry.snapshotSaved(this.#partition, detectors.reduce((sum, { entries }) => sum + entries.length, 0), state.length)
  }

  async close(): Promise<void> {
    await this.outbox.flush(this.#parts.ports.bus)
    if (this.#unsaved > 0) await this.save()
  }
}

/** Undefined where the snapshot is of another shape. */
function decode({ version, state }: Snapshot): Stored | undefined {
  if (version !== SNAPSHOT_VERSION) return undefined
  try {
    const stored = packr.unpack(state) as Partial<Stored> | null
    return Array.isArray(stored?.heard) && Array.isArray(stored.said) && Array.isArray(stored.detectors) && typeof stored.watermark === 'bigint' ? (stored as Stored) : undefined
  } catch {
    return undefined
  }
}
