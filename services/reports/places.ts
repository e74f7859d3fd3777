/** How many reports are made at a time: each asks the tables dozens of questions, and whoever may read may ask for one. */
import { Failure } from '../../schemas/failure.ts'

export interface PlacesConfig {
  /** Of one tenant. */
  readonly each: number
  readonly all: number
}

export class Places {
  readonly #config: PlacesConfig
  readonly #taken = new Map<string, number>()

  constructor(config: PlacesConfig) {
    this.#config = config
  }

  /** Throws Failure `unavailable` where too many are being made, and what `work` throws. */
  async within<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const own = this.#taken.get(tenant) ?? 0
    const all = [...this.#taken.values()].reduce((sum, count) => sum + count, 0)
    if (own >= this.#config.each || all >= this.#config.all) {
      throw new Failure('unavailable', 'report.busy', 'As many reports are being made as may be at a time: ask again when one is done.', { retryAfterSeconds: 10 })
    }
    this.#taken.set(tenant, own + 1)
    try {
      return await work()
    } finally {
      const left = (this.#taken.get(tenant) ?? 1) - 1
      if (left === 0) this.#taken.delete(tenant)
      else this.#taken.set(tenant, left)
    }
  }
}
