/**
 * Snapshots on a compacted Kafka topic, so that a partition finds its state in whatever process it comes to. Who loads a name first owns it from then
 * on: what an earlier owner saves later (a process that was taken for dead) is not looked at. A state is whole when the index says so, and the one
 * before it is kept.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { crc32c } from '../../../schemas/crc32c.ts'
import { Failure } from '../../../schemas/failure.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import type { Snapshot, Snapshots } from '../../../schemas/ports.ts'
import { makeClient } from '../client.ts'
import { unavailable } from '../failures.ts'
import { type KafkaBusOptions, withDefaults } from '../options.ts'
import { IndexReader } from './index-reader.ts'
import { KeyedLog } from '../keyed-log.ts'
import { type Claim, claimKey, encodeClaim, type Head, pieceKey, type Pieces } from './records.ts'
import { ensureSnapshotTopic, INDEX, INLINE_BYTES, PIECE_BYTES, PIECE_PARTITIONS } from './topic.ts'

export interface KafkaSnapshots extends Snapshots {
  /**
   * Puts what `change` makes of the newest state in its place, if this process owns the name; undefined leaves it. Nobody's ownership changes. One that is
   * saved meanwhile comes behind it.
   */
  rewrite(name: string, change: (state: Buffer) => Buffer | undefined): Promise<void>
  /** How the newest state of each name begins, whoever owns it. */
  beginnings(): Promise<ReadonlyMap<string, Buffer>>
  /** Waits for what is being written. Safe twice. */
  close(): Promise<void>
}

/** `damaged` is told the name of each snapshot that is not whole. Failure `misconfigured` as `openKafkaBus`, and for a topic that is another kind of topic. */
export async function openKafkaSnapshots(options: KafkaBusOptions, damaged: (found: { readonly name: string }) => void): Promise<KafkaSnapshots> {
  const settings = withDefaults(options)
  const kafka = await makeClient(settings)
  const topic = `${settings.prefix}snapshots`
  await ensureSnapshotTopic(kafka, settings, topic)
  return new OpenSnapshots(new KeyedLog(topic, settings, kafka), (name) => damaged({ name }))
}

const KEPT = 2
const TRIES = 20
const FIRST_PAUSE_MS = 25

