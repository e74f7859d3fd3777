import { blankInteraction } from '../../schemas/interaction.ts'
import type { Envelope, Snapshot } from '../../schemas/ports.ts'
import type { Notice } from '../../schemas/step.ts'
import type { Topic } from '../../schemas/topics.ts'
import type { WorkerParts } from './contracts.ts'
import { DefectGuard } from './defects.ts'
import { concernOf, emptyFold, Fold, type FoldState, type Judgement } from './fold.ts'
import { Outbox } from './outbox.ts'
import { Recent } from './recent.ts'
import { type Decoded, decodeFold, encodeFold, STATE_VERSION } from './snapshot.ts'
import type { Warmed } from './warm-up/pass.ts'
import type { WarmUp } from './warm-up/warm-up.ts'

/** What a topic's records ask of the states. */
export interface Feed<T> {
  readonly topic: Topic<T>
  judgementOf(record: T): Judgement
  /** Whether other partitions of the topic have states of the same detectors. */
  readonly shared: boolean
}

export interface HoldingParts extends WorkerParts {
  /** Absent where nothing is to be learned from the past. */
  readonly warmUp: WarmUp | undefined
  /** What this process holds, by partition, for whoever asks or has orders. */
  readonly held: Map<number, Held>
}

/** A partition's states as others in the process may use them. */
export interface Held {
  /** What is kept of these alone, by detector. */
  of(tenant: string, who: Whom): readonly KeptOf[]
  /** Does as it is told, and saves. */
  heed(notices: readonly Notice[]): Promise<void>
}

export type Whom = Pick<Notice, 'actor' | 'server' | 'tool'>

export interface KeptOf {
  readonly detector: string
  readonly key: string
  readonly state: unknown
}

/** Name of a partition's snapshot. */
const snapshotName = (topic: string, partition: number): string => `worker-${topic}-${partition}`

interface Opened<T> {
  readonly feed: Feed<T>
  readonly partition: number
  readonly next: number
  readonly decoded: Decoded | undefined
}

const SECOND_NS = 1_000_000_000n

/** One partition that this worker holds: state, what is not said yet, and where it stands. */
export class Holding<T> implements Held {
  readonly outbox: Outbox
  /** Offset of the first envelope that is not in the state. */
  next: number
  readonly #feed: Feed<T>
  readonly #partition: number
  readonly #parts: HoldingParts
  #state: FoldState
  /** Undefined until the states are what the partition is to begin with. */
  #fold: Fold | undefined
  /** Detectors that are to learn from the past first. */
  readonly #cold: ReadonlySet<string>
  #judged: Recent
  #savedAt: bigint
  #sinceSave = 0
  /** Never saved: the first save is due at once, so that no offset is committed without a state. */
  #fresh: boolean
  /** A record was left half done: this state may not be saved. */
  #broken = false
  #busy: Promise<void> = Promise.resolve()

