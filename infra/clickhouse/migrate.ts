/** Numbered SQL files, each applied once and remembered with its hash in `watchkeeper.schema_migrations`. */
import { hash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { Failure } from '../../schemas/failure.ts'
import type { Row } from '../../schemas/ports.ts'
import { sqlText } from '../../schemas/sql-literal.ts'
import { settingsText } from './bindings.ts'
import type { ReadOptions } from './engine.ts'
import { decodeRows } from './row-binary.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sha256: string
  readonly statements: readonly string[]
}

/** Where statements go: an engine in the process, or a server. Both throw EngineError. */
export interface StatementRunner {
  write(sql: string): Promise<unknown>
  read(sql: string, options?: Omit<ReadOptions, 'signal'>): Promise<Buffer>
}

const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/

/** The statements of a file: each ends with `;` at the end of a line. */
export const statementsOf = (text: string): string[] => text.split(/;[ \t]*(?:\r?\n|$)/).map((s) => s.trim()).filter((s) => s !== '')

/** The migrations in a directory, in order of their numbers. */
export function readMigrations(directory = new URL('./migrations/', import.meta.url)): Migration[] {
  const files = readdirSync(directory).filter((name) => FILE.test(name)).sort()
  return files.map((file) => {
    const text = readFileSync(new URL(file, directory), 'utf8')
    const [, number, name] = FILE.exec(file) ?? []
    return { number: Number(number), name: name ?? '', sha256: hash('sha256', text, 'hex'), statements: statementsOf(text) }
  })
}

const BOOK = [
  'CREATE DATABASE IF NOT EXISTS watchkeeper ENGINE = Atomic',
  `CREATE TABLE IF NOT EXISTS watchkeeper.schema_migrations
   (
     number UInt32 COMMENT 'Number of the migration',
     name String COMMENT 'Its name',
     sha256 String COMMENT 'SHA-256 of its file',
     applied_at DateTime64(9, 'UTC') COMMENT 'When it was applied, by the engine''s clock'
   )
   ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 10000 COMMENT 'Migrations that this database has'`,
]

function check(applied: readonly Row[], known: readonly Migration[]): void {
  for (const row of applied) {
    const file = known.find((migration) => migration.number === row['number'])
    if (file === undefined) {
      const which = `${String(row['number'])} (${String(row['name'])})`
      throw new Failure('misconfigured', 'store.newer',
        `The database has migration ${which}, which this version does not know: start the newer version.`)
    }
    if (file.sha256 !== row['sha256']) {
      throw new Failure('misconfigured', 'store.migration_changed',
        `Migration ${file.number} (${file.name}) was changed after it was applied: restore the file and add a new migration.`)
    }
  }
}

/** Makes the database and the book of what was applied, where they are missing. */
export async function openBook(runner: StatementRunner): Promise<void> {
  for (const statement of BOOK) await runner.write(statement)
}

/** What the book does not have. Throws Failure `misconfigured` for a changed or unknown migration. */
export async function missingMigrations(runner: StatementRunner, known: readonly Migration[]): Promise<readonly Migration[]> {
  const sql = 'SELECT number, any(name) AS name, any(sha256) AS sha256 FROM watchkeeper.schema_migrations GROUP BY number'
  const applied = decodeRows(await runner.read(sql, { format: 'RowBinaryWithNamesAndTypes' }))
  check(applied, known)
  const have = new Set(applied.map((row) => row['number']))
  return known.filter((migration) => !have.has(migration.number))
}

/** Applies what is missing; returns the numbers applied now. Throws Failure `misconfigured` for a changed or unknown migration. */
export async function migrate(runner: StatementRunner, known: readonly Migration[]): Promise<number[]> {
  await openBook(runner)
  const missing = await missingMigrations(runner, known)
  for (const migration of missing) await applyMigration(runner, migration)
  return missing.map((migration) => migration.number)
}

/** Statements are written so that they can run again: a crash between them and the record leads to that. */
export async function applyMigration(runner: StatementRunner, { number, name, sha256, statements }: Migration): Promise<void> {
  for (const statement of statements) await runner.write(statement)
  const settings = settingsText({ insert_deduplication_token: `migration:${number}:${sha256}`, deduplicate_insert: 'enable' })
  await runner.write(`INSERT INTO watchkeeper.schema_migrations SETTINGS ${settings}
    SELECT ${number}, ${sqlText(name)}, ${sqlText(sha256)}, now64(9)`)
}
