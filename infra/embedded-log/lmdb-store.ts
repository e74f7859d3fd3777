/**
 * The only place that knows lmdb. One environment, one transaction at a time. `overlappingSync` is off, so LMDB writes the pages,
 * syncs them, then writes its meta page through a synchronous descriptor, and only then answers: a resolved `write` is on disk.
 */
import { open, type RootDatabase } from 'lmdb'
import { Failure } from '../../schemas/failure.ts'

/** lmdb-js hands errno and LMDB codes through as numbers. */
const ENOSPC = 28
const EDQUOT = 122
const MDB_MAP_FULL = -30792

export interface Write {
  readonly puts: readonly { readonly key: Buffer; readonly value: Buffer }[]
  readonly removes: readonly Buffer[]
}

export class LmdbStore {
  readonly #db: RootDatabase<Buffer, Buffer>
  #closed = false

  private constructor(db: RootDatabase<Buffer, Buffer>) {
    this.#db = db
  }

  /** `path` becomes a directory with data.mdb; `mapSize` bounds the file (address space only, nothing is allocated). */
  static open(path: string, mapSize: number): LmdbStore {
    return new LmdbStore(open({
      path, mapSize, pageSize: 4096, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false, cache: false, compression: false,
    }))
  }

  /** A copy of the value. */
  get(key: Buffer): Buffer | undefined {
    return this.#db.getBinary(key)
  }

  /** Keys from `start` to before `end`, as of now. */
  keys(start: Buffer, end: Buffer): Iterable<Buffer> {
    return this.#db.getKeys({ start, end })
  }

  entries(start: Buffer, end: Buffer): Iterable<{ key: Buffer; value: Buffer }> {
    return this.#db.getRange({ start, end })
  }

  /** One transaction. Resolves when it is on disk. Failure `log.disk_full`: nothing of it is there. `log.broken`: this environment must not be used any more. */
  async write({ puts, removes }: Write): Promise<void> {
    try {
      await this.#db.batch(() => {
        for (const key of removes) void this.#db.remove(key)
        for (const { key, value } of puts) void this.#db.put(key, value)
      })
    } catch (error) {
      throw await translate(error)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#db.close()
  }
}

async function translate(error: unknown): Promise<Failure> {
  const cause = await (error as { commitError?: Promise<unknown> }).commitError?.then(() => error, (reason: unknown) => reason) ?? error
  const code = (cause as { code?: unknown }).code
  if (code === ENOSPC || code === EDQUOT || code === MDB_MAP_FULL) {
    return new Failure('unavailable', 'log.disk_full', 'the disk of the log is full', { cause, retryAfterSeconds: 2 })
  }
  return new Failure('unavailable', 'log.broken', 'the log could not be written or synced; it takes nothing more until it is opened again', { cause, retryAfterSeconds: 3 })
}
