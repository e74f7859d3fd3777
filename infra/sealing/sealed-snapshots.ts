/** Snapshots whose states are sealed, as the log is: what detectors and assembler remember of people is in no file in clear. */
import type { Snapshot, Snapshots } from '../../schemas/ports.ts'
import type { Sealer } from '../../schemas/sealing.ts'
import { isSealed, keyIdOf } from './frame.ts'

/** Where other processes have states, too, one that is sealed anew is written by its owner alone. */
export interface KeptSnapshots extends Snapshots {
  /** Puts what `change` makes of the newest state in its place, if it is this process's. */
  rewrite?(name: string, change: (state: Buffer) => Buffer | undefined): Promise<void>
}

/** Names of those states that are sealed under one of these keys. */
export const sealedUnder = (states: ReadonlyMap<string, Buffer>, keys: ReadonlySet<string>): readonly string[] =>
  [...states].filter(([, state]) => isSealed(state) && keys.has(keyIdOf(state))).map(([name]) => name)

export class SealedSnapshots implements Snapshots {
  readonly #inner: KeptSnapshots
  readonly #sealer: Sealer
  readonly #open: (name: string) => boolean
  /** What is under way, by name: a state that is sealed anew must not come behind a newer one. Every name that this process has touched is here. */
  readonly #last = new Map<string, Promise<unknown>>()

  /** `open`: names of states that are left as they are. */
  constructor(inner: KeptSnapshots, sealer: Sealer, open: (name: string) => boolean) {
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
        if (this.#inner.rewrite !== undefined) return await this.#inner.rewrite(name, (state) => this.#anew(state, name))
        const snapshot = await this.#load(name)
        if (snapshot !== undefined) await this.#save(name, snapshot)
      })
    }
  }

  /** Undefined where it cannot be opened any more. */
  #anew(state: Buffer, name: string): Buffer | undefined {
    const plain = this.#opened(state, name)
    return plain === undefined ? undefined : this.#sealer.seal(plain, name)
  }

  #opened(state: Buffer, name: string): Buffer | undefined {
    try {
      return isSealed(state) ? this.#sealer.open(state, name) : state
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  async #load(name: string): Promise<Snapshot | undefined> {
    const found = await this.#inner.load(name)
    const state = found === undefined ? undefined : this.#opened(found.state, name)
    return found === undefined || state === undefined ? undefined : { ...found, state }
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
