/** Deadlines and waits. kafkajs 2.2.4 has calls that never settle, such as a connect that the broker closes half way. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../schemas/failure.ts'

/** `call`, or Failure `unavailable` `kafka.no_answer` after `ms`. What the call does later is ignored. */
export async function within<T>(ms: number, what: string, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure('unavailable', 'kafka.no_answer', `Kafka: ${what} had no answer in ${ms} ms`)), ms)
  })
  call.catch(() => undefined)
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
  }
}

/** False = aborted before. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}

/** Waiting rooms: `wake` lets all who wait go on; one that nobody hears is remembered for the next. */
export class Bell {
  #waiting: (() => void)[] = []
  #rung = false

  ring(): void {
    this.#rung = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        timer = setTimeout(resolve, ms)
      })
      clearTimeout(timer)
    }
    this.#rung = false
    this.#waiting = []
  }
}
