/**
 * The only place that knows lmdb. One environment, one transaction at a time. `overlappingSync` is off, so LMDB writes the pages,
 * syncs them, then writes its meta page through a synchronous descriptor, and only then answers: a resolved `write` is on disk.
 */
import { statfsSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { Failure } from '../../schemas/failure.ts'

/** lmdb-js hands errno and LMDB codes through as numbers. */
const EFBIG = 27
const ENOSPC = 28
const EDQUOT = 122
const MDB_MAP_FULL = -30792

const PAGE = 4096

export interface Write {
  readonly puts: readonly { readonly key: Buffer; readonly value: Buffer }[]
  readonly removes: readonly Buffer[]
}

interface Place {
  /** A directory with data.mdb. */
  readonly path: string
  /** Bounds the file (address space only, nothing is allocated). */
  readonly mapSize: number
}

export class LmdbStore {
  readonly #place: Place
  /** Undefined while it is opened anew. */
  #opened: RootDatabase<Buffer, Buffer> | undefined
  /** A write failed: LMDB may take no more, and what it remembers of the file need not be so. */
  #ailing = false

  private constructor(place: Place, opened = environment(place)) {
    this.#place = place
    this.#opened = opened
  }

  /** The directory is made where it is not there. */
  static open(path: string, mapSize: number): LmdbStore {
    return new LmdbStore({ path, mapSize })
  }

  /** Changes nothing; `write` fails. Only where no other process has it open. */
  static openToRead(path: string): LmdbStore {
    return new LmdbStore({ path, mapSize: 0 }, open({ path, ...FORMAT, readOnly: true }))
  }

  get #db(): RootDatabase<Buffer, Buffer> {
    if (this.#opened === undefined) throw notWritten(undefined)
    return this.#opened
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
   * One transaction. Resolves when it is on disk. Failure `log.disk_full` or `log.not_written`: hardly any of it will be there, but it may be; before
   * the next one, `mend`. Failure `log.overrun`: there must be no next one in this process.
   */
  async write({ puts, removes }: Write): Promise<void> {
    if (!this.#hasRoom(puts)) throw full(undefined)
    const db = this.#db
    try {
      await db.batch(() => {
        for (const key of removes) void db.remove(key)
        for (const { key, value } of puts) void db.put(key, value)
      })
    } catch (error) {
      this.#ailing = true
      const cause = await causeOf(error)
      if (hasOverrun(cause)) throw overrun(cause)
      throw isFull(cause) ? full(cause) : notWritten(cause)
    }
  }

  /**
   * After a write that failed: opens the environment anew; reads are refused meanwhile. Failure `log.disk_full` or `log.not_written` where that cannot be
   * done; to be called again then.
   */
  async mend(): Promise<void> {
    if (!this.#ailing) return
    if (!this.#hasRoom([])) throw full(undefined)
    try {
      await rewriteHeads(join(this.#place.path, 'data.mdb'))
      const old = this.#opened
      this.#opened = undefined
      await old?.close()
      this.#opened = environment(this.#place)
      this.#ailing = false
    } catch (cause) {
      throw notWritten(cause)
    }
  }

  /**
   * Asked before each transaction, so that LMDB seldom meets the end of the disk: lmdb-js 3.5 puts what it has to say of a write that failed
   * into a buffer that is too small for large numbers, which can end the process. Where nobody can tell, there is room.
   */
  #hasRoom(puts: Write['puts']): boolean {
    try {
      const { bavail, bsize, blocks } = statfsSync(this.#place.path)
      const needed = puts.reduce((sum, { value }) => sum + value.length, MARGIN)
      return bavail * bsize >= needed + Math.min(RESERVE, (blocks * bsize) / RESERVE_PART)
    } catch {
      return true
    }
  }

  async close(): Promise<void> {
    const old = this.#opened
    this.#opened = undefined
    await old?.close()
  }
}

const FORMAT = { pageSize: PAGE, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' } as const

// Event-turn batching makes promises of its own that nobody could handle when a commit fails; `write` is one batch anyway.
const environment = ({ path, mapSize }: Place): RootDatabase<Buffer, Buffer> =>
  open({ path, mapSize, ...FORMAT, overlappingSync: false, eventTurnBatching: false })

/**
 * Writes the two meta pages as they read, and syncs them. After a failed sync the system forgets that pages were never written, and shows them as
 * if they were; these are the only ones that count and that no later transaction writes again: pages of a tree are on disk before a meta page names them.
 */
async function rewriteHeads(path: string): Promise<void> {
  const file = await openFile(path, 'r+')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * PAGE), 0, 2 * PAGE, 0)
    const { bytesWritten } = await file.write(buffer, 0, bytesRead, 0)
    if (bytesWritten < bytesRead) throw new Error(`${bytesWritten} of ${bytesRead} bytes were written`)
    await file.datasync()
  } finally {
    await file.close()
  }
}

const isFull = (cause: unknown): boolean => {
  const { code } = cause as { code?: unknown }
  return code === ENOSPC || code === EDQUOT || code === EFBIG || code === MDB_MAP_FULL
}
/** Room for the pages of the tree that a transaction copies besides its values. */
const MARGIN = 1024 * 1024
/** Room that is left to what else writes to the same disk between our question and LMDB's write: so much, or that part of a small disk. */
const RESERVE = 64 * 1024 * 1024
const RESERVE_PART = 16

/** lmdb-js rejects with an error that promises the real one. */
const causeOf = async (error: unknown): Promise<unknown> =>
  await (error as { commitError?: Promise<unknown> }).commitError?.then(() => error, (reason: unknown) => reason) ?? error

/** Code of the Failure after which this process must not go on. */
export const OVERRUN = 'log.overrun'
/** What lmdb-js 3.5 gives its message about a failed write of pages. */
const MESSAGE_BYTES = 100

/** Told by words, because nothing else tells: a failed sync, which does no harm, has the same code. */
function hasOverrun(cause: unknown): boolean {
  const message = cause instanceof Error ? cause.message : ''
  const at = message.indexOf('Attempting to write page at position ')
  return at !== -1 && message.length - at >= MESSAGE_BYTES
}

const overrun = (cause: unknown): Failure => {
  const sentence = 'the log could not be written: the disk fails or takes no more, and LMDB wrote past its own memory when it said so'
  return new Failure('unavailable', OVERRUN, sentence, { cause, retryAfterSeconds: 5 })
}

const full = (cause: unknown): Failure =>
  new Failure('unavailable', 'log.disk_full', 'the disk of the log is full', { cause, retryAfterSeconds: 2 })

const notWritten = (cause: unknown): Failure => {
  const sentence = 'the log could not be written or synced: the disk fails, or takes no more from this process; it is tried again with the next write'
  return new Failure('unavailable', 'log.not_written', sentence, { cause, retryAfterSeconds: 1 })
}
