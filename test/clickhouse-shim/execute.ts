/** One request of ClickHouse's HTTP interface on the engine in the process: a session of its own, its settings and parameters, an insert's block. */
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assignments } from '../../infra/clickhouse/bindings.ts'
import type { Engine } from '../../infra/clickhouse/engine.ts'
import { EngineError } from '../../infra/clickhouse/engine-error.ts'
import { sqlText } from '../../schemas/sql-literal.ts'

export interface Statement {
  readonly sql: string
  /** What follows an insert's FORMAT. */
  readonly data: Buffer
  readonly settings: ReadonlyMap<string, string>
  /** In text form. */
  readonly parameters: ReadonlyMap<string, string>
}

const INSERT = /^(INSERT INTO [\w.]+ \([^)]*\)) FORMAT Native$/

/** A block can only reach the engine as a file. The rest of the statement, its settings above all, is as sent. */
async function inserted(sql: string, data: Buffer, run: (sql: string) => Promise<Buffer>): Promise<Buffer> {
  const head = INSERT.exec(sql)?.[1]
  if (head === undefined) throw new EngineError(62, 'SYNTAX_ERROR', 'the shim knows inserts of Native blocks only')
  if (data.length === 0) throw new EngineError(108, 'NO_DATA_TO_INSERT', 'No data to insert')
  const path = join(tmpdir(), `shim-${randomBytes(8).toString('hex')}.native`)
  writeFileSync(path, data)
  try {
    return await run(`${head} SELECT * FROM file(${sqlText(path)}, 'Native')`)
  } finally {
    rmSync(path)
  }
}

/** Throws EngineError. */
export function execute(engine: Engine, { sql, data, settings, parameters }: Statement): Promise<Buffer> {
  const readonly = settings.get('readonly')
  const typed = [...settings].map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value] as const)
  const others = Object.fromEntries(typed.filter(([name]) => name !== 'readonly'))
  const before = [
    ...assignments(others),
    ...[...parameters].map(([name, value]) => `SET param_${name} = ${sqlText(value)}`),
    ...(readonly === undefined ? [] : [`SET readonly = ${Number(readonly)}`]),
  ]
  return engine.withReader(async (session) => {
    if (before.length > 0) await session.run(before.join('; '), 'Null')
    const run = async (statement: string): Promise<Buffer> => (await session.run(statement, 'TabSeparated')).bytes
    return /^INSERT INTO .* FORMAT \w+$/s.test(sql) ? inserted(sql, data, run) : run(sql)
  })
}
