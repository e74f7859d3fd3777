/** Statements that change or drop stored rows, until their old parts are gone from the disk. None of them names a person: the engine keeps their text in files. */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import type { Row } from '../../../schemas/ports.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import { EngineError } from '../engine-error.ts'
import type { StatementRunner } from '../migrate.ts'
import { decodeRows } from '../row-binary.ts'

const POLL_MS = 50
/** Each look costs the engine some milliseconds of work: what takes long is looked at less often. */
const SLOWEST_POLL_MS = 500
/** The engine lets go of old parts some seconds after they may go. */
const CLEANED_WITHIN_MS = 180_000
const ACCESS_DENIED = 497
const NO_SUCH_DATA_PART = 232
/** Months before 2024 have no partition of their own. */
const NO_PARTITION = '190001'

/** Statements of one lane wait for each other, those of different lanes do not. */
export interface RemovalRunner extends Pick<StatementRunner, 'read'> {
  write(sql: string, lane?: number): Promise<unknown>
}

export class Changes {
  readonly #runner: RemovalRunner
  readonly #now: () => number

  constructor(runner: RemovalRunner, now: () => number) {
    this.#runner = runner
    this.#now = now
  }

  async rows(sql: string): Promise<readonly Row[]> {
    return decodeRows(await this.#run(() => this.#runner.read(sql, { format: 'RowBinaryWithNamesAndTypes', settings: { log_queries: 0 } })))
  }

  async number(sql: string): Promise<bigint> {
    const [row] = await this.rows(`SELECT toUInt64(${sql}) AS n`)
    return BigInt(row?.['n'] as bigint)
  }

  async write(sql: string, lane = 0): Promise<void> {
    await this.#run(() => this.#runner.write(sql, lane))
  }

  /** Changes rows of a table and waits for it: `DELETE`, or `UPDATE …`. A part without such a row is left as it is; what was begun before and is under way is waited for too. */
  async alter(table: string, what: string, where: string): Promise<void> {
    if (await this.number(`(SELECT count() FROM watchkeeper.${table} WHERE ${where})`) === 0n) return
    await this.write(`ALTER TABLE watchkeeper.${table} ${what} WHERE ${where} SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1`)
    await this.settled(table)
  }

  /**
   * Drops the parts that have no row but such as fulfil `where`, without writing anything anew. A part never changes: a row that arrives meanwhile lies in another one, and
   * a part that was merged meanwhile is there no more. What is left of the rows is to be deleted.
   */
  async dropWholeParts(table: string, where: string): Promise<void> {
    const parts = await this.rows(`SELECT own.name AS name FROM (SELECT _part AS name, count() AS hits FROM watchkeeper.${table} WHERE ${where} GROUP BY name) AS own
      INNER JOIN system.parts AS all ON all.name = own.name AND all.rows = own.hits WHERE all.database = 'watchkeeper' AND all.table = ${sqlText(table)} AND all.active ORDER BY name`)
    for (const { name } of parts) await this.#dropPart(table, String(name))
  }

  async #dropPart(table: string, name: string): Promise<void> {
    try {
      await this.#runner.write(`ALTER TABLE watchkeeper.${table} DROP PART ${sqlText(name)}`)
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== NO_SUCH_DATA_PART) await this.#run(() => Promise.reject(error as Error))
    }
  }

  /** Resolves when no change of the table is under way, or none of that partition alone. */
  async settled(table: string, partition?: string): Promise<void> {
    const own = partition === undefined ? '' : ` AND position(command, ${sqlText(`IN PARTITION ID '${partition}'`)}) > 0`
    for (let pause = POLL_MS; ; pause = Math.min(SLOWEST_POLL_MS, pause * 1.5)) {
      const [row] = await this.rows(
        `SELECT count() AS open, any(latest_fail_reason) AS why FROM system.mutations WHERE database = 'watchkeeper' AND table = ${sqlText(table)} AND NOT is_done${own}`)
      if (Number(row?.['open'] ?? 0) === 0) return
      const why = String(row?.['why'] ?? '')
      if (why !== '') throw new Failure('unavailable', 'removal.mutation', `ClickHouse could not change rows of ${table}: ${why.slice(0, 300)}`, { retryAfterSeconds: 10 })
      await wait(pause)
    }
  }

  /** Lets the engine remove parts that were replaced at once, and resolves when none is left. False when some still are after three minutes. */
  async cleaned(tables: readonly string[]): Promise<boolean> {
    const list = tables.map(sqlText).join(', ')
    for (const table of tables) {
      await this.write(`ALTER TABLE watchkeeper.${table} MODIFY SETTING old_parts_lifetime = 0`)
      // There is no such partition: to drop one is what makes the engine clean up now, and not when its own thread comes round.
      await this.write(`ALTER TABLE watchkeeper.${table} DROP PARTITION ID ${sqlText(NO_PARTITION)}`)
    }
    try {
      const until = this.#now() + CLEANED_WITHIN_MS
      while (this.#now() < until) {
        if (await this.number(`(SELECT count() FROM system.parts WHERE database = 'watchkeeper' AND table IN (${list}) AND NOT active)`) === 0n) return true
        await wait(POLL_MS * 4)
      }
      return false
    } finally {
      for (const table of tables) await this.write(`ALTER TABLE watchkeeper.${table} RESET SETTING old_parts_lifetime`)
    }
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      if (error.code === ACCESS_DENIED) {
        throw new Failure('misconfigured', 'removal.rights', 'The user of ClickHouse may not change rows: give it role watchkeeper_remover (infra/clickhouse/roles/01_services.sql).', { cause: error })
      }
      throw new Failure('unavailable', 'removal.statement', `ClickHouse did not do what a removal asked: ${error.symbol} (${error.code})`, { cause: error, retryAfterSeconds: 5 })
    }
  }
}
