/** Numbers that an emitter counted and that never came, per session. */
import type { CoverageSource } from '../../schemas/coverage.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlTime, sqlTexts } from '../../schemas/sql-literal.ts'
import { sourceKey } from './contracts.ts'

/** One record of a session. Times in nanoseconds. */
export interface Numbered {
  /** By the emitter's clock. */
  readonly at: bigint
  readonly number: bigint
  readonly receivedAt: bigint
}

/** A lower number that comes so soon after a higher one was only written later: else the count began anew. */
const SWAPPED_NS = 1_000_000_000n
/** A leap so far is a count of its own, not as many losses. */
const FARTHEST_LEAP = 100_000n

/** Numbers from where counting began, or began anew. */
class Run {
  readonly #numbers = new Map<bigint, bigint>()
  #low: bigint
  #high: bigint
  #highAt: bigint

  constructor({ at, number, receivedAt }: Numbered) {
    this.#low = number
    this.#high = number
    this.#highAt = at
    this.#numbers.set(number, receivedAt)
  }

  /** False: it belongs to a run of its own. The same number again is the same record, or a restart that hides nothing. */
  takes({ at, number, receivedAt }: Numbered): boolean {
    if (this.#numbers.has(number)) return true
    if (number > this.#high) {
      if (number - this.#high > FARTHEST_LEAP) return false
      this.#high = number
      this.#highAt = at
    } else if (at - this.#highAt > SWAPPED_NS) return false
    if (number < this.#low) this.#low = number
    this.#numbers.set(number, receivedAt)
    return true
  }

  /** Up to the highest that came before `settled`: behind it some may be on their way. */
  missing(settled: bigint): number {
    let [high, count] = [this.#low - 1n, 0]
    for (const [number, receivedAt] of this.#numbers) if (receivedAt <= settled && number > high) high = number
    for (const number of this.#numbers.keys()) if (number <= high) count++
    return Math.max(0, Number(high - this.#low) + 1 - count)
  }
}

const inOrder = (a: Numbered, b: Numbered): number => (a.at === b.at ? Number(a.number - b.number) : a.at < b.at ? -1 : 1)

/** How many numbers of a session never came. Restarts, repetitions and disorder are none. `settled`: nanoseconds of receipt. */
export function missingNumbers(records: readonly Numbered[], settled: bigint): number {
  const runs: Run[] = []
  for (const record of [...records].sort(inOrder)) if (runs.at(-1)?.takes(record) !== true) runs.push(new Run(record))
  return runs.reduce((sum, run) => sum + run.missing(settled), 0)
}

export interface SequenceFacts {
  readonly sessions: number
  readonly gaps: number
}

/** Sessions of one look whose numbers are looked at one by one, how long their ids may be (they become a part of a query), and numbers of one of them. */
const MOST_SESSIONS = 200
const LONGEST_SESSION = 256
const MOST_NUMBERS = 100_000
const SETTLED_NS = 120_000_000_000n

/** By source. A session counts where its last record came from. `emitters`: those that send numbers; nothing is asked where there are none. */
export async function readSequences(store: Pick<Store, 'query'>, span: { readonly since: bigint; readonly now: bigint }, emitters: readonly string[]): Promise<ReadonlyMap<string, SequenceFacts>> {
  const facts = new Map<string, SequenceFacts>()
  if (emitters.length === 0) return facts
  const where = `sequence >= 0 AND received_at >= ${sqlTime(span.since)} AND length(conversation) <= ${LONGEST_SESSION} AND emitter IN ${sqlTexts(emitters)}`
  const sessions = await store.query(`SELECT tenant, source, emitter, conversation, argMax((scope_version, service_version, mapping_version), received_at) AS versions,
      max(sequence) - min(sequence) + 1 != uniqExact(sequence) AS odd
    FROM watchkeeper.audit_events WHERE ${where} GROUP BY tenant, source, emitter, conversation ORDER BY odd DESC, max(received_at) DESC LIMIT 20000`)
  const odd = sessions.filter(({ odd: is }) => Number(is) === 1).slice(0, MOST_SESSIONS)
  const gaps = await gapsIn(store, where, { odd, settled: span.now - SETTLED_NS })
  for (const session of sessions) {
    const key = sourceKey(sourceOf(session))
    const known = facts.get(key) ?? { sessions: 0, gaps: 0 }
    facts.set(key, { sessions: known.sessions + 1, gaps: known.gaps + (gaps.get(sessionKey(session)) ?? 0) })
  }
  return facts
}

function sourceOf(row: Row): CoverageSource {
  const [scope_version, service_version, mapping_version] = row['versions'] as [string, string, string]
  return { tenant: String(row['tenant']), source: String(row['source']), emitter: String(row['emitter']), scope_version, service_version, mapping_version }
}

const sessionKey = (row: Row): string => JSON.stringify([row['tenant'], row['source'], row['emitter'], row['conversation']])

async function gapsIn(
  store: Pick<Store, 'query'>, where: string, { odd, settled }: { readonly odd: readonly Row[]; readonly settled: bigint },
): Promise<ReadonlyMap<string, number>> {
  if (odd.length === 0) return new Map()
  const wanted = new Set(odd.map(sessionKey))
  const rows = await store.query(`SELECT tenant, source, emitter, conversation,
      groupArray(${MOST_NUMBERS})((toUnixTimestamp64Nano(if(ended_at > started_at, ended_at, started_at)), sequence, toUnixTimestamp64Nano(received_at))) AS records
    FROM watchkeeper.audit_events WHERE ${where} AND conversation IN ${sqlTexts(odd.map(({ conversation }) => String(conversation)))}
    GROUP BY tenant, source, emitter, conversation`)
  return new Map(rows.filter((row) => wanted.has(sessionKey(row))).map((row) => {
    const records = (row['records'] as readonly (readonly [bigint, bigint, bigint])[]).map(([at, number, receivedAt]) => ({ at, number, receivedAt }))
    return [sessionKey(row), missingNumbers(records, settled)]
  }))
}
