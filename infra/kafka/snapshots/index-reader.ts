/** The index of snapshots as this process knows it: read to the end when somebody asks, from where it was left. */
import { type Claim, claimKey, decodeClaim, nameOf, outranks } from './records.ts'
import type { KeyedLog, KeyedRecord } from '../keyed-log.ts'
import { INDEX } from './topic.ts'

export class IndexReader {
  readonly #log: KeyedLog
  readonly #damaged: (name: string) => void
  readonly #owners = new Map<string, Claim>()
  /** Keys that are on the topic, by name. */
  readonly #keys = new Map<string, Set<string>>()
  #next = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(log: KeyedLog, damaged: (name: string) => void) {
    this.#log = log
    this.#damaged = damaged
  }

  /** Who owns the name, by what was read and written until now. */
  owner(name: string): Claim | undefined {
    return this.#owners.get(name)
  }

  /** All that somebody owns. */
  names(): readonly string[] {
    return [...this.#owners.keys()]
  }

  /** Everything that was written before the call is known when this resolves. */
  async sync(): Promise<void> {
    const turn = this.#turn.then(async () => {
      this.#next = await this.#log.read({ partition: INDEX, from: this.#next, each: (record) => this.#take(record) })
    })
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  /** What is on the topic, read or written by us: of two words of one owner the later holds, in whatever order they are met. */
  learn(claim: Claim): void {
    if (outranks(claim, this.#owners.get(claim.name))) this.#owners.set(claim.name, claim)
    this.#keysOf(claim.name).add(claimKey(claim))
  }

  /** Keys of earlier owners, to be let go of; they are forgotten here. */
  takeOld({ name, epoch, writer }: Claim): string[] {
    const keys = this.#keysOf(name)
    const own = claimKey({ name, epoch, writer })
    const old = [...keys].filter((key) => key !== own)
    for (const key of old) keys.delete(key)
    return old
  }

  #take({ key, value }: KeyedRecord): void {
    const name = nameOf(key)
    if (name === undefined) return
    if (value === null) {
      this.#keysOf(name).delete(key)
      return
    }
    const claim = decodeClaim(value)
    if (claim === undefined) return this.#damaged(name)
    this.learn(claim)
  }

  #keysOf(name: string): Set<string> {
    const known = this.#keys.get(name) ?? new Set()
    this.#keys.set(name, known)
    return known
  }
}
