import type { Interaction } from '../../schemas/interaction.ts'
import type { Envelope, Snapshot } from '../../schemas/ports.ts'
import { interactions } from '../../schemas/topics.ts'
import type { WorkerParts } from './contracts.ts'
import { DefectGuard } from './defects.ts'
import { emptyFold, Fold } from './fold.ts'
import { Outbox } from './outbox.ts'
import { Recent } from './recent.ts'
import { type Decoded, decodeFold, encodeFold, STATE_VERSION } from './snapshot.ts'

/** Name of a partition's snapshot. */
export const snapshotName = (partition: number): string => `worker-interactions-${partition}`

/** One partition of `interactions` that this worker holds: state, what is not said yet, and where it stands. */
export class Holding {
  readonly outbox: Outbox
  /** Offset of the first envelope that is not in the state. */
  next: number
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

  private constructor(partition: number, parts: WorkerParts, snapshot: { next: number; decoded: Decoded | undefined }) {
    const { config, armed, ports } = parts
    const state = snapshot.decoded?.state ?? emptyFold()
    this.#partition = partition
    this.#parts = parts
    this.next = snapshot.next
    this.outbox = new Outbox(new Recent(config.recentFindings, snapshot.decoded?.recent.findings), ports.telemetry)
    this.#judged = new Recent(config.recentInteractions, snapshot.decoded?.recent.interactions)
    const guard = new DefectGuard(config.maxDefectsInARow, ports.telemetry)
    this.#fold = new Fold(state, { armed, config, keyedHash: ports.keyedHash, telemetry: ports.telemetry, guard, outbox: this.outbox })
    this.#savedAt = state.received
    this.#fresh = snapshot.decoded === undefined
  }

  /** Goes on from the newest snapshot; `start` is undefined (the committed offset) where there is none that can be read. */
  static async open(partition: number, parts: WorkerParts): Promise<{ holding: Holding; start: number | undefined }> {
    const snapshot = await parts.ports.snapshots.load(snapshotName(partition))
    const decoded = snapshot === undefined ? undefined : decode(snapshot, partition, parts)
    const start = decoded === undefined ? undefined : snapshot?.nextOffset
    return { holding: new Holding(partition, parts, { next: start ?? 0, decoded }), start }
  }

  /** Folds one envelope; one that is in the state already is passed over. */
  apply({ offset, records }: Envelope<Interaction>): void {
    if (offset < this.next) return
    this.#broken = true
    for (const record of records) {
      if (this.#judged.admit(`${record.interaction_id}.${record.version}`)) this.#fold.apply(record, this.#partition, offset)
    }
    this.#broken = false
    this.next = offset + 1
    this.#sinceSave += records.length
    this.#parts.ports.telemetry.recordsRead(interactions.name, records.length)
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
    await ports.snapshots.save(snapshotName(this.#partition), { version: STATE_VERSION, nextOffset: this.next, state })
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
