/** The data keys of the log in memory: one is used for what is written now, all that are left open what was written before. */
import { randomBytes } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import type { KeyRow, KeyStore, KeyWrapper, Retirement, Sealer } from '../../schemas/sealing.ts'
import { type DataKey, keyIdOf, openFrame, sealPieces } from './frame.ts'

const KEY_BYTES = 32
/** Others who make a key in the same moment. */
const TRIES = 10

/** Where other processes use the same store. */
export interface Shared {
  /** Who has not heard of the others' keys for so long may be the only one that still uses an old one, and seals nothing. Milliseconds. */
  readonly staleMs: number
  /** Milliseconds of a clock that only goes forward. */
  elapsed(): number
}

export interface RingParts {
  readonly store: KeyStore
  readonly wrapper: KeyWrapper
  /** Undefined: nobody else has the store. */
  readonly shared?: Shared
}

interface Kept extends DataKey {
  readonly madeAt: number
}

const hexOf = ({ id }: DataKey): string => id.toString('hex')

export class KeyRing implements Sealer {
  readonly #store: KeyStore
  readonly #wrapper: KeyWrapper
  readonly #shared: Shared | undefined
  readonly #keys = new Map<string, Kept>()
  #destroyed: ReadonlySet<string> = new Set()
  #retiring: readonly Retirement[] = []
  #current: Kept | undefined
  #changed: () => void = () => undefined
  /** Looks into the store, numbered in the order in which they begin. */
  #begun = 0
  #ended = 0
  #syncedAt = 0
  #looking: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined
  /** Keys that were asked for and not known: the look that must know them. */
  readonly #missed = new Map<string, number>()

  private constructor({ store, wrapper, shared }: RingParts) {
    this.#store = store
    this.#wrapper = wrapper
    this.#shared = shared
  }

