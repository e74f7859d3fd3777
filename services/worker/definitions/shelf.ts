/** One partition of a topic of definitions: what is kept of them with the offset as one snapshot, and what is not said yet. */
import { Packr } from 'msgpackr'
import type { Armed, Draft } from '../../../detectors/detector.ts'
import type { Envelope, Snapshot } from '../../../schemas/ports.ts'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'
import type { Topic } from '../../../schemas/topics.ts'
import type { Place, WorkerParts } from '../contracts.ts'
import { DefectGuard } from '../defects.ts'
import { findingOfDefinition } from '../finding.ts'
import { Outbox } from '../outbox.ts'
import { Recent } from '../recent.ts'
import { RunTools } from '../tools.ts'

const SNAPSHOT_VERSION = 1
const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })

/** What a record makes of what is kept; the judgements of one detector on it, and of which definition they are. */
export interface News {
  readonly about: ToolDefinition
  judge(detector: Armed, tools: RunTools): readonly Draft[]
}

export interface Book {
  readonly size: number
  /** Undefined where the record says nothing new. */
  read(record: ToolDefinition): News | undefined
  /** What the next book is opened with. */
  toJSON(): readonly ToolDefinition[]
}

export interface Feed {
  readonly topic: Topic<ToolDefinition>
  open(kept: readonly ToolDefinition[], forgot: () => void): Book
  /** What else is to be told of news. */
  pass?(news: News, outbox: Outbox): void
}

const nameOf = ({ topic }: Feed, partition: number): string => `worker-${topic.name}-${partition}`

export class Shelf {
  readonly outbox: Outbox
  next: number
  readonly #feed: Feed
  readonly #partition: number
  readonly #parts: WorkerParts
  readonly #armed: readonly Armed[]
  readonly #book: Book
  readonly #guard: DefectGuard
  readonly #tools: RunTools
  /** News that the last snapshot does not have. */
  #unsaved = 0
  #savedAt = 0n
  #at = 0n

  private constructor(feed: Feed, partition: number, parts: WorkerParts & { readonly kept: { readonly records: readonly ToolDefinition[]; readonly next: number } | undefined }) {
    const { config, armed, ports, maintenance, kept } = parts
    this.#feed = feed
    this.#partition = partition
    this.#parts = parts
    this.next = kept?.next ?? 0
    this.#armed = armed.filter(({ defines }) => defines)
    this.outbox = new Outbox(new Recent(config.recentFindings), ports.telemetry, maintenance)
    this.#guard = new DefectGuard(config.maxDefectsInARow, ports.telemetry)
    this.#tools = new RunTools(ports.keyedHash)
    this.#book = feed.open(kept?.records ?? [], () => ports.telemetry.keyEvicted(feed.topic.name))
  }

  /** Goes on from the newest snapshot; `start` is undefined (the committed offset) where there is none that can be read. */
  static async open(feed: Feed, partition: number, parts: WorkerParts): Promise<{ kept: Shelf; start: number | undefined }> {
    const snapshot = await parts.ports.snapshots.load(nameOf(feed, partition))
    const records = snapshot === undefined ? undefined : decode(snapshot)
    if (snapshot !== undefined && records === undefined) parts.ports.telemetry.snapshotIgnored(partition, feed.topic.name)
    const kept = snapshot === undefined || records === undefined ? undefined : { records, next: snapshot.nextOffset }
    return { kept: new Shelf(feed, partition, { ...parts, kept }), start: kept?.next }
  }

  take({ offset, records }: Envelope<ToolDefinition>): void {
    if (offset < this.next) return
    const { topic } = this.#feed
    for (const record of records) this.#judge(record, { topic: topic.name, partition: this.#partition, offset })
    this.next = offset + 1
    this.#parts.ports.telemetry.recordsRead(topic.name, records.length)
  }

  #judge(record: ToolDefinition, place: Place): void {
    if (record.last_seen > this.#at) this.#at = record.last_seen
    const news = this.#book.read(record)
    if (news === undefined) return
    this.#unsaved++
    this.#feed.pass?.(news, this.outbox)
    this.#tools.subject.tenant = record.tenant
    const suspect = { place, tenant: record.tenant, receivedAt: record.first_seen, bytes: () => this.#feed.topic.codec.encode([record]) }
    for (const detector of this.#armed) {
      const { id, version } = detector.rule
      const refused = this.#guard.attempt(id, suspect, () => {
        for (const draft of news.judge(detector, this.#tools)) this.outbox.put(findingOfDefinition(draft, news.about, { detector: id, ruleVersion: version }))
      })
      if (refused !== undefined) this.outbox.refuse(refused)
    }
  }

  skipTo(offset: number): void {
    this.next = Math.max(this.next, offset)
  }

  due(): boolean {
    return this.#unsaved > 0 && this.#at - this.#savedAt >= BigInt(this.#parts.config.snapshotSeconds) * 1_000_000_000n
  }

  async save(): Promise<void> {
    const { ports } = this.#parts
    const state = packr.pack(this.#book.toJSON())
    await ports.snapshots.save(nameOf(this.#feed, this.#partition), { version: SNAPSHOT_VERSION, nextOffset: this.next, state })
    this.#unsaved = 0
    this.#savedAt = this.#at
    ports.telemetry.keysHeld(this.#feed.topic.name, this.#partition, this.#book.size)
    ports.telemetry.snapshotSaved(this.#partition, this.#book.size, state.length)
  }

  async close(): Promise<void> {
    await this.outbox.flush(this.#parts.ports.bus)
    if (this.#unsaved > 0) await this.save()
  }
}

/** Undefined where the snapshot is of another shape. */
function decode({ version, state }: Snapshot): readonly ToolDefinition[] | undefined {
  if (version !== SNAPSHOT_VERSION) return undefined
  try {
    const kept: unknown = packr.unpack(state)
    return Array.isArray(kept) ? (kept as readonly ToolDefinition[]) : undefined
  } catch {
    return undefined
  }
}