  private constructor({ feed, partition, next, decoded }: Opened<T>, parts: HoldingParts) {
    const { config, armed, ports, maintenance, warmUp } = parts
    this.#state = decoded?.state ?? emptyFold()
    this.#feed = feed
    this.#partition = partition
    this.#parts = parts
    this.next = next
    this.outbox = new Outbox(new Recent(config.recentFindings, decoded?.recent.findings), ports.telemetry, maintenance)
    this.#judged = new Recent(config.recentInteractions, decoded?.recent.interactions)
    this.#cold = new Set(warmUp === undefined ? [] : armed.filter(({ learns, rule: { id } }) => learns && !this.#state.keys.has(id)).map(({ rule }) => rule.id))
    this.#savedAt = this.#state.received
    this.#fresh = decoded === undefined || this.#cold.size > 0
    if (this.#cold.size === 0) this.#fold = this.#begin()
  }

  /** Goes on from the newest snapshot; `start` is undefined (the committed offset) where there is none that can be read. */
  static async open<T>(feed: Feed<T>, partition: number, parts: HoldingParts): Promise<{ kept: Holding<T>; start: number | undefined }> {
    const snapshot = await parts.ports.snapshots.load(snapshotName(feed.topic.name, partition))
    const decoded = snapshot === undefined ? undefined : decode(snapshot, partition, parts)
    const start = decoded === undefined ? undefined : snapshot?.nextOffset
    const kept = new Holding({ feed, partition, next: start ?? 0, decoded }, parts)
    parts.held.set(partition, kept)
    return { kept, start }
  }

  /**
   * Lets new detectors learn from the past, up to some time before the first of these records. Before that nothing may be taken. Failure `unavailable`
   * where the archive is away: then the same envelopes are to be given again.
   */
  async prepare(envelopes: readonly Envelope<T>[], signal: AbortSignal): Promise<void> {
    if (this.#fold !== undefined) return
    const { config: { warmUp: { marginSeconds } }, warmUp } = this.#parts
    const first = this.#earliest(envelopes)
    if (first === undefined) return
    const warmed = await warmUp?.warm({ partition: this.#partition, detectors: this.#cold, until: first - BigInt(marginSeconds) * SECOND_NS, resets: this.#state.resets, signal })
    if (warmed !== undefined) this.#adopt(warmed)
    this.#fold = this.#begin()
  }

  /** States of what was cold; of a partition that had nothing at all, also how far time had come and what was judged. */
  #adopt({ state, judged }: Warmed): void {
    if (this.#state.keys.size === 0) {
      this.#state = state
      this.#judged = new Recent(this.#parts.config.recentInteractions, [...judged, ...this.#judged.toJSON()])
      return
    }
    for (const [detector, states] of state.keys) this.#state.keys.set(detector, states)
  }

  /** First arrival among what is not in the state, nanoseconds; undefined where there is nothing of the kind. */
  #earliest(envelopes: readonly Envelope<T>[]): bigint | undefined {
    let first: bigint | undefined
    for (const { offset, records } of envelopes) {
      if (offset < this.next) continue
      for (const record of records) {
        const { interaction: { received_at: at }, notices = [] } = this.#feed.judgementOf(record)
        if (notices.length === 0 && (first === undefined || at < first)) first = at
      }
    }
    return first
  }

  #begin(): Fold {
    const { config, armed, ports, maintenance } = this.#parts
    return new Fold(this.#state, {
      armed, config, maintenance, keyedHash: ports.keyedHash, policies: ports.policies, telemetry: ports.telemetry, guard: new DefectGuard(config.maxDefectsInARow, ports.telemetry), outbox: this.outbox,
      ...(this.#feed.shared ? { teach: (step) => this.outbox.teach(step) } : {}),
    })
  }

  /** Folds one envelope; one that is in the state already is passed over. */
  take({ offset, records }: Envelope<T>): void {
    if (offset < this.next) return
    const { topic, judgementOf } = this.#feed
    const place = { topic: topic.name, partition: this.#partition, offset }
    this.#broken = true
    for (const record of records) {
      const judgement = judgementOf(record)
      if (!this.#judged.admit(nameOf(judgement))) continue
      if (this.#fold === undefined) this.#state.resets.push(...resetsIn(judgement.notices))
      else this.#fold.apply(judgement, place)
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
    const age = this.#state.received - this.#savedAt
    return this.#fresh || this.#sinceSave >= snapshotRecords || (this.#sinceSave > 0 && age >= BigInt(snapshotSeconds) * 1_000_000_000n)
  }

  async save(): Promise<void> {
    const { ports, armed } = this.#parts
    const state = await encodeFold(this.#state, { findings: this.outbox.recent.toJSON(), interactions: this.#judged.toJSON() }, armed)
    await ports.snapshots.save(snapshotName(this.#feed.topic.name, this.#partition), { version: STATE_VERSION, nextOffset: this.next, state })
    this.#savedAt = this.#state.received
    this.#sinceSave = 0
    this.#fresh = false
    let keys = 0
    for (const [detector, { size }] of this.#state.keys) {
      ports.telemetry.keysHeld(detector, this.#partition, size)
      keys += size
    }
    ports.telemetry.snapshotSaved(this.#partition, keys, state.length)
  }

  async alone(work: () => Promise<void>): Promise<void> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => undefined)
    await turn
  }

  of(tenant: string, who: Whom): readonly KeptOf[] {
    const concern = concernOf(who)
    return [...this.#state.keys].flatMap(([detector, states]) => states.of(tenant, concern).map(([, key, state]) => ({ detector, key, state })))
  }

  /** A partition that has not learned from the past yet does so with this in mind, and saves then. */
  async heed(notices: readonly Notice[]): Promise<void> {
    await this.alone(async () => {
      const fresh = notices.filter(({ kind, id }) => this.#judged.admit(`${kind}.${id}`))
      if (this.#fold === undefined) {
        this.#state.resets.push(...resetsIn(fresh))
        return
      }
      this.#fold.apply({ interaction: blankInteraction(), keysFor: () => [], reviews: false, lessons: [], notices: fresh }, { topic: this.#feed.topic.name, partition: this.#partition, offset: this.next })
      if (this.#broken || this.#fresh) return
      // What was judged before and is not said yet is in the state, too.
      await this.outbox.flush(this.#parts.ports.bus)
      await this.save()
    })
  }

  /** Says what is not said yet and saves; nothing is saved of a state that is half done. */
  async close(): Promise<void> {
    await this.alone(() => this.#close())
  }

  async #close(): Promise<void> {
    const { held } = this.#parts
    if (held.get(this.#partition) === this) held.delete(this.#partition)
    if (this.#broken) return
    await this.outbox.flush(this.#parts.ports.bus)
    if (this.#sinceSave > 0) await this.save()
  }
}

const resetsIn = (notices: readonly Notice[] = []): readonly Notice[] => notices.filter(({ kind }) => kind === 'reset')

/** What is judged once: an interaction's version, or a lesson of it. */
const nameOf = ({ interaction: { interaction_id: id, version }, lessons, notices: [notice] = [] }: Judgement): string =>
  notice !== undefined ? `${notice.kind}.${notice.id}` : (lessons.length === 0 ? `${id}.${version}` : `${id}.${version}.${lessons.map(({ detector, key }) => `${detector}.${key}`).join()}`)

/** The state in a snapshot, undefined where its shape is not ours. */
function decode(snapshot: Snapshot, partition: number, { armed, config, ports }: WorkerParts): Decoded | undefined {
  try {
    if (snapshot.version !== STATE_VERSION) throw new RangeError(`snapshot of version ${snapshot.version}`)
    const decoded = decodeFold(snapshot.state, armed, config)
    for (const detector of decoded.ignored) ports.telemetry.snapshotIgnored(partition, detector)
    return decoded
  } catch {
    ports.telemetry.snapshotIgnored(partition, '')
    return undefined
  }
}
