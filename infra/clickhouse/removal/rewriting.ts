/**
 * Getting rows out of large tables for good. Deleting or changing rows in place reads and writes every row of a part by one slow path, search indexes included; so rows are hidden, or
 * followed by blank ones of the same key, and the partition is merged into one part. The dear indexes are left out of that and made again afterwards, in the background.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import type { Changes } from './change.ts'

const POLL_MS = 250
/** A merge that the engine already runs holds ours up. */
const WITHOUT_PROGRESS = 720
/** How often a merge is asked for before parts are changed one by one, which needs less room on the disk. */
const MERGES_TRIED = 3

interface LeftOut {
  /** What merges leave out while rows are taken away. */
  readonly indexes: readonly string[]
  /** What hiding takes off: parts that have it do not merge with parts that have not. */
  readonly projection?: string
}

const LEFT_OUT: ReadonlyMap<string, LeftOut> = new Map<string, LeftOut>([
  ['audit_events', { indexes: ['arguments_text'], projection: 'by_source' }], ['interaction_versions', { indexes: ['arguments_text', 'event_ids_bloom'] }],
])

interface Dirty {
  readonly id: string
  /** Whether most of the partition's rows lie in parts that must be written anew. */
  readonly isMost: boolean
  /** Whether some of its parts have a projection and others not. */
  readonly isMixed: boolean
}

export interface Rewriting {
  readonly table: string
  /** Condition on `system.parts`: parts that still have what must go. */
  readonly dirty: string
  /** Statement behind `ALTER TABLE` that rewrites such parts of a partition without merging. */
  inPlace(partition: string): string
}

export class Rewriter {
  readonly #changes: Changes
  readonly #lanes: number

  /** `lanes`: partitions at a time. */
  constructor(changes: Changes, lanes: number) {
    this.#changes = changes
    this.#lanes = lanes
  }

  /** Before rows of the table are taken away. */
  async prepare(table: string): Promise<void> {
    const indexes = sqlText(LEFT_OUT.get(table)?.indexes.join(',') ?? '')
    await this.#changes.write(`ALTER TABLE watchkeeper.${table} MODIFY SETTING exclude_materialize_skip_indexes_on_merge = ${indexes}, lightweight_mutation_projection_mode = 'drop'`)
  }

  /** After: merges make all indexes again, and those that are missing are made in the background. Also what a removal left that was killed. */
  async restore(): Promise<void> {
    for (const [table, { indexes, projection }] of LEFT_OUT) {
      const isChanged = `(SELECT countIf(engine_full LIKE '%exclude_materialize_skip_indexes_on_merge%') FROM system.tables WHERE database = 'watchkeeper' AND name = ${sqlText(table)})`
      if (await this.#changes.number(isChanged) === 0n) continue
      const again = [...indexes.map((index) => `MATERIALIZE INDEX ${index}`), ...(projection === undefined ? [] : [`MATERIALIZE PROJECTION ${projection}`])]
      await this.#changes.write(`ALTER TABLE watchkeeper.${table} ${again.join(', ')} SETTINGS mutations_sync = 0`)
      await this.#changes.write(`ALTER TABLE watchkeeper.${table} RESET SETTING exclude_materialize_skip_indexes_on_merge, lightweight_mutation_projection_mode`)
    }
  }

  /** Nobody reads these rows any more; their bytes are still there until `rewrite`. */
  async hide(table: string, where: string): Promise<void> {
    if (await this.#changes.number(`(SELECT count() FROM watchkeeper.${table} WHERE ${where})`) === 0n) return
    await this.#changes.write(`DELETE FROM watchkeeper.${table} WHERE ${where} SETTINGS lightweight_deletes_sync = 0, allow_nondeterministic_mutations = 1`)
    await this.#changes.settled(table)
  }

  /** Resolves when no part is dirty any more. Throws Failure `unavailable` when that does not get on for minutes. */
  async rewrite(rewriting: Rewriting): Promise<void> {
    let [before, tried] = ['', 0]
    for (;;) {
      const dirty = await this.#dirty(rewriting)
      if (dirty.length === 0) return
      const now = dirty.map(({ id }) => id).join()
      tried = now === before ? tried + 1 : 0
      before = now
      if (tried > WITHOUT_PROGRESS) throw new Failure('unavailable', 'removal.merge', `ClickHouse did not write rows of ${rewriting.table} anew`, { retryAfterSeconds: 60 })
      if (tried > 0) await wait(POLL_MS)
      await this.#inLanes(dirty, (partition, lane) => this.#one(rewriting, partition, { lane, merge: partition.isMost && tried < MERGES_TRIED }))
    }
  }

  async #one({ table, inPlace }: Rewriting, { id, isMixed }: Dirty, { lane, merge }: { readonly lane: number; readonly merge: boolean }): Promise<void> {
    const projection = LEFT_OUT.get(table)?.projection
    if (merge && isMixed && projection !== undefined) {
      await this.#changes.write(`ALTER TABLE watchkeeper.${table} CLEAR PROJECTION ${projection} IN PARTITION ID ${sqlText(id)} SETTINGS mutations_sync = 0`, lane)
      await this.#changes.settled(table)
    }
    if (merge) return this.#changes.write(`OPTIMIZE TABLE watchkeeper.${table} PARTITION ID ${sqlText(id)} FINAL`, lane)
    await this.#changes.write(`ALTER TABLE watchkeeper.${table} ${inPlace(id)} SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1`, lane)
    await this.#changes.settled(table)
  }

  async #dirty({ table, dirty }: Rewriting): Promise<readonly Dirty[]> {
    const rows = await this.#changes.rows(`SELECT partition_id AS id, 2 * sumIf(rows, ${dirty}) >= sum(rows) AS most,
      countIf(notEmpty(projections)) NOT IN (0, count()) AS mixed FROM system.parts
      WHERE database = 'watchkeeper' AND table = ${sqlText(table)} AND active GROUP BY id HAVING countIf(${dirty}) > 0 ORDER BY sum(rows) DESC, id`)
    return rows.map(({ id, most, mixed }) => ({ id: String(id), isMost: Number(most) === 1, isMixed: Number(mixed) === 1 }))
  }

  async #inLanes<T>(items: readonly T[], work: (item: T, lane: number) => Promise<void>): Promise<void> {
    const left = items.values()
    await Promise.all(Array.from({ length: this.#lanes }, async (_, lane) => {
      for (const item of left) await work(item, lane)
    }))
  }
}
