/** Where jobs run: in this thread, or on threads of their own, a stream of bytes at a time. */
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { type Job, type ResultOf, RunningTask } from './task.ts'

export interface Lane {
  run<J extends Job>(job: J, stream: AsyncIterable<Buffer>): Promise<ResultOf<J>>
  close(): Promise<void>
}

/** Sources give what they have, some ten megabytes at a time; what is copied is bounded here. */
const MOST_BYTES = 1024 * 1024

function* partsOf(chunk: Buffer): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += MOST_BYTES) yield chunk.subarray(at, at + MOST_BYTES)
}

/** In this thread. */
export function ownLane(): Lane {
  return {
    async run<J extends Job>(job: J, stream: AsyncIterable<Buffer>) {
      const task = new RunningTask(job)
      for await (const chunk of stream) for (const part of partsOf(chunk)) task.take(part)
      return task.end() as ResultOf<J>
    },
    close: () => Promise.resolve(),
  }
}

/** What goes to a thread: a job, its bytes piece by piece by their place and length, and the word that this was all. */
export type ToThread = { readonly job: Job } | { readonly place: number; readonly length: number } | { readonly end: true }
/** What comes back: that the piece in a place was taken, or the result. */
export type FromThread = { readonly taken: number } | { readonly result: ResultOf<Job> } | { readonly failed: string }
/** Where pieces wait for a thread, as it gets them at its start: memory that both share, because what is made anew for each keeps both busy with collecting it. */
export type PiecePlaces = readonly Uint8Array[]

/** Pieces that may wait for a thread. */
const AHEAD = 3
/** Node runs no TypeScript on a thread of its own: where the program was not built there is none. */
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 }

class ThreadLane implements Lane {
  readonly #places: PiecePlaces = Array.from({ length: AHEAD }, () => new Uint8Array(new SharedArrayBuffer(MOST_BYTES)))
  readonly #free = [...this.#places.keys()]
  readonly #worker = new Worker(THREAD, { resourceLimits: LIMITS, workerData: this.#places })
  #wake: () => void = () => undefined
  #done: ((result: FromThread) => void) | undefined

  constructor() {
    this.#worker.on('message', (message: FromThread) => {
      if ('taken' in message) this.#free.push(message.taken)
      else this.#done?.(message)
      this.#wake()
    })
    this.#worker.on('error', (error) => {
      this.#done?.({ failed: error.message })
      this.#wake()
    })
  }

  async run<J extends Job>(job: J, stream: AsyncIterable<Buffer>): Promise<ResultOf<J>> {
    let answer: FromThread | undefined
    const answered = new Promise<FromThread>((resolve) => { this.#done = (message) => resolve(answer = message) })
    this.#post({ job })
    for await (const chunk of stream) {
      for (const part of partsOf(chunk)) {
        while (this.#free.length === 0 && answer === undefined) await new Promise<void>((resolve) => { this.#wake = resolve })
        if (answer === undefined) this.#give(part)
      }
      if (answer !== undefined) break
    }
    this.#post({ end: true })
    const message = await answered
    if (!('result' in message)) throw new Error(`a thread of the verifier failed: ${'failed' in message ? message.failed : 'no result'}`)
    return message.result as ResultOf<J>
  }

  #give(part: Buffer): void {
    const place = this.#free.pop() as number
    this.#places[place]?.set(part)
    this.#post({ place, length: part.length })
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** `count` lanes; in this thread alone where there are to be none beside it, or the program was not built. */
export function openLanes(count: number): readonly Lane[] {
  if (count <= 1 || THREAD.pathname.endsWith('.ts') || !existsSync(THREAD)) return [ownLane()]
  return Array.from({ length: count }, () => new ThreadLane())
}

/** Runs every unit, as many at once as there are lanes, in their order. The first error ends it when the units that run are through. */
export async function runOn<T>(lanes: readonly Lane[], units: readonly T[], run: (lane: Lane, unit: T) => Promise<void>): Promise<void> {
  let next = 0
  const errors: unknown[] = []
  await Promise.all(lanes.map(async (lane) => {
    while (next < units.length && errors.length === 0) {
      const unit = units[next++] as T
      await run(lane, unit).catch((error: unknown) => errors.push(error))
    }
  }))
  if (errors.length > 0) throw errors[0]
}
