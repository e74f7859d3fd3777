/**
 * Of several processes, one removes at a time: whoever's insert under the token of the next turn comes first. A holder that has been silent for two minutes, by the waiting
 * process's own clock, is taken for dead; the clocks of two machines are never compared.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../schemas/failure.ts'
import type { Clock, Store } from '../../schemas/ports.ts'

export interface TurnOptions {
  /** Nobody else can have these tables open: whoever held the turn before is gone. */
  readonly alone: boolean
  readonly renewMs: number
  readonly silentMs: number
  readonly pollMs: number
  /** Milliseconds that only grow. */
  elapsed(): number
}

export const TURN_DEFAULTS = { renewMs: 20_000, silentMs: 120_000, pollMs: 500, elapsed: () => performance.now() } as const

interface Latest {
  readonly turn: bigint
  readonly holder: string
}

/** Throws Failure `unavailable` (`removal.turn`) once another process has the turn. */
export type CheckTurn = () => void

export class RemovalTurns {
  readonly #store: Pick<Store, 'query' | 'insertRows'>
  readonly #clock: Clock
  readonly #options: TurnOptions
  readonly #me = randomUUID()

  constructor(store: Pick<Store, 'query' | 'insertRows'>, clock: Clock, options: TurnOptions) {
    this.#store = store
    this.#clock = clock
    this.#options = options
  }

  /** Waits for the turn and works while it is ours. */
  async during<T>(tenant: string, work: (check: CheckTurn) => Promise<T>): Promise<T> {
    await this.#take(tenant)
    let [lost, heard] = [false, this.#options.elapsed()]
    const renew = async (): Promise<void> => {
      if (await this.#put(tenant)) heard = this.#options.elapsed()
      else lost = true
    }
    // A renewal that fails may succeed the next time; others wait longer than this does.
    const timer = setInterval(() => void renew().catch(() => undefined), this.#options.renewMs)
    try {
      return await work(() => {
        if (lost || this.#options.elapsed() - heard > this.#options.silentMs / 2) {
          throw new Failure('unavailable', 'removal.turn', 'Another process may have taken over what this one was removing', { retryAfterSeconds: 30 })
        }
      })
    } finally {
      clearInterval(timer)
      // Not given back is not lost: it runs out.
      if (!lost) await this.#put('', '').catch(() => undefined)
    }
  }

  async #latest(): Promise<Latest> {
    const [row] = await this.#store.query('SELECT turn, holder FROM watchkeeper.removal_turns ORDER BY turn DESC LIMIT 1')
    return row === undefined ? { turn: 0n, holder: '' } : { turn: BigInt(row['turn'] as bigint), holder: String(row['holder']) }
  }

  async #take(tenant: string): Promise<void> {
    const { alone, silentMs, pollMs, elapsed } = this.#options
    let [seen, since] = [await this.#latest(), elapsed()]
    for (;;) {
      const isFree = alone || seen.holder === '' || seen.holder === this.#me || elapsed() - since > silentMs
      if (isFree && await this.#claim(seen, tenant, this.#me)) return
      await wait(pollMs)
      const latest = await this.#latest()
      if (latest.turn !== seen.turn) [seen, since] = [latest, elapsed()]
    }
  }

  /** Puts in for the turn behind the one that is ours; false when it is not ours any more. */
  async #put(tenant: string, holder: string = this.#me): Promise<boolean> {
    const latest = await this.#latest()
    return latest.holder === this.#me && this.#claim(latest, tenant, holder)
  }

  async #claim({ turn }: Latest, tenant: string, holder: string): Promise<boolean> {
    const next = turn + 1n
    await this.#store.insertRows('removal_turns', [{ turn: next, tenant, holder, taken_at: this.#clock.now() }], `removal-turn:${next}`)
    const [row] = await this.#store.query('SELECT holder FROM watchkeeper.removal_turns WHERE turn = {turn:UInt64}', { turn: next })
    return row?.['holder'] === holder
  }
}
