/** One request of ClickHouse's HTTP interface on the engine in the process: its settings and parameters, an insert's block. */
import { assignments, settingsText } from '../../infra/clickhouse/bindings.ts'
import { blockDirectories, withBlockFile } from '../../infra/clickhouse/block-files.ts'
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

const BLOCKS = blockDirectories()

/** Numbers of the writing sessions that are free, lowest first: inserts run beside each other, as on a server, and no more sessions are made than that takes. */
const busy = new Set<number>()

async function onFreeLane(engine: Engine, sql: string): Promise<Buffer> {
  let lane = 0
  while (busy.has(lane)) lane++
  busy.add(lane)
  try {
    return await engine.write(sql, `insert ${lane}`)
  } finally {
    busy.delete(lane)
  }
}

/** A block can only reach the engine as a file. What it does with it is as sent, settings above all, and costs no session of its own: a server's inserts do not either. */
async function inserted(engine: Engine, { sql, data, settings }: Pick<Statement, 'sql' | 'data'> & { readonly settings: Readonly<Record<string, string | number>> }): Promise<Buffer> {
  const head = INSERT.exec(sql)?.[1]
  if (head === undefined) throw new EngineError(62, 'SYNTAX_ERROR', 'the shim knows inserts of Native blocks only')
  if (data.length === 0) throw new EngineError(108, 'NO_DATA_TO_INSERT', 'No data to insert')
  return await withBlockFile(BLOCKS, [data], (path) => onFreeLane(engine, `${head} FROM INFILE ${sqlText(path)} SETTINGS ${settingsText(settings)} FORMAT Native`))
}

/** Throws EngineError. */
export function execute(engine: Engine, { sql, data, settings, parameters }: Statement): Promise<Buffer> {
  const readonly = settings.get('readonly')
  const typed = [...settings].map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value] as const)
  const others = Object.fromEntries(typed.filter(([name]) => name !== 'readonly'))
  if (/^INSERT INTO .* FORMAT \w+$/s.test(sql)) return inserted(engine, { sql, data, settings: others })
  const before = [
    ...assignments(others),
    ...[...parameters].map(([name, value]) => `SET param_${name} = ${sqlText(value)}`),
    ...(readonly === undefined ? [] : [`SET readonly = ${Number(readonly)}`]),
  ]
  return engine.withReader(async (session) => {
    if (before.length > 0) await session.run(before.join('; '), 'Null')
    return (await session.run(sql, 'TabSeparated')).bytes
  })
}
