/** A throw-away database with the real engine, the real migrations and rows of two tenants, and the statements that tests go through. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '../../infra/clickhouse/engine.ts'
import { openStore } from '../../infra/clickhouse/store.ts'
import { SqlRunner } from '../../infra/clickhouse/sql-runner.ts'
import type { SessionSetup } from '../../services/sql/engine-port.ts'

/** `allowed`, `hostile`, …: one statement a line, `⏎` for a line break. */
export const statements = (name: string): string[] =>
  readFileSync(new URL(`../fixtures/sql/${name}.txt`, import.meta.url), 'utf8').trimEnd().split('\n').map((line) => line.replaceAll('⏎', '\n'))

export interface SqlBench {
  readonly engine: Engine
  readonly runner: SqlRunner
  close(): Promise<void>
}

export async function openBench(): Promise<SqlBench> {
  const directory = mkdtempSync(join(tmpdir(), 'wk-sql-'))
  const store = openStore({ directory, readers: 2 })
  await store.migrate()
  const { engine } = store
  return {
    engine,
    runner: new SqlRunner(engine),
    close: async () => {
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Rows of tenants `a` (odd numbers) and `b` (even numbers) in every table that stores rows: 1,000 in each. */
export async function fillTenants(engine: Engine): Promise<void> {
  const stored = await engine.read(
    `SELECT table, name, type FROM system.columns WHERE database = 'watchkeeper' AND table IN
       (SELECT table FROM system.columns WHERE database = 'watchkeeper' AND name = 'tenant')
       AND table IN (SELECT name FROM system.tables WHERE database = 'watchkeeper' AND engine LIKE '%MergeTree') ORDER BY table, position`,
    { format: 'JSONCompactEachRow' },
  )
  const tables = new Map<string, [string, string][]>()
  for (const line of String(stored).trimEnd().split('\n')) {
    const [table, name, type] = JSON.parse(line) as [string, string, string]
    tables.set(table, [...(tables.get(table) ?? []), [name, type]])
  }
  for (const [table, columns] of tables) await engine.write(insertOf(table, columns))
}

function insertOf(table: string, columns: readonly [string, string][]): string {
  const valueOf = (name: string, type: string): string => {
    if (name === 'tenant') return "if(number % 2, 'a', 'b')"
    if (name === 'method') return "'tools/call'"
    if (name === 'outcome') return "if(number % 4 < 2, 'denied', 'ok')"
    if (name === 'principal') return "if(number % 4 < 2, '', concat(if(number % 2, 'a', 'b'), '-principal'))"
    // Views with a row for each entry of these.
    if (name === 'identity_conflicts') return `[concat('{"field":"principal","value":"', if(number % 2, 'a', 'b'), '","holds":true}')]`
    if (name === 'argument_sources') return "map(concat('$.', if(number % 2, 'a', 'b')), 'user')"
    if (name === 'scopes') return "[if(number % 2, 'a', 'b')]"
    if (table === 'policy_versions' && name === 'action') return "'publish'"
    if (name === 'merged_into' || name === 'conflict_with') return "''"
    if (/^(LowCardinality\()?String/.test(type)) return `concat(if(number % 2, 'a', 'b'), '-${name}-', toString(number))`
    if (/^U?Int(32|64)$/.test(type)) return 'number'
    if (type.startsWith('DateTime64')) return "toDateTime64('2026-06-01 00:00:00', 9, 'UTC') + number"
    return `defaultValueOfTypeName('${type.replaceAll("'", "\\'")}')`
  }
  const names = columns.map(([name]) => `\`${name}\``).join(', ')
  return `INSERT INTO watchkeeper.${table} (${names}) SELECT ${columns.map(([name, type]) => valueOf(name, type)).join(', ')} FROM numbers(2000)`
}

export const setup = (database: string, more: Partial<SessionSetup> = {}): SessionSetup => ({
  database, parameters: new Map(), settings: new Map([['implicit_select', 0]]), rowFilters: new Map(), ...more,
})
