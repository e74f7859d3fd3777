/** Snapshots whose states are sealed, as the log is: what detectors and assembler remember of people is in no file in clear. */
import type { Snapshot, Snapshots } from '../../schemas/ports.ts'
import type { Sealer } from '../../schemas/sealing.ts'
import { isSealed } from './frame.ts'

export class SealedSnapshots implements Snapshots {
  readonly #inner: Snapshots
  readonly #sealer: Sealer
  readonly #open: (name: string) => boolean
  /** What is under way, by name: a state that is sealed anew must not come behind a newer one. Every name that this process has touched is here. */
  readonly #last = new Map<string, Promise<unknown>>()

  /** `open`: names of states that are left as they are. */
  constructor(inner: Snapshots, sealer: Sealer, open: (name: string) => boolean) {
    this.#inner = inner
    this.#sealer = sealer
    this.#open = open
  }

  /** One that was saved in clear is read as it is; one whose key was destroyed is gone. */
  load(name: string): Promise<Snapshot | undefined> {
    return this.#open(name) ? this.#inner.load(name) : this.#inTurn(name, () => this.#load(name))
  }

  save(name: string, snapshot: Snapshot): Promise<void> {
    return this.#open(name) ? this.#inner.save(name, snapshot) : this.#inTurn(name, () => this.#save(name, snapshot))
  }

  /** Saves every state that this process has touched once more, under the key in use now. */
  async sealAnew(): Promise<void> {
    for (const name of [...this.#last.keys()]) {
      await this.#inTurn(name, async () => {
        const snapshot = await this.#load(name)
        if (snapshot !== undefined) await this.#save(name, snapshot)
      })
    }
  }

  async #load(name: string): Promise<Snapshot | undefined> {
    const found = await this.#inner.load(name)
    if (found === undefined || !isSealed(found.state)) return found
    try {
      return { ...found, state: this.#sealer.open(found.state, name) }
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  #save(name: string, snapshot: Snapshot): Promise<void> {
    return this.#inner.save(name, { ...snapshot, state: this.#sealer.seal(snapshot.state, name) })
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(work, work)
    this.#last.set(name, turn)
    return turn
  }
}
