/** How the log is made to forget: a new key at once, and the old ones destroyed when nobody needs to read what they sealed. */
import { randomUUID } from 'node:crypto'
import type { Bus, PartitionLag } from '../../schemas/ports.ts'
import type { End, Retirement } from '../../schemas/sealing.ts'
import type { KeyRing } from './key-ring.ts'

const DAY_MS = 86_400_000

export interface ForgettingOptions {
  /** Readers that begin anew may go back so far, milliseconds. */
  readonly readBackMs: number
  /** Where other processes write too: the longest that one of them can go on using a key after it was retired, milliseconds. */
  readonly settleMs?: number
  /** How long anything is kept at most; undefined: nobody knows. Milliseconds. */
  readonly keptMs?: number
  now(): number
}

export class Forgetting {
  readonly #ring: KeyRing
  readonly #bus: Pick<Bus, 'lag'>
  readonly #options: ForgettingOptions
  #before: () => Promise<void> = () => Promise.resolve()
  #needing: (keys: ReadonlySet<string>) => Promise<readonly string[]> = () => Promise.resolve([])

  constructor(ring: KeyRing, bus: Pick<Bus, 'lag'>, options: ForgettingOptions) {
    this.#ring = ring
    this.#bus = bus
    this.#options = options
  }

  /** What is done before keys are destroyed: whatever is still needed is sealed anew. */
  beforeDestroying(work: () => Promise<void>): void {
    this.#before = work
  }

  /** Names of what other processes still need these keys for: it is waited for. */
  neededFor(names: (keys: ReadonlySet<string>) => Promise<readonly string[]>): void {
    this.#needing = names
  }

  /** `work` is called whenever another key is used from then on, whichever process made it. */
  whenTurned(work: () => void): void {
    this.#ring.onChange(work)
  }

  /** Everything written until now is to be unreadable. The answer is when that may be at the earliest, milliseconds since 1970. */
  async forget(): Promise<number> {
    const { now, readBackMs, settleMs, keptMs } = this.#options
    const keys = await this.#ring.turn(now())
    const since = now()
    const at = since + Math.max(readBackMs, settleMs ?? 0)
    await this.#ring.retire({
      id: randomUUID(), at, keys,
      ends: settleMs === undefined ? endsOf(await this.#bus.lag()) : undefined,
      ...(settleMs === undefined ? {} : { settledAt: since + settleMs }),
      ...(keptMs === undefined ? {} : { latest: at + keptMs }),
    })
    return at
  }

  /** A new key a day, so that one destroyed later takes little with it. */
  async turnDaily(): Promise<void> {
    if (this.#options.now() - this.#ring.madeAt >= DAY_MS) await this.#ring.turn(this.#options.now())
  }

  /** Retirements whose time has come: everybody has read past them. Of others it is written down where they end, once nobody writes under them. */
  async due(): Promise<readonly Retirement[]> {
    if (this.#ring.isShared) await this.#ring.sync()
    const now = this.#options.now()
    const open = this.#ring.retiring.filter(({ destroyed, at, ends, settledAt = 0 }) => destroyed !== true && (ends === undefined ? settledAt <= now : at <= now))
    if (open.length === 0) return []
    const lags = await this.#bus.lag()
    const due: Retirement[] = []
    for (const retirement of open) {
      if (retirement.ends === undefined) await this.#ring.retire({ ...retirement, ends: endsOf(lags) })
      else if (now >= (retirement.latest ?? Infinity) || (isRead(retirement.ends, lags) && await this.#isFree(retirement))) due.push(retirement)
    }
    return due
  }

  async #isFree({ keys }: Retirement): Promise<boolean> {
    return (await this.#needing(new Set(keys))).length === 0
  }

  async destroy(retirement: Retirement): Promise<void> {
    await this.#before()
    await this.#ring.destroy(retirement)
  }

  /** What was destroyed, and by now is nowhere in the store of keys either; each is told once. */
  async gone(): Promise<readonly Retirement[]> {
    return await this.#ring.gone()
  }
}

const isRead = (ends: readonly End[], lags: readonly PartitionLag[]): boolean =>
  ends.every(({ topic, partition, end }) => lags.every((lag) => lag.topic !== topic || lag.partition !== partition || lag.committed >= end))

function endsOf(lags: readonly PartitionLag[]): readonly End[] {
  const ends = new Map(lags.map(({ topic, partition, end }) => [`${topic} ${partition}`, { topic, partition, end }]))
  return [...ends.values()]
}