  /** Reads what is there and makes the first key at need. Throws Failure `misconfigured` where a key cannot be opened. */
  static async open(parts: RingParts, now: number): Promise<KeyRing> {
    const ring = new KeyRing(parts)
    await ring.sync()
    if (ring.#current === undefined) await ring.#make(now)
    return ring
  }

  /** Milliseconds since 1970 at which the key in use was made. */
  get madeAt(): number {
    return this.#current?.madeAt ?? 0
  }

  get retiring(): readonly Retirement[] {
    return this.#retiring
  }

  /** Whether other processes use the same keys. */
  get isShared(): boolean {
    return this.#shared !== undefined
  }

  /** `work` is called whenever another key is used from then on. */
  onChange(work: () => void): void {
    this.#changed = work
  }

  seal(plain: Buffer, about: string): Buffer {
    return Buffer.concat(this.sealPieces(plain, about))
  }

  sealPieces(plain: Buffer, about: string): readonly Buffer[] {
    if (this.#current === undefined) throw new Failure('defect', 'sealing.key', 'there is no key to seal with')
    const why = this.notReady()
    if (why !== '') throw new Failure('unavailable', 'sealing.stale', why, { retryAfterSeconds: 2 })
    return sealPieces(this.#current, plain, about)
  }

  /** '' while it is known well enough which key is in use, else why nothing is sealed. */
  notReady(): string {
    if (this.#shared === undefined) return ''
    const silentMs = this.#shared.elapsed() - this.#syncedAt
    return silentMs > this.#shared.staleMs ? `Nothing was heard of the keys of the log for ${Math.round(silentMs / 1_000)} s: another may be in use by now` : ''
  }

  open(sealed: Buffer, about: string): Buffer {
    const id = keyIdOf(sealed)
    if (this.#shared !== undefined && !this.#keys.has(id) && !this.#destroyed.has(id)) throw this.#unknown(id)
    return openFrame(sealed, (wanted) => this.#keys.get(wanted)?.key, about)
  }

  /** A key is in the store before anything is sealed under it, so a look that begins now finds it. */
  #unknown(id: string): Failure {
    const look = this.#missed.get(id)
    if (look !== undefined && this.#ended >= look) {
      return new Failure('misconfigured', 'sealing.key_missing', `Records are sealed under key ${id}, which is not among the keys of the log, and was not destroyed: bring back what kept it, or move the group behind those records.`)
    }
    if (look === undefined) this.#missed.set(id, this.#begun + 1)
    this.sync().catch(() => undefined)
    return new Failure('unavailable', 'sealing.key_unknown', `Records are sealed under key ${id}, which is asked for`, { retryAfterSeconds: 0.1 })
  }

  /** Learns what other processes made, retired and destroyed before the call. */
  sync(): Promise<void> {
    this.#waiting ??= this.#looking.then(async () => {
      this.#waiting = undefined
      await this.#look()
    })
    this.#looking = this.#waiting.catch(() => undefined)
    return this.#waiting
  }

  async #look(): Promise<void> {
    const look = ++this.#begun
    const since = this.#shared?.elapsed() ?? 0
    const { keys, destroyed, retiring } = await this.#store.load()
    for (const row of keys) await this.#learn(row)
    this.#destroyed = destroyed
    for (const id of destroyed) this.#forget(id)
    this.#retiring = retiring
    this.#syncedAt = since
    this.#ended = look
  }

  async #learn({ id, madeAt, wrapped }: KeyRow): Promise<void> {
    if (!this.#keys.has(id)) this.#keep({ id: Buffer.from(id, 'hex'), madeAt, key: await this.#wrapper.unwrap(wrapped) })
  }

  #keep(kept: Kept): void {
    const id = hexOf(kept)
    this.#keys.set(id, kept)
    this.#missed.delete(id)
    const current = this.#current
    // Made in the same moment by two: all have to choose the same.
    if (current !== undefined && (kept.madeAt < current.madeAt || (kept.madeAt === current.madeAt && id < hexOf(current)))) return
    this.#current = kept
    if (current !== undefined) this.#changed()
  }

  #forget(id: string): void {
    const kept = this.#keys.get(id)
    if (kept === undefined || kept === this.#current) return
    kept.key.fill(0)
    this.#keys.delete(id)
  }

  /** From now on another key is used; the answer is the ids of all others. */
  async turn(now: number): Promise<readonly string[]> {
    for (let tries = 0; tries < TRIES; tries++) {
      const mine = await this.#make(now)
      // Of a key that another process made a moment later, nobody knows whether it sealed something before this call.
      if (this.#current === mine) return [...this.#keys.keys()].filter((id) => id !== hexOf(mine))
    }
    throw new Failure('unavailable', 'sealing.contended', 'several processes make keys of the log at once', { retryAfterSeconds: 1 })
  }

  async #make(now: number): Promise<Kept> {
    if (this.#shared !== undefined) await this.sync()
    const made = { id: randomBytes(8), key: randomBytes(KEY_BYTES), madeAt: Math.max(now, this.madeAt + 1) }
    await this.#store.add({ id: hexOf(made), madeAt: made.madeAt, wrapped: await this.#wrapper.wrap(made.key) })
    this.#keep(made)
    if (this.#shared !== undefined) await this.sync()
    return made
  }

  /** Writes down what is to be destroyed later; it survives a restart. */
  async retire(retirement: Retirement): Promise<void> {
    await this.#store.retire(retirement)
    await this.sync()
  }

  /** Destroys the keys of a retirement. Safe to repeat. */
  async destroy(retirement: Retirement): Promise<void> {
    const ids = retirement.keys.filter((id) => this.#current === undefined || id !== hexOf(this.#current))
    await this.#store.destroy(ids)
    for (const id of ids) this.#forget(id)
    if (await this.#store.isGone(ids)) await this.#store.end(retirement.id)
    else await this.#store.retire({ ...retirement, destroyed: true })
    await this.sync()
  }

  /** Ends what was destroyed and can be read from the store no more, and says what that was. */
  async gone(): Promise<readonly Retirement[]> {
    const gone: Retirement[] = []
    for (const retirement of this.#retiring.filter(({ destroyed }) => destroyed === true)) {
      if (!(await this.#store.isGone(retirement.keys))) continue
      await this.#store.end(retirement.id)
      gone.push(retirement)
    }
    if (gone.length > 0) await this.sync()
    return gone
  }
}
