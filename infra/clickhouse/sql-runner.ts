/**
 * The in-process engine as the SQL endpoint needs it: users' statements on sessions of their own, read-only from the start. Rejects with EngineError.
 * The shapes are those of the endpoint's port; where both are wired together the compiler compares them.
 */
import { sqlText } from '../../schemas/sql-literal.ts'
import { identifier } from './bindings.ts'
import type { Engine, EngineResult, Reader } from './engine.ts'
import { EngineError } from './engine-error.ts'

export interface RunnerSetup {
  readonly database: string
  /** In the text form that the engine parses by the type that the query names. */
  readonly parameters: ReadonlyMap<string, string>
  readonly settings: ReadonlyMap<string, string | number>
  /** `database.table` → column → values; a row is visible when all columns match. */
  readonly rowFilters: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>
}

export interface RunnerSession {
  canonical(text: string): Promise<string>
  explainAst(canonical: string): Promise<string>
  run(canonical: string, format: string): Promise<EngineResult>
}

export interface RunnerCatalogue {
  readonly version: string
  readonly timezone: string
  readonly databases: readonly string[]
  readonly tables: readonly { readonly name: string; readonly stored: boolean; readonly tenant: boolean }[]
  readonly functions: readonly string[]
}

const plain = (name: string): string => {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) throw new EngineError(36, 'BAD_ARGUMENTS', 'A setting or parameter needs a plain name')
  return name
}

const condition = (columns: Readonly<Record<string, readonly string[]>>): string => {
  const parts = Object.entries(columns).map(([column, values]) =>
    values.length === 0 ? '0' : `${identifier(column)} IN (${values.map(sqlText).join(', ')})`,
  )
  return parts.length === 0 ? '0' : parts.join(' AND ')
}

/** `SET` of everything, the row filters next to last and `readonly` last: nothing can be changed after it. */
function opening(setup: RunnerSetup): string {
  const parameters = [...setup.parameters].map(([name, value]) => `param_${plain(name)} = ${sqlText(value)}`)
  const settings = [...setup.settings].map(([name, value]) => `${plain(name)} = ${typeof value === 'number' ? value : sqlText(value)}`)
  const filters = [...setup.rowFilters].map(([table, columns]) => `${sqlText(table)}: ${sqlText(condition(columns))}`)
  return [
    `USE ${identifier(setup.database)}`,
    ...parameters.map((assignment) => `SET ${assignment}`),
    ...(settings.length === 0 ? [] : [`SET ${settings.join(', ')}`]),
    `SET additional_table_filters = {${filters.join(', ')}}`,
    'SET readonly = 1',
  ].join('; ')
}

/** An error about the wrapped text names our own statement: the user's position in it is kept, the wrapping is not. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error
  const at = error.message.lastIndexOf(': In scope SELECT formatQuery')
  return at === -1 ? error : new EngineError(error.code, error.symbol, error.message.slice(0, at), error.cause)
}

function sessionOn(reader: Reader): RunnerSession {
  return {
    async canonical(text) {
      try {
        return String((await reader.run(`SELECT formatQuerySingleLine(${sqlText(text)})`, 'RawBLOB')).bytes)
      } catch (error) {
        throw unwrapped(error)
      }
    },
    explainAst: async (canonical) => String((await reader.run(`EXPLAIN AST ${canonical}`, 'TSVRaw')).bytes),
    run: (canonical, format) => reader.run(canonical, format),
  }
}

const CATALOGUE = (database: string): readonly string[] => [
  'SELECT version() AS version, timezone() AS timezone',
  'SELECT name FROM system.databases',
  `SELECT name, engine != 'View' AS stored,
     name IN (SELECT table FROM system.columns WHERE database = ${sqlText(database)} AND name = 'tenant') AS tenant
   FROM system.tables WHERE database = ${sqlText(database)}`,
  'SELECT name FROM system.functions',
]

async function rowsOf(reader: Reader, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = String((await reader.run(sql, 'JSONEachRow')).bytes)
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
}

async function catalogueOn(reader: Reader, database: string): Promise<RunnerCatalogue> {
  const results: (readonly Readonly<Record<string, unknown>>[])[] = []
  for (const sql of CATALOGUE(database)) results.push(await rowsOf(reader, sql))
  const names = (index: number): string[] => (results[index] ?? []).map((row) => String(row['name']))
  return {
    version: String(results[0]?.[0]?.['version']),
    timezone: String(results[0]?.[0]?.['timezone']),
    databases: names(1),
    tables: (results[2] ?? []).map((row) => ({ name: String(row['name']), stored: row['stored'] === 1, tenant: row['tenant'] === 1 })),
    functions: names(3),
  }
}

/** The port's two verbs on an engine. */
export class SqlRunner {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  session<T>(setup: RunnerSetup, task: (session: RunnerSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#engine.withReader(async (reader) => {
      await reader.run(opening(setup), 'Null')
      return task(sessionOn(reader))
    }, signal)
  }

  catalogue(database: string): Promise<RunnerCatalogue> {
    return this.#engine.withReader((reader) => catalogueOn(reader, database))
  }
}
