/**
 * Gathers envelopes of one partition into batches and hands them on one after the other. A batch ends at so many records or after so long
 * (later while another is on its way, or where writing one takes long), or exactly where an earlier attempt at it ended (`Cut`), so that whoever makes it again makes the same batch.
 */
import type { Envelope } from '../../schemas/ports.ts'
import { type Beat, Rhythm } from './rhythm.ts'

export interface BatchLimits extends Beat {
  readonly records: number
}

export interface Batch<T> {
  readonly envelopes: Envelope<T>[]
  readonly first: number
  next: number
  records: number
}

/** Where a batch began and ended that may be half written. It binds only a batch that begins there. */
export interface Cut {
  readonly first: number
  readonly next: number
}

/** `left`: the partition has gone elsewhere, before the batch was written or before its place could be kept. Whoever has it makes the batch again. */
export type Outcome = 'kept' | 'left'

/** How far a batch may grow beyond its size while another one is on its way. */
const GROWTH = 5

export class Batcher<T> {
  readonly #limits: BatchLimits
  readonly #rhythm: Rhythm
  readonly #write: (batch: Batch<T>) => Promise<Outcome>
  readonly #failed: (error: unknown) => void
  #cut: Cut | undefined
  #open: Batch<T> | undefined
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0
  #ripe = false
  #broken = false
  #room: (() => void)[] = []

  /** `rhythm`: shared with batches that are to be written at the same time. */
  constructor(
    limits: BatchLimits, cut: Cut | undefined, write: (batch: Batch<T>) => Promise<Outcome>, failed: (error: unknown) => void, rhythm = new Rhythm(limits),
  ) {
    this.#limits = limits
    this.#rhythm = rhythm
    this.#cut = cut
    this.#write = write
    this.#failed = failed
  }

  /** Resolves at once while there is room; with two batches waiting, when one of them is written. */
  async add(envelopes: readonly Envelope<T>[]): Promise<void> {
    for (const envelope of envelopes) this.#append(envelope)
    while (this.#waiting > 1) await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  /** Resolves when everything given so far is written. */
  async drain(): Promise<void> {
    this.#close()
    await this.#tail
  }

  #append(envelope: Envelope<T>): void {
    this.#open ??= { envelopes: [], first: envelope.offset, next: envelope.offset, records: 0 }
    const batch = this.#open
    batch.envelopes.push(envelope)
    batch.records += envelope.records.length
    batch.next = envelope.offset + 1
    if (this.#cut?.first === batch.first) {
      if (batch.next >= this.#cut.next) this.#close()
    } else if (batch.records >= this.#limits.records * GROWTH) this.#close()
    else if (batch.records >= this.#limits.records) this.#ripen()
    else if (!this.#ripe) this.#rhythm.join(this.#ripen)
  }

  /** Old or large enough to be written. While another batch is on its way it may grow: few large inserts cost far less than many small ones. */
  readonly #ripen = (): void => {
    if (this.#waiting === 0) this.#close()
    else this.#ripe = true
  }

  #close(): void {
    this.#ripe = false
    this.#rhythm.leave(this.#ripen)
    const batch = this.#open
    if (batch === undefined) return
    this.#open = undefined
    this.#cut = undefined
    this.#waiting++
    this.#tail = this.#tail.then(() => this.#attempt(batch)).finally(() => {
      this.#waiting--
      for (const resolve of this.#room.splice(0)) resolve()
      if (this.#ripe) this.#close()
    })
  }

  /**
   * Behind a batch that could not be finished, or was left to somebody else, nothing more is written: only the last batch can be made again as it was,
   * and rows of two would be there twice.
   */
  async #attempt(batch: Batch<T>): Promise<void> {
    if (this.#broken) return
    const began = performance.now()
    try {
      if (await this.#write(batch) === 'left') this.#broken = true
      this.#rhythm.wrote(performance.now() - began)
    } catch (error) {
      this.#broken = true
      this.#failed(error)
    }
  }
}
