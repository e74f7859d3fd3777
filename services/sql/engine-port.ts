/** What the SQL endpoint needs of a ClickHouse engine. Adapters throw an EngineException for whatever the engine says no to. */

/** Per table (`database.table`): a row is visible when each of these columns has one of these values. No value: no row. */
export type RowFilters = ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>

export interface SessionSetup {
  readonly database: string
  /** `param_x` as sent: the engine parses them by the type that the query names. */
  readonly parameters: ReadonlyMap<string, string>
  readonly settings: ReadonlyMap<string, string | number>
  readonly rowFilters: RowFilters
}

export interface SqlResult {
  readonly bytes: Buffer
  readonly rowsRead: number
  readonly bytesRead: number
}

/** A session that is read-only from its first statement on and is thrown away. */
export interface SqlSession {
  /** The engine's own spelling of the one statement in `text`, on one line, without comments. Throws for a syntax error and for more than one. */
  canonical(text: string): Promise<string>
  /** The engine's parse of a statement, as `EXPLAIN AST` prints it, with parameters put in. Runs nothing; only for what `canonical` returned. */
  explainAst(canonical: string): Promise<string>
  /** Runs a statement. `format` counts where it names none. */
  run(canonical: string, format: string): Promise<SqlResult>
}

/** Names of the engine that the decision depends on. */
export interface EngineCatalogue {
  readonly version: string
  readonly timezone: string
  readonly databases: readonly string[]
  /** Every table and view of the database: whether it has rows of its own, and a column `tenant`. */
  readonly tables: readonly { readonly name: string; readonly stored: boolean; readonly tenant: boolean }[]
  /** Every function of the engine. */
  readonly functions: readonly string[]
}

export interface SqlEngine {
  /** Throws an EngineException 394 when `signal` is aborted; the query is then killed. */
  session<T>(setup: SessionSetup, task: (session: SqlSession) => Promise<T>, signal?: AbortSignal): Promise<T>
  catalogue(database: string): Promise<EngineCatalogue>
}
