/** Statements that change or drop stored rows, until their old parts are gone from the disk. None of them names a person: the engine keeps their text in files. */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import type { Row } from '../../../schemas/ports.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import { EngineError } from '../engine-error.ts'
import type { StatementRunner } from '../migrate.ts'
import { decodeRows } from '../row-binary.ts'

const POLL_MS = 50
/** The engine lets go of old parts some seconds after they may go. */
const CLEANED_WITHIN_MS = 180_000
const ACCESS_DENIED = 497
/** Months before 2024 have no partition of their own. */
const NO_PARTITION = '190001'

export class Changes {
  readonly #runner: StatementRunner
  readonly #now: () => number

  constructor(runner: StatementRunner, now: () => number) {
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

  async write(sql: string): Promise<void> {
    await this.#run(() => this.#runner.write(sql))
  }

  /** Ids of the partitions in which rows fulfil `where`; a table without partitions has `all`. */
  async partitions(table: string, where: string): Promise<readonly string[]> {
    const rows = await this.rows(`SELECT DISTINCT _partition_id AS id FROM watchkeeper.${table} WHERE ${where} ORDER BY id`)
    return rows.map(({ id }) => String(id))
  }

  /** Changes rows of one partition and waits for it: `DELETE`, or `UPDATE …`. Whatever was begun before and is under way is waited for too. */
  async alter(table: string, partition: string, what: string, where: string): Promise<void> {
    await this.write(`ALTER TABLE watchkeeper.${table} ${what} IN PARTITION ID ${sqlText(partition)} WHERE ${where} SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1`)
    await this.settled(table)
  }

  /** The same in every partition at once; a part without such a row is left as it is. */
  async alterAll(table: string, what: string, where: string): Promise<void> {
    await this.write(`ALTER TABLE watchkeeper.${table} ${what} WHERE ${where} SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1`)
    await this.settled(table)
  }

  async dropPartition(table: string, partition: string): Promise<void> {
    await this.write(`ALTER TABLE watchkeeper.${table} DROP PARTITION ID ${sqlText(partition)}`)
  }

  /** Resolves when no change of the table is under way. */
  async settled(table: string): Promise<void> {
    for (;;) {
      const [row] = await this.rows(
        `SELECT count() AS open, any(latest_fail_reason) AS why FROM system.mutations WHERE database = 'watchkeeper' AND table = ${sqlText(table)} AND NOT is_done`)
      if (Number(row?.['open'] ?? 0) === 0) return
      const why = String(row?.['why'] ?? '')
      if (why !== '') throw new Failure('unavailable', 'removal.mutation', `ClickHouse could not change rows of ${table}: ${why.slice(0, 300)}`, { retryAfterSeconds: 10 })
      await wait(POLL_MS)
    }
  }

  /** Lets the engine remove parts that were replaced at once, and resolves when none is left. False when some still are after three minutes. */
  async cleaned(tables: readonly string[]): Promise<boolean> {
    const list = tables.map(sqlText).join(', ')
    for (const table of tables) {
      await this.write(`ALTER TABLE watchkeeper.${table} MODIFY SETTING old_parts_lifetime = 0`)
      // There is no such partition: to drop one is what makes the engine clean up now, and not when its own thread comes round.
      await this.dropPartition(table, NO_PARTITION)
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
