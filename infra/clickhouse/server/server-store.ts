/** The Store port on a ClickHouse server: the same tables, blocks and tokens as in the process, over HTTP. */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import type { Store } from '../../../schemas/ports.ts'
import { identifier } from '../bindings.ts'
import { readMigrations } from '../migrate.ts'
import { type Backend, type Block, INSERT_SETTINGS, INSERT_TABLES, isRowError, TableStore } from '../table-store.ts'
import { checkUrl } from './agent.ts'
import { checkRights, checkServer } from './checks.ts'
import { gaveUp, startFailure } from './failures.ts'
import { ServerLink } from './link.ts'
import { type ServerStoreOptions, type Settings, withDefaults } from './options.ts'
import { migrateServer } from './server-migrate.ts'
import { checkShapes, expectedShapes, readShapes } from './shape.ts'

export interface ServerStore extends Store {
  /** The server's version. */
  readonly version: string
}

class ServerBackend implements Backend {
  readonly #link: ServerLink
  readonly #settings: Settings
  readonly #migrations = readMigrations()

  constructor(link: ServerLink, settings: Settings) {
    this.#link = link
    this.#settings = settings
  }

  read: Backend['read'] = (sql, options) => this.#link.read(sql, options)

  /**
   * A refusal of rows must come twice: what a proxy cut short can look like a bad row, and a row that is taken for bad leaves the table for
   * the quarantine. The second time is under the same token, so that it cannot store anything twice.
   */
  async insert(block: Block): Promise<void> {
    try {
      await this.#insert(block)
    } catch (error) {
      if (!isRowError(error)) throw error
      await this.#insert(block)
    }
  }

  async migrate(): Promise<void> {
    const { user } = this.#settings
    await migrateServer({ link: this.#link, migrations: this.#migrations, settings: this.#settings })
    try {
      await checkRights(this.#link, INSERT_TABLES, this.#settings)
      checkShapes(expectedShapes(), await readShapes(this.#link))
    } catch (error) {
      throw startFailure(error, { user, doing: 'say what tables it has' })
    }
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  async #insert({ table, columns, parts, token }: Block): Promise<void> {
    await this.#link.send({
      sql: `INSERT INTO watchkeeper.${table} (${columns.map(({ name }) => identifier(name)).join(', ')}) FORMAT Native`,
      body: parts,
      // One block stays one insert under one token: asynchronous inserts would join it with others.
      settings: { insert_deduplication_token: token, async_insert: 0, ...INSERT_SETTINGS },
    })
  }
}

class ConnectedStore extends TableStore implements ServerStore {
  readonly version: string

  constructor(backend: Backend, version: string) {
    super(backend)
    this.version = version
  }
}

const AGAIN_MS = 250

/** Waits for a server that is only starting. */
async function reach(link: ServerLink, settings: Settings): Promise<string> {
  const { clock, connectWithinMs, user } = settings
  const until = clock.now() + BigInt(connectWithinMs) * 1_000_000n
  for (;;) {
    try {
      return await checkServer(link, settings)
    } catch (error) {
      const failure = startFailure(error, { user, doing: 'answer the first question' })
      if (!(failure instanceof Failure) || failure.kind !== 'unavailable') throw failure
      if (clock.now() >= until) throw gaveUp(failure, 'store.clickhouse.url')
      settings.log.debug({ err: failure }, 'ClickHouse does not answer yet')
      await wait(AGAIN_MS)
    }
  }
}

/**
 * Connects, and makes sure that the server is one that can be written to; call `migrate` before the first insert. Throws Failure
 * `misconfigured` for an unknown user, a version too old, a clock far off; `unavailable` where nothing answers for `connectWithinMs`.
 */
export async function openServerStore(options: ServerStoreOptions): Promise<ServerStore> {
  const settings = withDefaults(options)
  checkUrl(settings.url)
  const link = new ServerLink(settings)
  try {
    return new ConnectedStore(new ServerBackend(link, settings), await reach(link, settings))
  } catch (error) {
    await link.close()
    throw error
  }
}