class OpenSnapshots implements KafkaSnapshots {
  readonly #log: KeyedLog
  readonly #index: IndexReader
  readonly #damaged: (name: string) => void
  readonly #writer = randomUUID()
  #said = 0
  /** Saves and loads of one name follow each other. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(log: KeyedLog, damaged: (name: string) => void) {
    this.#log = log
    this.#damaged = damaged
    this.#index = new IndexReader(log, damaged)
  }

  async load(name: string): Promise<Snapshot | undefined> {
    return await this.#inTurn(name, `load snapshot ${name}`, async () => {
      await this.#index.sync()
      const { heads } = await this.#own(name)
      for (const head of heads) {
        const state = await this.#stateOf(head)
        if (state !== undefined) return { version: head.version, nextOffset: head.nextOffset, state }
        this.#damaged(name)
      }
      return undefined
    })
  }

  async save(name: string, { version, nextOffset, state }: Snapshot): Promise<void> {
    // The caller may go on using its buffer.
    const kept = Buffer.from(state)
    await this.#inTurn(name, `save snapshot ${name}`, async () => {
      const before = await this.#own(name)
      await this.#put(before, { version, nextOffset, state: kept }, before.heads)
    })
  }

  /** Says that this is the newest, before `older`. */
  async #put(before: Claim, { version, nextOffset, state }: Snapshot, older: readonly Head[]): Promise<void> {
    const pieces = await this.#writePieces(before, state)
    const heads = [{ version, nextOffset, crc: crc32c(state), state: pieces ?? state }, ...older].slice(0, KEPT)
    await this.#say({ ...before, heads, pending: undefined })
    await this.#letGo(before, heads)
  }

  async rewrite(name: string, change: (state: Buffer) => Buffer | undefined): Promise<void> {
    await this.#inTurn(name, `save snapshot ${name}`, async () => {
      await this.#index.sync()
      const owner = this.#index.owner(name)
      const newest = owner?.heads[0]
      const state = owner?.writer !== this.#writer || newest === undefined ? undefined : await this.#stateOf(newest)
      const changed = state === undefined ? undefined : change(state)
      if (owner === undefined || newest === undefined || changed === undefined) return
      await this.#put(owner, { ...newest, state: changed }, owner.heads.slice(1))
    })
  }

  async beginnings(): Promise<ReadonlyMap<string, Buffer>> {
    try {
      await this.#index.sync()
      const found = new Map<string, Buffer>()
      for (const name of this.#index.names()) {
        const state = this.#index.owner(name)?.heads[0]?.state
        const bytes = state === undefined || Buffer.isBuffer(state) ? state : await this.#joined({ ...state, count: 1 })
        if (bytes !== undefined) found.set(name, bytes)
      }
      return found
    } catch (error) {
      throw unavailable(error, 'look through the snapshots')
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#turns.values())
    await this.#log.close()
  }

  async #inTurn<T>(name: string, doing: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(action)
    const quiet = turn.catch(() => undefined)
    this.#turns.set(name, quiet)
    try {
      return await turn
    } catch (error) {
      throw unavailable(error, doing)
    } finally {
      if (this.#turns.get(name) === quiet) this.#turns.delete(name)
    }
  }

  /** What is kept under the name, ours from now on. */
  async #own(name: string): Promise<Claim> {
    if (this.#index.owner(name)?.writer !== this.#writer) await this.#index.sync()
    for (let tries = 0; tries < TRIES; tries++) {
      const owner = this.#index.owner(name)
      if (owner?.writer === this.#writer) return owner
      // Several that want it at once would outbid each other for ever if they did it in step.
      if (tries > 0) await wait(randomInt(FIRST_PAUSE_MS * 2 ** Math.min(tries, 4)))
      const { epoch = 0, heads = [], pending } = this.#index.owner(name) ?? {}
      await this.#say({ name, epoch: epoch + 1, writer: this.#writer, heads, pending })
      // Another may have claimed it in the same moment, and outrank us.
      await this.#index.sync()
    }
    const owner = this.#index.owner(name)
    if (owner?.writer === this.#writer) return owner
    throw new Failure('unavailable', 'snapshots.contended', `Kafka: several processes want snapshot ${name} at once`, { retryAfterSeconds: 1 })
  }

  async #say(word: Omit<Claim, 'serial'>): Promise<void> {
    const claim = { ...word, serial: this.#said++ }
    await this.#log.write(INDEX, [{ key: claimKey(claim), value: encodeClaim(claim) }])
    this.#index.learn(claim)
  }

  /** Undefined for a state that is small enough for the index. That pieces are on their way is said first, so that nobody has to look for them. */
  async #writePieces(claim: Claim, state: Buffer): Promise<Pieces | undefined> {
    if (state.length <= INLINE_BYTES) return undefined
    if (claim.pending !== undefined) await this.#remove([claim.pending])
    const partition = 1 + partitionOf(claim.name, PIECE_PARTITIONS)
    const { end } = await this.#log.bounds(partition)
    const pending = { id: randomUUID(), partition, from: end, count: Math.ceil(state.length / PIECE_BYTES) }
    await this.#say({ ...claim, pending })
    for (let index = 0; index < pending.count; index++) {
      await this.#log.write(partition, [{ key: pieceKey(pending.id, index), value: state.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES) }])
    }
    return pending
  }

  /** What stands in no head any more. A failure here costs room and nothing else. */
  async #letGo(before: Claim, heads: readonly Head[]): Promise<void> {
    const dropped = before.heads.filter((head) => !heads.includes(head)).flatMap(({ state }) => (Buffer.isBuffer(state) ? [] : [state]))
    const old = this.#index.takeOld(before).map((key) => ({ key, value: null }))
    await Promise.all([this.#remove(dropped), this.#log.write(INDEX, old)]).catch(() => undefined)
  }

  async #remove(gone: readonly Pieces[]): Promise<void> {
    for (const { id, partition, count } of gone) {
      await this.#log.write(partition, Array.from({ length: count }, (_, index) => ({ key: pieceKey(id, index), value: null })))
    }
  }

  /** Undefined where it is not whole. */
  async #stateOf({ state, crc }: Head): Promise<Buffer | undefined> {
    const bytes = Buffer.isBuffer(state) ? state : await this.#joined(state)
    return bytes !== undefined && crc32c(bytes) === crc ? bytes : undefined
  }

  async #joined({ id, partition, from, count }: Pieces): Promise<Buffer | undefined> {
    const wanted = new Map(Array.from({ length: count }, (_, index) => [pieceKey(id, index), index]))
    const pieces: Buffer[] = []
    let found = 0
    await this.#log.read({
      partition, from, done: () => found === count,
      each: ({ key, value }) => {
        const index = wanted.get(key)
        if (index === undefined || value === null) return
        if (pieces[index] === undefined) found++
        pieces[index] = value
      },
    })
    return found === count ? Buffer.concat(pieces) : undefined
  }
}
