/**
 * The ClickHouse engine in this process. One session writes. Every read gets a session of its own (about 3 ms), so that reads run in
 * parallel and neither settings nor parameters of one are ever seen by another. Sessions run on libuv's thread pool: start the process
 * with UV_THREADPOOL_SIZE of at least readers + 5, else slow queries hold up file and LMDB work.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Session, drainPending } from 'chdb'
import { Failure } from '../../schemas/failure.ts'
import { sqlText } from '../../schemas/sql-literal.ts'
import { assignments, bindings } from './bindings.ts'
import { prepareDirectory, whyNotOpen } from './data-directory.ts'
import { EngineError, engineErrorFrom } from './engine-error.ts'
import { returnFatalSignals } from './fatal-signals.ts'
import { Slots } from './slots.ts'

const MIB = 2 ** 20
const KILL_AGAIN_MS = 20
/** Upper bounds of the engine's caches, which are gigabytes by default: a process that also collects must not grow with what is asked of it. */
const CACHE_ARGUMENTS: readonly string[] = Object.entries({
  mark_cache_size: 128 * MIB, primary_index_cache_size: 128 * MIB, index_mark_cache_size: 64 * MIB, query_condition_cache_size: 32 * MIB,
  text_index_tokens_cache_size: 64 * MIB, text_index_header_cache_size: 64 * MIB, text_index_postings_cache_size: 64 * MIB,
  compiled_expression_cache_size: 32 * MIB, vector_similarity_index_cache_size: MIB, parquet_metadata_cache_size: MIB, iceberg_metadata_files_cache_size: MIB,
}).map(([name, bytes]) => `--${name}=${bytes}`)

/** How often a thread of the engine looks at the process's memory. Its own 50 ms cost 2 ms of CPU a second for ever, for limits that we do not set. */
const MEMORY_LOOK_ARGUMENT = '--memory_worker_period_ms=1000'

export interface EngineOptions {
  /** Where the data lives; made when missing. One directory per process, one process per directory. */
  readonly directory: string
  /** How many reads run at once; more wait. */
  readonly readers: number
}

export interface EngineResult {
  /** Exactly what the engine wrote, in the asked format: binary formats are intact. */
  readonly bytes: Buffer
  readonly rowsRead: number
  readonly bytesRead: number
  readonly elapsedSeconds: number
}

export interface ReadOptions {
  /** Output format where the statement names none; default `JSONCompactEachRow`. */
  readonly format?: string
  /** Set on the read's own session before the statement. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Values for `{name:Type}` in the statement. */
  readonly parameters?: Readonly<Record<string, unknown>>
  /** Kills the query in the engine; the read then throws EngineError 394 (QUERY_WAS_CANCELLED). */
  readonly signal?: AbortSignal | undefined
}

/** A session that only the current task uses. Throws EngineError. */
export interface Reader {
  run(sql: string, format?: string): Promise<EngineResult>
}

export interface Engine {
  readonly directory: string
  /** Runs one statement on a writing session; those of one lane run one after the other, in order of the calls. Throws EngineError. */
  write(sql: string, lane?: string): Promise<Buffer>
  /** Runs one statement on a session of its own and returns the raw result bytes. Throws EngineError. */
  read(sql: string, options?: ReadOptions): Promise<Buffer>
  /** Gives `task` a new session (for several statements, e.g. `SET readonly = 1` first) and throws the session away afterwards. */
  withReader<T>(task: (reader: Reader) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How many reads wait for a slot. */
  readonly waiting: number
  /** Waits for what runs and lets go of the directory. Safe twice. */
  close(): Promise<void>
}

const CLOSED = (): EngineError => new EngineError(236, 'ABORTED', 'The engine is closed')

async function runOn(session: Session, sql: string, format: string): Promise<EngineResult> {
  try {
    const result = await session.queryAsync(sql, { format })
    const bytes = result.bytes()
    return {
      bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      rowsRead: result.rowsRead, bytesRead: result.bytesRead, elapsedSeconds: result.elapsed,
    }
  } catch (error) {
    throw engineErrorFrom(error)
  }
}

class ChdbEngine implements Engine {
  readonly directory: string
  /** Statements of one lane wait for each other, those of different lanes do not. */
  readonly #lanes: Map<string, { readonly session: Session; readonly last: Promise<unknown> }>
  readonly #slots: Slots
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(directory: string, writer: Session, readers: number) {
    this.directory = directory
    this.#lanes = new Map([['', { session: writer, last: Promise.resolve() }]])
    this.#slots = new Slots(readers)
  }

