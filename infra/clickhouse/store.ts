/**
 * The Store port on the in-process ClickHouse engine. One insert is one block under one token; the engine keeps the last 10,000 tokens
 * per table, so a repeated insert adds nothing, also after a crash in the middle of one that spans several partitions.
 */
import type { Store } from '../../schemas/ports.ts'
import { sqlText } from '../../schemas/sql-literal.ts'
import { identifier, settingsText } from './bindings.ts'
import { blockDirectories, removeLeftovers, withBlockFile } from './block-files.ts'
import { type Engine, type EngineOptions, openEngine } from './engine.ts'
import { LittleRoom } from './little-room.ts'
import { type Migration, migrate, readMigrations } from './migrate.ts'
import { type Backend, type Block, INSERT_SETTINGS, TableStore } from './table-store.ts'

export interface ClickHouseStore extends Store {
  readonly engine: Engine
}

/** Tables whose large inserts nothing else shall wait for. */
const BUSY_TABLES: ReadonlySet<string> = new Set(['audit_events', 'interaction_versions'])

class EngineBackend implements Backend {
  readonly #engine: Engine
  readonly #migrations: readonly Migration[]
  readonly #blocks = blockDirectories()
  readonly #room: LittleRoom

  constructor(engine: Engine, migrations: readonly Migration[]) {
    this.#engine = engine
    this.#migrations = migrations
    this.#room = new LittleRoom(engine)
    removeLeftovers(this.#blocks)
  }

  read: Backend['read'] = (sql, options) => this.#engine.read(sql, options)

  /** `FROM INFILE`, not `SELECT … FROM file()`: the engine plans no query over all columns then, which is a sixth of what an insert costs before its first row. */
  async insert({ table, columns, parts, token }: Block): Promise<void> {
    const settings = settingsText({ insert_deduplication_token: token, ...INSERT_SETTINGS })
    await withBlockFile(this.#blocks, parts, async (path) => {
      await this.#room.insert(table, () => this.#engine.write(`INSERT INTO watchkeeper.${table} (${columns.map(({ name }) => identifier(name)).join(', ')})
        FROM INFILE ${sqlText(path)} SETTINGS ${settings} FORMAT Native`, BUSY_TABLES.has(table) ? table : ''))
    })
  }

  async migrate(): Promise<void> {
    await migrate(this.#engine, this.#migrations)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }
}

class EngineStore extends TableStore implements ClickHouseStore {
  readonly engine: Engine

  constructor(engine: Engine, migrations: readonly Migration[]) {
    super(new EngineBackend(engine, migrations))
    this.engine = engine
  }
}

/** Opens the data directory; call `migrate` before the first insert. Throws Failure `misconfigured`. */
export function openStore(options: EngineOptions): ClickHouseStore {
  return new EngineStore(openEngine(options), readMigrations())
}
