/** Carries one partition to one member: one call at a time, in order, from where the member wants to start until it is stopped. */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { kindOf, pauseMs } from '../../schemas/failure.ts'
import { PassedGaps } from '../../schemas/passed-gaps.ts'
import type { Gap, SubscribeOptions } from '../../schemas/ports.ts'
import type { PartitionReader, Slice } from './partition-reader.ts'
import type { TailCache } from './tail-cache.ts'
import type { PartitionLog } from './topic-log.ts'

export interface PartitionConsumerOptions<T> {
  readonly log: PartitionLog
  readonly reader: PartitionReader<T>
  readonly cache: TailCache
  readonly subscribe: SubscribeOptions<T>
  /** The group's committed offset, undefined before the first commit. */
  committed(): number | undefined
  commit(next: number): Promise<void>
  /** A gap was met. */
  damage(gap: Gap): void
  /** The member cannot go on. */
  failed(error: unknown): void
}

const MAX_BYTES = 4 * 1024 * 1024
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5000

export class PartitionConsumer<T> {
  readonly #options: PartitionConsumerOptions<T>
  readonly #abort = new AbortController()
  readonly #place = { position: 0 }
  readonly #done: Promise<void>
  readonly #passed = new PassedGaps()
  #started = false
  #broke = false

  constructor(options: PartitionConsumerOptions<T>) {
    this.#options = options
    this.#done = this.#run()
  }

  /** Aborts the signal, waits for the running call, then lets the member save its state (unless it failed here). Never throws. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
    if (!this.#started || this.#broke) return
    try {
      await this.#options.subscribe.revoked?.(this.#options.log.partition)
    } catch (error) {
      this.#options.failed(error)
    }
  }

  /** Throws what `options.commit` throws. */
  async commit(next: number): Promise<void> {
    await this.#passed.commit(next, this.#options.commit)
  }

  get #stopped(): boolean {
    return this.#abort.signal.aborted
  }

  async #run(): Promise<void> {
    const { log, cache } = this.#options
    try {
      if (!(await this.#begin())) return
      log.readers.add(this.#place)
      while (!this.#stopped) await this.#step()
    } catch (error) {
      this.#broke = true
      this.#options.failed(error)
    } finally {
      log.readers.delete(this.#place)
      cache.passed(log.tail, slowest(log))
    }
  }

  async #begin(): Promise<boolean> {
    const { log, subscribe, committed } = this.#options
    let asked: number | undefined
    const answered = await this.#persist(async () => {
      asked = await subscribe.assigned?.(log.partition)
    })
    if (!answered) return false
    // From here on the member may hold state for the partition, so it is told when it loses it.
    this.#started = true
    if (asked !== undefined && (!Number.isInteger(asked) || asked < 0)) throw new RangeError(`assigned() answered ${asked}, which is no offset`)
    const known = committed() ?? log.first
    this.#place.position = asked ?? known
    this.#passed.begin(Math.max(this.#place.position, known))
    // A member that was killed between saving its state and committing is not behind. Where that cannot be written now, its next commit says so.
    if (asked !== undefined && asked > known && asked <= log.next) await this.#options.commit(asked).catch(ifUnavailable)
    return true
  }

  async #step(): Promise<void> {
    const { log, cache } = this.#options
    const slice = await this.#read()
    if (slice === undefined) return
    if (slice.kind === 'end') {
      await this.#appended()
    } else if (await this.#deliver(slice)) {
      this.#place.position = slice.kind === 'gap' ? slice.resume : slice.next
      cache.passed(log.tail, slowest(log))
      // Others get their turn however much there is to catch up with.
      await setImmediate()
    }
  }

  /** Undefined = stopped first. What is not in memory cannot be read while the log is mended. */
  async #read(): Promise<Slice<T> | undefined> {
    const { reader, subscribe } = this.#options
    const read: Slice<T>[] = []
    await this.#persist(async () => void read.push(reader.next(this.#place.position, subscribe.maxBytes ?? MAX_BYTES)))
    return read[0]
  }

  async #deliver(slice: Exclude<Slice<T>, { kind: 'end' }>): Promise<boolean> {
    const { subscribe, damage, commit } = this.#options
    if (slice.kind === 'envelopes') return await this.#persist(() => subscribe.handle(slice.envelopes, this.#abort.signal))
    damage(slice.gap)
    return await this.#persist(() => subscribe.gap(slice.gap)) && await this.#persist(() => this.#passed.told(slice.gap, slice.resume, commit))
  }

  /** Calls until it succeeds, with a back-off while that is Failure `unavailable`. False = stopped before it did. */
  async #persist(call: () => Promise<void>): Promise<boolean> {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        await call()
        return true
      } catch (error) {
        if (this.#stopped) return false
        if (kindOf(error) !== 'unavailable') throw error
        await setTimeout(pauseMs(error, wait, LONGEST_WAIT_MS), undefined, { signal: this.#abort.signal }).catch(() => undefined)
        if (this.#stopped) return false
      }
    }
  }

  async #appended(): Promise<void> {
    const { signal } = this.#abort
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const takeBack = this.#options.log.onAppend(() => {
        signal.removeEventListener('abort', aborted)
        resolve()
      })
      const aborted = (): void => {
        takeBack()
        resolve()
      }
      signal.addEventListener('abort', aborted, { once: true })
    })
  }
}

function slowest(log: PartitionLog): number {
  let least = Infinity
  for (const { position } of log.readers) least = Math.min(least, position)
  return least
}

function ifUnavailable(error: unknown): void {
  if (kindOf(error) !== 'unavailable') throw error
}
