/**
 * How much each token may send: token buckets over requests and over bytes. A body is paid for when its size is known, so a bucket may go
 * below nothing; until it is above again nothing more is taken. On average the rate holds, and no body is too large for its burst.
 */
import type { Clock } from '../../schemas/ports.ts'
import type { Budget } from '../../schemas/token-record.ts'
import type { Admitted } from './authenticate.ts'

export type Spent = 'bytes' | 'requests'

export interface BudgetTelemetry {
  /** Paid for, by whoever. */
  taken(name: string, what: Spent, amount: number): void
  refused(name: string, what: Spent): void
}

interface Bucket {
  level: number
  /** Nanoseconds. */
  at: bigint
}

interface Account {
  readonly bytes: Bucket
  readonly requests: Bucket
}

interface Rate {
  readonly perSecond: number
  readonly burst: number
}

const BURST_S = 10
/** SDKs give up when the wait is longer than what is left of their ten seconds, so they are never told more. */
const MAX_WAIT_S = 3

function rateOf(budget: Budget | undefined, what: Spent): Rate | undefined {
  const [perSecond, burst] = what === 'bytes'
    ? [budget?.bytes_per_second, budget?.burst_bytes]
    : [budget?.requests_per_second, budget?.burst_requests]
  return perSecond === undefined ? undefined : { perSecond, burst: burst ?? Math.max(1, perSecond * BURST_S) }
}

function fill(bucket: Bucket, { perSecond, burst }: Rate, now: bigint): void {
  // A clock that was set back gives nothing for the time that it repeats.
  const seconds = bucket.at === -1n ? Infinity : Math.max(0, Number(now - bucket.at) / 1e9)
  bucket.level = Math.min(burst, seconds === Infinity ? burst : bucket.level + seconds * perSecond)
  bucket.at = now
}

/** `OverBudget.seconds`: when to come again, 1 to 3. */
export interface OverBudget {
  readonly what: Spent
  readonly seconds: number
}

export class Budgets {
  readonly #common: Budget
  readonly #clock: Clock
  readonly #telemetry: BudgetTelemetry
  /** By name; names come from the configuration and the token file alone. */
  readonly #accounts = new Map<string, Account>()

  /** `common`: for whoever has no budget of its own; of its numbers those that are absent do not count. */
  constructor(common: Budget, clock: Clock, telemetry: BudgetTelemetry) {
    this.#common = common
    this.#clock = clock
    this.#telemetry = telemetry
  }

  /** Whether there is something left. Spends nothing, so it can be asked before a body is read. */
  over(who: Admitted): OverBudget | undefined {
    return this.#short(who, 'requests', 1) ?? this.#short(who, 'bytes', Number.MIN_VALUE)
  }

  /** The same, and one request is spent where there is. */
  begin(who: Admitted): OverBudget | undefined {
    const over = this.over(who)
    if (over !== undefined) return over
    this.#spend(who, 'requests', 1)
    return undefined
  }

  spendBytes(who: Admitted, bytes: number): void {
    if (bytes > 0) this.#spend(who, 'bytes', bytes)
  }

  #short(who: Admitted, what: Spent, least: number): OverBudget | undefined {
    const rate = rateOf(who.budget ?? this.#common, what)
    if (rate === undefined) return undefined
    const bucket = this.#account(who.name)[what]
    fill(bucket, rate, this.#clock.now())
    if (bucket.level >= least) return undefined
    this.#telemetry.refused(who.name, what)
    return { what, seconds: Math.min(MAX_WAIT_S, Math.max(1, Math.ceil((least - bucket.level) / rate.perSecond))) }
  }

  #spend(who: Admitted, what: Spent, amount: number): void {
    this.#telemetry.taken(who.name, what, amount)
    const rate = rateOf(who.budget ?? this.#common, what)
    if (rate === undefined) return
    const bucket = this.#account(who.name)[what]
    fill(bucket, rate, this.#clock.now())
    bucket.level -= amount
  }

  #account(name: string): Account {
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const made = { bytes: { level: 0, at: -1n }, requests: { level: 0, at: -1n } }
    this.#accounts.set(name, made)
    return made
  }
}

/** The sentence that the sender gets. */
export const overBudgetMessage = ({ what, seconds }: OverBudget): string =>
  `Too many ${what} for this token: send this again in ${seconds} second${seconds === 1 ? '' : 's'}, and fewer.`
