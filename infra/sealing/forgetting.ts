/** How the log is made to forget: a new key at once, and the old ones destroyed when nobody needs to read what they sealed. */
import type { Bus, PartitionLag } from '../../schemas/ports.ts'
import type { End, KeyRing, Retirement } from './key-ring.ts'

const DAY_MS = 86_400_000

export interface ForgettingOptions {
  /** Readers that begin anew may go back so far, milliseconds. */
  readonly readBackMs: number
  now(): number
}

export class Forgetting {
  readonly #ring: KeyRing
  readonly #bus: Pick<Bus, 'lag'>
  readonly #options: ForgettingOptions
  #before: () => Promise<void> = () => Promise.resolve()

  constructor(ring: KeyRing, bus: Pick<Bus, 'lag'>, options: ForgettingOptions) {
    this.#ring = ring
    this.#bus = bus
    this.#options = options
  }

  /** What is done before keys are destroyed: whatever is still needed is sealed anew. */
  beforeDestroying(work: () => Promise<void>): void {
    this.#before = work
  }

  /** Everything written until now is to be unreadable. The answer is when that may be at the earliest, milliseconds since 1970. */
  async forget(): Promise<number> {
    const { now, readBackMs } = this.#options
    const keys = await this.#ring.turn(now())
    const at = now() + readBackMs
    await this.#ring.retire({ at, keys, ends: endsOf(await this.#bus.lag()) })
    return at
  }

  /** A new key a day, so that one destroyed later takes little with it. */
  async turnDaily(): Promise<void> {
    if (this.#options.now() - this.#ring.madeAt >= DAY_MS) await this.#ring.turn(this.#options.now())
  }

  /** Retirements whose time has come: everybody has read past them. */
  async due(): Promise<readonly Retirement[]> {
    const ripe = this.#ring.retiring.filter(({ at }) => at <= this.#options.now())
    if (ripe.length === 0) return []
    const lags = await this.#bus.lag()
    return ripe.filter(({ ends }) => ends.every(({ topic, partition, end }) =>
      lags.every((lag) => lag.topic !== topic || lag.partition !== partition || lag.committed >= end)))
  }

  async destroy(retirement: Retirement): Promise<void> {
    await this.#before()
    await this.#ring.destroy(retirement)
  }
}

function endsOf(lags: readonly PartitionLag[]): readonly End[] {
  const ends = new Map(lags.map(({ topic, partition, end }) => [`${topic} ${partition}`, { topic, partition, end }]))
  return [...ends.values()]
}
