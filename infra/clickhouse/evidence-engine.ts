/** The data directory of a process that does not run, opened to be read. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { drainPending, Session } from 'chdb'
import { Failure } from '../../schemas/failure.ts'
import { whyNotOpen } from './data-directory.ts'
import { EngineError, engineErrorFrom } from './engine-error.ts'
import type { EvidenceReader } from './evidence.ts'
import { whyNotThere } from './evidence-version.ts'
import { returnFatalSignals } from './fatal-signals.ts'

const MIB = 2 ** 20
/** Everything is read once: caches would only be large. */
const ARGUMENTS = Object.entries({
  mark_cache_size: 16 * MIB, primary_index_cache_size: 16 * MIB, index_mark_cache_size: 4 * MIB, query_condition_cache_size: MIB, uncompressed_cache_size: 0,
  compiled_expression_cache_size: 8 * MIB, background_pool_size: 1, background_merges_mutations_concurrency_ratio: 1,
}).map(([name, value]) => `--${name}=${value}`)
/** Buffers are per column, of which a row has eighty. */
const SETTINGS = 'max_threads = 1, max_read_buffer_size = 65536, max_block_size = 4096, preferred_block_size_bytes = 2000000, use_uncompressed_cache = 0, readonly = 1'

class EngineReader implements EvidenceReader {
  readonly name: string
  readonly stored = true
  readonly mostRows = 200_000
  readonly #directory: string
  readonly #session: Session

  constructor(directory: string) {
    this.name = `tables in ${directory}`
    this.#directory = directory
    this.#session = new Session(directory, { connectionArgs: ARGUMENTS })
  }

  /** Nothing but what we read happens to the files from here on. */
  async begin(): Promise<this> {
    await this.#session.queryAsync('SYSTEM STOP MERGES', { format: 'Null' })
    return this
  }

  async* read(sql: string, format: string): AsyncGenerator<Buffer> {
    // A session has one stream at a time.
    const session = new Session(this.#directory)
    try {
      for await (const chunk of ahead(session.queryStream(`${sql} SETTINGS ${SETTINGS}`, { format }))) {
        const bytes = chunk.raw()
        if (bytes.length > 0) yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      }
    } catch (error) {
      throw await this.#failure(error)
    } finally {
      session.close()
    }
  }

  async #failure(error: unknown): Promise<unknown> {
    const said = engineErrorFrom(error)
    if (!(said instanceof EngineError)) return error
    const whole = new Failure('unavailable', 'evidence.engine', `The tables cannot be read: ${said.symbol} (${said.code}): ${said.message.slice(0, 300)}`, { cause: error })
    return await whyNotThere(said, `The ${this.name} cannot be read`, async (sql) => (await this.#session.queryAsync(sql, { format: 'TSV' })).text()) ?? whole
  }

  async close(): Promise<void> {
    this.#session.close()
    await drainPending()
  }
}

/** The engine makes the next while this one is looked at. */
async function* ahead<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
  const items = stream[Symbol.asyncIterator]()
  let next = items.next()
  try {
    for (let item = await next; item.done !== true; item = await next) {
      next = items.next()
      yield item.value
    }
  } finally {
    // Where the reader stops early, nothing may run on a session that is closed.
    await next.catch(() => undefined)
    await items.return?.()
  }
}

/** Opens `directory`, which no other process may have open. Throws Failure `misconfigured` with what to do. */
export async function openEngineEvidence(directory: string): Promise<EvidenceReader> {
  if (!existsSync(join(directory, 'data'))) throw new Failure('misconfigured', 'evidence.directory', `There are no tables in ${directory}: give the --data-dir that the server was started with.`)
  try {
    const reader = new EngineReader(directory)
    returnFatalSignals()
    return await reader.begin()
  } catch (error) {
    throw new Failure('misconfigured', 'evidence.directory', `${whyNotOpen(directory)} A server that runs is verified through its SQL endpoint: --sql HOST:PORT.`, { cause: error })
  }
}
