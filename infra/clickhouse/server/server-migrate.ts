/** Migrations on a server that many processes may open at once: one applies, the others wait and find everything done. */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import { EngineError } from '../engine-error.ts'
import { applyMigration, type Migration, missingMigrations, openBook } from '../migrate.ts'
import { lacksRights, rightsFailure, startFailure } from './failures.ts'
import { Lease } from './lease.ts'
import type { ServerLink } from './link.ts'
import type { Settings } from './options.ts'
import { readShapes } from './shape.ts'

/** UNKNOWN_TABLE, UNKNOWN_DATABASE: a server that has never seen us. */
const NOTHING_YET = new Set([60, 81])
/** Two processes at one `IF NOT EXISTS`: TABLE_ALREADY_EXISTS, DATABASE_ALREADY_EXISTS, DATABASE_NOT_EMPTY, a directory that is just being made. */
const AT_ONCE = new Set([57, 82, 219, 1000, 1001])

export interface ServerMigration {
  readonly link: ServerLink
  readonly migrations: readonly Migration[]
  readonly settings: Settings
}

async function openedBook(link: ServerLink): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openBook(link)
    } catch (error) {
      if (attempt === 5 || !(error instanceof EngineError && AT_ONCE.has(error.code))) throw error
      await wait(50 * attempt)
    }
  }
}

async function missingOn(link: ServerLink, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  try {
    return await missingMigrations(link, migrations)
  } catch (error) {
    if (error instanceof EngineError && NOTHING_YET.has(error.code)) return migrations
    throw error
  }
}

/**
 * Our own log is not on this server's disk, and the bus forgets: what was answered must survive a power cut here. A setting of each table;
 * in the process it is off, because there the log is the record.
 */
const unsynced = async (link: ServerLink): Promise<readonly string[]> =>
  (await readShapes(link)).filter(({ table, synced }) => !synced && !table.startsWith('schema_')).map(({ table }) => table)

async function pending({ link, migrations }: ServerMigration): Promise<boolean> {
  return (await missingOn(link, migrations)).length > 0 || (await unsynced(link)).length > 0
}

async function applyAll({ link, migrations }: ServerMigration, lease: Lease): Promise<void> {
  for (const migration of await missingMigrations(link, migrations)) {
    lease.check()
    await applyMigration(link, migration)
  }
  for (const table of await unsynced(link)) {
    lease.check()
    await link.write(`ALTER TABLE watchkeeper.${table} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1`)
  }
}

/** Safe to call by any number of processes at once, and again. Throws Failure. */
export async function migrateServer(migration: ServerMigration): Promise<void> {
  const { link, settings: { user, leaseMs, migrateWithinMs, clock } } = migration
  try {
    if (!(await pending(migration))) return
    await openedBook(link)
    const lease = new Lease(link, { leaseMs, withinMs: migrateWithinMs, now: () => Number(clock.now() / 1_000_000n) })
    await lease.hold(() => applyAll(migration, lease), async () => !(await pending(migration)))
  } catch (error) {
    if (error instanceof Failure) throw error
    if (lacksRights(error)) {
      const what = 'make or alter the tables that are missing. Run `watchkeeper migrate` as a user with role watchkeeper_owner'
      throw rightsFailure(user, what, error)
    }
    throw startFailure(error, { user, doing: 'take a migration' })
  }
}
