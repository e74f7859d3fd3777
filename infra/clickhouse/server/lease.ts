/**
 * A lease without Keeper: whoever's insert under the token of the next turn comes first has it, because a server drops the second insert of
 * a token. Times are the server's clock alone. Every holder, also the next one after a crash, is one turn further.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import { settingsText } from '../bindings.ts'
import type { StatementRunner } from '../migrate.ts'
import { decodeRows } from '../row-binary.ts'

const TABLE = `CREATE TABLE IF NOT EXISTS watchkeeper.schema_lease
   (
     turn UInt64 COMMENT 'Grows by one with every holder and every renewal',
     holder String COMMENT 'Process that migrates, by a random name',
     until DateTime64(3, 'UTC') COMMENT 'When it is taken for dead, by the server''s clock'
   )
   ENGINE = MergeTree ORDER BY turn SETTINGS non_replicated_deduplication_window = 10000
   COMMENT 'Who may change the tables: of several processes that start at once, one at a time'`

export interface LeaseOptions {
  readonly leaseMs: number
  /** How long to wait for others, by `now`. */
  readonly withinMs: number
  /** Milliseconds; any origin. */
  readonly now: () => number
}

interface Turn {
  readonly turn: bigint
  readonly holder: string
  readonly free: boolean
}

const POLL_MS = 100

const taken = (what: string): Failure => new Failure('unavailable', 'store.migrating', `Another process ${what}`, { retryAfterSeconds: 3 })

export class Lease {
  readonly #runner: StatementRunner
  readonly #options: LeaseOptions
  readonly #me = randomUUID()
  #lost: unknown

  constructor(runner: StatementRunner, options: LeaseOptions) {
    this.#runner = runner
    this.#options = options
  }

  /** Runs `task` as the only holder. `done` is asked while others hold it: true = there is nothing left to do. Throws Failure `unavailable`. */
  async hold(task: () => Promise<void>, done: () => Promise<boolean>): Promise<void> {
    await this.#runner.write(TABLE)
    const until = this.#options.now() + this.#options.withinMs
    while (!(await this.#take())) {
      if (await done()) return
      if (this.#options.now() > until) throw taken('has been migrating ClickHouse all the time')
      await wait(POLL_MS)
    }
    const renewal = setInterval(() => void this.#renew(), this.#options.leaseMs / 3)
    try {
      await task()
    } finally {
      clearInterval(renewal)
      // Not released is not lost: it runs out.
      await this.#claim(0).catch(() => false)
    }
  }

  /** Before each step that only a holder may do. Throws Failure `unavailable` when the lease went to another process. */
  check(): void {
    if (this.#lost !== undefined) throw this.#lost
  }

  async #latest(): Promise<Turn> {
    const sql = 'SELECT turn, holder, until <= now64(3) AS free FROM watchkeeper.schema_lease ORDER BY turn DESC LIMIT 1'
    const [row] = decodeRows(await this.#runner.read(sql, { format: 'RowBinaryWithNamesAndTypes' }))
    if (row === undefined) return { turn: 0n, holder: '', free: true }
    return { turn: row['turn'] as bigint, holder: row['holder'] as string, free: row['free'] === 1 }
  }

  async #take(): Promise<boolean> {
    const { free } = await this.#latest()
    return free && this.#claim(this.#options.leaseMs)
  }

  /** Puts in for the turn behind the latest, for `ms`; true when it is ours. An insert that is repeated is the same insert. */
  async #claim(ms: number): Promise<boolean> {
    const { turn, holder, free } = await this.#latest()
    if (holder !== this.#me && !free) return false
    const settings = settingsText({ insert_deduplication_token: `schema_lease:${turn + 1n}`, deduplicate_insert: 'enable', async_insert: 0 })
    await this.#runner.write(`INSERT INTO watchkeeper.schema_lease SETTINGS ${settings}
      SELECT ${turn + 1n}, ${sqlText(this.#me)}, now64(3) + toIntervalMillisecond(${ms})`)
    const [row] = decodeRows(await this.#runner.read(
      `SELECT holder FROM watchkeeper.schema_lease WHERE turn = ${turn + 1n}`, { format: 'RowBinaryWithNamesAndTypes' }))
    return row?.['holder'] === this.#me
  }

  async #renew(): Promise<void> {
    try {
      if (!(await this.#claim(this.#options.leaseMs))) this.#lost = taken('took over the migration')
    } catch (error) {
      this.#lost = error
    }
  }
}