  get waiting(): number {
    return this.#slots.waiting
  }

  async write(sql: string, lane = ''): Promise<Buffer> {
    if (this.#closing !== undefined) throw CLOSED()
    const { session, last } = this.#lanes.get(lane) ?? { session: new Session(this.directory), last: Promise.resolve() }
    const turn = last.then(() => runOn(session, sql, 'JSONCompactEachRow'))
    this.#lanes.set(lane, { session, last: turn.catch(() => undefined) })
    return (await turn).bytes
  }

  async read(sql: string, options: ReadOptions = {}): Promise<Buffer> {
    const before = [...bindings(options.parameters ?? {}), ...assignments(options.settings ?? {})]
    return this.withReader(async (reader) => {
      if (before.length > 0) await reader.run(before.join('; '))
      return (await reader.run(sql, options.format)).bytes
    }, options.signal)
  }

  withReader<T>(task: (reader: Reader) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(CLOSED())
    const running = this.#slots.run(() => this.#onOwnSession(task, signal))
    this.#running.add(running)
    const forget = (): void => void this.#running.delete(running)
    running.then(forget, forget)
    return running
  }

  async #onOwnSession<T>(task: (reader: Reader) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted === true) throw new EngineError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled')
    const session = new Session(this.directory)
    const mark = signal === undefined ? undefined : randomUUID()
    const ended = new AbortController()
    const kill = (): void => void this.#kill(mark ?? '', ended.signal)
    signal?.addEventListener('abort', kill, { once: true })
    try {
      if (mark !== undefined) await runOn(session, `SET log_comment = ${sqlText(mark)}`, 'Null')
      return await task({ run: (sql, format = 'JSONCompactEachRow') => this.#guarded(session, sql, format, signal) })
    } finally {
      signal?.removeEventListener('abort', kill)
      ended.abort()
      session.close()
    }
  }

  async #guarded(session: Session, sql: string, format: string, signal: AbortSignal | undefined): Promise<EngineResult> {
    if (signal?.aborted === true) throw new EngineError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled')
    return runOn(session, sql, format)
  }

  /**
   * From a session beside the pool: all slots may be taken by what is to be killed. Again until it has ended, because a statement that
   * a thread has not yet begun is in no list, so that the first KILL can miss it.
   */
  async #kill(mark: string, ended: AbortSignal): Promise<void> {
    const session = new Session(this.directory)
    try {
      while (!ended.aborted) {
        await runOn(session, `KILL QUERY WHERE Settings['log_comment'] = ${sqlText(mark)} ASYNC`, 'Null')
        await wait(KILL_AGAIN_MS, undefined, { signal: ended })
      }
    } catch {
      // The query ended, or the engine is going down: there is nothing left to kill.
    } finally {
      session.close()
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.all([...this.#lanes.values()].map(({ last }) => last))
      await Promise.allSettled(this.#running)
      for (const { session } of this.#lanes.values()) session.close()
      await drainPending()
    })()
    return this.#closing
  }
}

/** Opens or makes the data directory. Throws Failure `misconfigured` (`engine.directory`) where it cannot be used, with what to do. */
export function openEngine(options: EngineOptions): Engine {
  const directory = prepareDirectory(options.directory)
  try {
    const writer = new Session(directory, { connectionArgs: [...CACHE_ARGUMENTS, MEMORY_LOOK_ARGUMENT] })
    returnFatalSignals()
    return new ChdbEngine(directory, writer, Math.max(1, options.readers))
  } catch (error) {
    throw new Failure('misconfigured', 'engine.directory', whyNotOpen(directory), { cause: error })
  }
}
