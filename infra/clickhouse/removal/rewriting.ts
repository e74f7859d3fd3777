/**
 * Getting rows, or what they hold, out of large tables for good: partition by partition, each part written anew in place, and of a part no more columns than must be.
 * The dear index is taken off before and made again afterwards, in the background: it costs as much as all the rest.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../../schemas/failure.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import type { Changes } from './change.ts'

const POLL_MS = 250
/** What comes meanwhile, or a merge that the engine already runs, may leave something to be done again. */
const WITHOUT_PROGRESS = 720

interface LeftOut {
  /** What is slower to make than the column it is made of. */
  readonly index: string
  /** What hiding takes off. */
  readonly projection?: string
}

const LEFT_OUT: ReadonlyMap<string, LeftOut> = new Map<string, LeftOut>([
  ['audit_events', { index: 'arguments_text', projection: 'by_source' }], ['interaction_versions', { index: 'arguments_text' }],
])

interface Dirty {
  readonly id: string
  /** Whether most of the partition's rows lie in parts that must be written anew: then its index is not worth keeping. */
  readonly isMost: boolean
  readonly held: readonly string[]
}

export interface Rewriting {
  readonly table: string
  /** Query for the parts that still have what must go: `name`, and `held`, the columns in which it is. */
  readonly parts: string
  /** Command of `ALTER TABLE` that takes it out of a partition. */
  inPlace(partition: string, held: readonly string[]): string
}

export class Rewriter {
  readonly #changes: Changes
  readonly #lanes: number

  /** `lanes`: partitions at a time. */
  constructor(changes: Changes, lanes: number) {
    this.#changes = changes
    this.#lanes = lanes
  }

  /** After: merges make all indexes again, and those that are missing are made in the background. Also what a removal left that was killed. */
  async restore(): Promise<void> {
    for (const [table, { index, projection }] of LEFT_OUT) {
      const isChanged = `(SELECT countIf(engine_full LIKE '%exclude_materialize_skip_indexes_on_merge%') FROM system.tables WHERE database = 'watchkeeper' AND name = ${sqlText(table)})`
      if (await this.#changes.number(isChanged) === 0n) continue
      const again = [`MATERIALIZE INDEX ${index}`, ...(projection === undefined ? [] : [`MATERIALIZE PROJECTION ${projection}`])]
      await this.#changes.write(`ALTER TABLE watchkeeper.${table} ${again.join(', ')} SETTINGS mutations_sync = 0`)
      await this.#changes.write(`ALTER TABLE watchkeeper.${table} RESET SETTING exclude_materialize_skip_indexes_on_merge, lightweight_mutation_projection_mode`)
    }
  }

  /** Nobody reads these rows any more; their bytes are still there until `rewrite`. */
  async hide(table: string, where: string): Promise<void> {
    if (await this.#changes.number(`(SELECT count() FROM watchkeeper.${table} WHERE ${where})`) === 0n) return
    await this.#prepare(table)
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
      if (tried > WITHOUT_PROGRESS) {
        throw new Failure('unavailable', 'removal.rewrite', `ClickHouse did not write rows of ${rewriting.table} anew`, { retryAfterSeconds: 60 })
      }
      if (tried > 0) await wait(POLL_MS)
      await this.#prepare(rewriting.table)
      await this.#clear(rewriting.table, dirty.filter(({ isMost }) => isMost))
      await this.#inLanes(dirty, (partition, lane) => this.#one(rewriting, partition, lane))
      await this.#changes.settled(rewriting.table)
    }
  }

  /** What `restore` undoes; it knows by this that there is something to make again. */
  async #prepare(table: string): Promise<void> {
    const index = sqlText(LEFT_OUT.get(table)?.index ?? '')
    await this.#changes.write(`ALTER TABLE watchkeeper.${table}
      MODIFY SETTING exclude_materialize_skip_indexes_on_merge = ${index}, lightweight_mutation_projection_mode = 'drop'`)
  }

  /** Takes the dear index off all partitions at once: that writes nothing anew. Said in one statement with what does, it would let partitions wait for each other. */
  async #clear(table: string, partitions: readonly Dirty[]): Promise<void> {
    if (partitions.length === 0) return
    const commands = partitions.map(({ id }) => `CLEAR INDEX ${LEFT_OUT.get(table)?.index ?? ''} IN PARTITION ID ${sqlText(id)}`)
    await this.#changes.write(`ALTER TABLE watchkeeper.${table} ${commands.join(', ')} SETTINGS mutations_sync = 0`)
    await this.#changes.settled(table)
  }

  async #one({ table, inPlace }: Rewriting, { id, held }: Dirty, lane: number): Promise<void> {
    await this.#changes.write(`ALTER TABLE watchkeeper.${table} ${inPlace(id, held)} SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1`, lane)
    await this.#changes.settled(table, id)
  }

  async #dirty({ table, parts }: Rewriting): Promise<readonly Dirty[]> {
    const rows = await this.#changes.rows(`SELECT partition_id AS id, 2 * sumIf(rows, own.name != '') >= sum(rows) AS most, groupUniqArrayArray(own.held) AS held
      FROM system.parts AS one LEFT JOIN (${parts}) AS own ON own.name = one.name
      WHERE database = 'watchkeeper' AND table = ${sqlText(table)} AND active GROUP BY id HAVING countIf(own.name != '') > 0 ORDER BY sum(rows) DESC, id`)
    return rows.map(({ id, most, held }) => ({ id: String(id), isMost: Number(most) === 1, held: (held as readonly unknown[]).map(String) }))
  }

  async #inLanes<T>(items: readonly T[], work: (item: T, lane: number) => Promise<void>): Promise<void> {
    const left = items.values()
    await Promise.all(Array.from({ length: this.#lanes }, async (_, lane) => {
      for (const item of left) await work(item, lane)
    }))
  }
}
