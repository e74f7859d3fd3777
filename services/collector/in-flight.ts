/** How many bytes of requests may be worked on at once. One for the whole collector, shared by HTTP and gRPC. */

/** What one request holds of the budget. */
export interface Lease {
  /** Whether `bytes` more may be held. The only request that holds anything may grow to any size: its own limit bounds it. */
  grow(bytes: number): boolean
  /** Gives back everything. Safe twice. */
  release(): void
}

export class InFlight {
  readonly max: number
  #used = 0

  /** `maxBytes`: of bodies after inflating; what they are decoded to takes a few times as much. */
  constructor(maxBytes: number) {
    this.max = maxBytes
  }

  get used(): number {
    return this.#used
  }

  lease(): Lease {
    let held = 0
    return {
      grow: (bytes) => {
        const others = this.#used - held
        if (others > 0 && this.#used + bytes > this.max) return false
        held += bytes
        this.#used += bytes
        return true
      },
      release: () => {
        this.#used -= held
        held = 0
      },
    }
  }
}
