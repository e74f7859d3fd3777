/**
 * The only place that knows lmdb. One environment, one transaction at a time. `overlappingSync` is off, so LMDB writes the pages,
 * syncs them, then writes its meta page through a synchronous descriptor, and only then answers: a resolved `write` is on disk.
 */
import { closeSync, fdatasync, openSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { open, type RootDatabase } from 'lmdb'
import { Failure } from '../../schemas/failure.ts'

/** lmdb-js hands errno and LMDB codes through as numbers. */
const EIO = 5
const EFBIG = 27
const ENOSPC = 28
const EDQUOT = 122
const MDB_MAP_FULL = -30792

export interface Write {
  readonly puts: readonly { readonly key: Buffer; readonly value: Buffer }[]
  readonly removes: readonly Buffer[]
}

export class LmdbStore {
  readonly #db: RootDatabase<Buffer, Buffer>
  readonly #path: string
  /** The data file once more, open since before anything could fail: see `#syncFails`. */
  readonly #witness: number
  #closed = false

  private constructor(db: RootDatabase<Buffer, Buffer>, path: string) {
    this.#db = db
    this.#path = path
    this.#witness = openSync(join(path, 'data.mdb'), 'r')
  }

  /** `path` becomes a directory with data.mdb; `mapSize` bounds the file (address space only, nothing is allocated). */
  static open(path: string, mapSize: number): LmdbStore {
    const format = { pageSize: 4096, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' } as const
    // Event-turn batching makes promises of its own that nobody could handle when a commit fails; `write` is one batch anyway.
    return new LmdbStore(open({ path, mapSize, ...format, overlappingSync: false, eventTurnBatching: false }), path)
  }

  /** A copy of the value. */
  get(key: Buffer): Buffer | undefined {
    return this.#db.getBinary(key)
  }

  /** Entries in the store. */
  count(): number {
    return (this.#db.getStats() as { entryCount: number }).entryCount
  }

  /** Keys from `start` to before `end`, as of now. */
  keys(start: Buffer, end: Buffer): Iterable<Buffer> {
    return this.#db.getKeys({ start, end })
  }

  entries(start: Buffer, end: Buffer): Iterable<{ key: Buffer; value: Buffer }> {
    return this.#db.getRange({ start, end })
  }

  /**
   * One transaction. Resolves when it is on disk. Failure `log.disk_full`: nothing of it is there, and the next may be tried. `log.broken`:
   * this environment must not be used any more.
   */
  async write({ puts, removes }: Write): Promise<void> {
    if (!this.#hasRoom(puts)) throw full(undefined)
    try {
      await this.#db.batch(() => {
        for (const key of removes) void this.#db.remove(key)
        for (const { key, value } of puts) void this.#db.put(key, value)
      })
    } catch (error) {
      const cause = await causeOf(error)
      throw (await this.#isFull(cause)) ? full(cause) : broken(cause)
    }
  }

  /**
   * Asked before each transaction, so that LMDB seldom meets the end of the disk: lmdb-js 3.5 puts what it has to say of a write that failed
   * into a buffer that is too small for large numbers, which can end the process. Where nobody can tell, there is room.
   */
  #hasRoom(puts: Write['puts']): boolean {
    try {
      const { bavail, bsize, blocks } = statfsSync(this.#path)
      const needed = puts.reduce((sum, { value }) => sum + value.length, MARGIN)
      return bavail * bsize >= needed + Math.min(RESERVE, (blocks * bsize) / RESERVE_PART)
    } catch {
      return true
    }
  }

  /** LMDB calls a short write, which is how a disk that is filling up shows, an I/O error, as it does a failed sync. Only the latter is final. */
  async #isFull(cause: unknown): Promise<boolean> {
    const code = (cause as { code?: unknown }).code
    if (code === EIO) return !(await this.#syncFails())
    return code === ENOSPC || code === EDQUOT || code === EFBIG || code === MDB_MAP_FULL
  }

  /**
   * Whether the data file could not be synced. Linux tells a failed write-back once to every descriptor that was open then, so ours hears what
   * LMDB's heard; elsewhere nobody knows, and it counts as failed.
   */
  async #syncFails(): Promise<boolean> {
    if (process.platform !== 'linux') return true
    return sync(this.#witness).then(() => false, () => true)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#db.close()
    closeSync(this.#witness)
  }
}

const sync = promisify(fdatasync)
/** Room for the pages of the tree that a transaction copies besides its values. */
const MARGIN = 1024 * 1024
/** Room that is left to what else writes to the same disk between our question and LMDB's write: so much, or that part of a small disk. */
const RESERVE = 64 * 1024 * 1024
const RESERVE_PART = 16

/** lmdb-js rejects with an error that promises the real one. */
const causeOf = async (error: unknown): Promise<unknown> =>
  await (error as { commitError?: Promise<unknown> }).commitError?.then(() => error, (reason: unknown) => reason) ?? error

const full = (cause: unknown): Failure =>
  new Failure('unavailable', 'log.disk_full', 'the disk of the log is full', { cause, retryAfterSeconds: 2 })

const broken = (cause: unknown): Failure => {
  const sentence = 'the log could not be written or synced; it takes nothing more until it is opened again'
  return new Failure('unavailable', 'log.broken', sentence, { cause, retryAfterSeconds: 3 })
}
