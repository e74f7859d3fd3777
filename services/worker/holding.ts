import type { Envelope, Snapshot } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import type { WorkerParts } from './contracts.ts'
import { DefectGuard } from './defects.ts'
import { emptyFold, Fold, type Judgement } from './fold.ts'
import { Outbox } from './outbox.ts'
import { Recent } from './recent.ts'
import { type Decoded, decodeFold, encodeFold, STATE_VERSION } from './snapshot.ts'

/** What a topic's records ask of the states. */
export interface Feed<T> {
  readonly topic: Topic<T>
  judgementOf(record: T): Judgement
  /** Whether other partitions of the topic have states of the same detectors. */
  readonly shared: boolean
}

/** Name of a partition's snapshot. */
const snapshotName = (topic: string, partition: number): string => `worker-${topic}-${partition}`

interface Opened<T> {
  readonly feed: Feed<T>
  readonly partition: number
  readonly next: number
  readonly decoded: Decoded | undefined
}

/** One partition that this worker holds: state, what is not said yet, and where it stands. */
export class Holding<T> {
  readonly outbox: Outbox
  /** Offset of the first envelope that is not in the state. */
  next: number
  readonly #feed: Feed<T>
  readonly #partition: number
  readonly #parts: WorkerParts
  readonly #fold: Fold
  readonly #judged: Recent
  #savedAt: bigint
  #sinceSave = 0
  /** Never saved: the first save is due at once, so that no offset is committed without a state. */
  #fresh: boolean
  /** A record was left half done: this state may not be saved. */
  #broken = false

  private constructor({ feed, partition, next, decoded }: Opened<T>, parts: WorkerParts) {
    const { config, armed, ports } = parts
    const state = decoded?.state ?? emptyFold()
    this.#feed = feed
    this.#partition = partition
    this.#parts = parts
    this.next = next
    this.outbox = new Outbox(new Recent(config.recentFindings, decoded?.recent.findings), ports.telemetry)
    this.#judged = new Recent(config.recentInteractions, decoded?.recent.interactions)
    const guard = new DefectGuard(config.maxDefectsInARow, ports.telemetry)
    this.#fold = new Fold(state, { armed, config, keyedHash: ports.keyedHash, telemetry: ports.telemetry, guard, outbox: this.outbox,
      ...(feed.shared ? { teach: (step) => this.outbox.teach(step) } : {}) })
    this.#savedAt = state.received
    this.#fresh = decoded === undefined
  }

  /** Goes on from the newest snapshot; `start` is undefined (the committed offset) where there is none that can be read. */
  static async open<T>(feed: Feed<T>, partition: number, parts: WorkerParts): Promise<{ kept: Holding<T>; start: number | undefined }> {
    const snapshot = await parts.ports.snapshots.load(snapshotName(feed.topic.name, partition))
    const decoded = snapshot === undefined ? undefined : decode(snapshot, partition, parts)
    const start = decoded === undefined ? undefined : snapshot?.nextOffset
    return { kept: new Holding({ feed, partition, next: start ?? 0, decoded }, parts), start }
  }

  /** Folds one envelope; one that is in the state already is passed over. */
  take({ offset, records }: Envelope<T>): void {
    if (offset < this.next) return
    const { topic, judgementOf } = this.#feed
    const place = { topic: topic.name, partition: this.#partition, offset }
    this.#broken = true
    for (const record of records) {
      const judgement = judgementOf(record)
      if (this.#judged.admit(nameOf(judgement))) this.#fold.apply(judgement, place)
    }
    this.#broken = false
    this.next = offset + 1
    this.#sinceSave += records.length
    this.#parts.ports.telemetry.recordsRead(topic.name, records.length)
  }

  /** The envelopes before `offset` cannot be had any more. */
  skipTo(offset: number): void {
    this.next = Math.max(this.next, offset)
  }

  /** Whether a snapshot is due, by record time and by count. */
  due(): boolean {
    const { snapshotSeconds, snapshotRecords } = this.#parts.config
    const age = this.#fold.state.received - this.#savedAt
    return this.#fresh || this.#sinceSave >= snapshotRecords || (this.#sinceSave > 0 && age >= BigInt(snapshotSeconds) * 1_000_000_000n)
  }

  async save(): Promise<void> {
    const { ports, armed } = this.#parts
    const state = await encodeFold(this.#fold.state, { findings: this.outbox.recent.toJSON(), interactions: this.#judged.toJSON() }, armed)
    await ports.snapshots.save(snapshotName(this.#feed.topic.name, this.#partition), { version: STATE_VERSION, nextOffset: this.next, state })
    this.#savedAt = this.#fold.state.received
    this.#sinceSave = 0
    this.#fresh = false
    let keys = 0
    for (const [detector, { size }] of this.#fold.state.keys) {
      ports.telemetry.keysHeld(detector, this.#partition, size)
      keys += size
    }
    ports.telemetry.snapshotSaved(this.#partition, keys, state.length)
  }

  /** Says what is not said yet and saves; nothing is saved of a state that is half done. */
  async close(): Promise<void> {
    if (this.#broken) return
    await this.outbox.flush(this.#parts.ports.bus)
    if (this.#sinceSave > 0) await this.save()
  }
}

/** What is judged once: an interaction's version, or a lesson of it. */
const nameOf = ({ interaction: { interaction_id: id, version }, lessons }: Judgement): string =>
  (lessons.length === 0 ? `${id}.${version}` : `${id}.${version}.${lessons.map(({ detector, key }) => `${detector}.${key}`).join()}`)

/** The state in a snapshot, undefined where its shape is not ours. */
function decode(snapshot: Snapshot, partition: number, { armed, config, ports }: WorkerParts): Decoded | undefined {
  try {
    if (snapshot.version !== STATE_VERSION) throw new RangeError(`snapshot of version ${snapshot.version}`)
    const decoded = decodeFold(snapshot.state, armed, config.maxKeys)
    for (const detector of decoded.ignored) ports.telemetry.snapshotIgnored(partition, detector)
    return decoded
  } catch {
    ports.telemetry.snapshotIgnored(partition, '')
    return undefined
  }
}
