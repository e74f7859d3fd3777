/** Kafka or ClickHouse away when a process starts: waited for, with one line in the log, and whoever asks meanwhile is told for whom. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'

/** What a start cannot do without. */
export interface Neighbour {
  readonly name: 'Kafka' | 'ClickHouse'
  readonly limitSeconds: number
  /** Where the limit comes from. */
  readonly setting: string
}

export interface StartWaitOptions {
  readonly log: Log
  /** The process is asked to end: nobody is waited for any more. */
  readonly asked: AbortSignal
  /** Milliseconds of a clock that only goes forward. */
  now(): number
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2_000
/** Names come into being with what they name, such as a container; one that nobody knows after the whole wait is a mistake in the address. */
const UNKNOWN_HOST = /\.unknown_host$/

/** Undefined where the neighbour is in this process, and cannot come later. */
export function kafkaOf({ bus: { kafka } }: Config): Neighbour | undefined {
  return kafka === undefined ? undefined : { name: 'Kafka', limitSeconds: kafka.start_wait_seconds, setting: 'bus.kafka.start_wait_seconds' }
}

export function clickHouseOf({ store: { clickhouse } }: Config): Neighbour | undefined {
  return clickhouse === undefined
    ? undefined
    : { name: 'ClickHouse', limitSeconds: clickhouse.start_wait_seconds, setting: 'store.clickhouse.start_wait_seconds' }
}

export class StartWait {
  readonly #options: StartWaitOptions
  readonly #reasons = new Set<Failure>()

  constructor(options: StartWaitOptions) {
    this.#options = options
  }

  /** '' while nobody is waited for, else what is missing. */
  get reason(): string {
    return [...this.#reasons].map(({ message }) => message).join('; ')
  }

  /**
   * Opens until it succeeds. Failure `unavailable` when the neighbour's limit is over or the process is asked to end; whatever else `open` throws, such as
   * `misconfigured`, is thrown on at once: waiting does not change it.
   */
  async until<T>(neighbour: Neighbour | undefined, open: () => Promise<T>): Promise<T> {
    if (neighbour === undefined) return await open()
    const { log, now } = this.#options
    let since: number | undefined
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const outcome = await attempt(open)
      if ('opened' in outcome) {
        if (since !== undefined) log.warn({ after_ms: Math.round(now() - since) }, `${neighbour.name} is there`)
        return outcome.opened
      }
      const { away } = outcome
      if (since === undefined) {
        since = now()
        log.warn({ code: away.code, why: away.message, limit_seconds: neighbour.limitSeconds }, `${neighbour.name} is away: the start waits for it`)
      }
      if (now() - since >= neighbour.limitSeconds * 1_000) throw gaveUp(away, neighbour)
      await this.#pause(pause, away, neighbour)
    }
  }

  async #pause(ms: number, away: Failure, { name }: Neighbour): Promise<void> {
    const { asked } = this.#options
    this.#reasons.add(away)
    await sleep(ms, undefined, { signal: asked }).catch(() => undefined)
    this.#reasons.delete(away)
    if (asked.aborted) throw new Failure('unavailable', 'start.ended', `The process was asked to end while it waited for ${name}.`, { cause: away })
  }
}

async function attempt<T>(open: () => Promise<T>): Promise<{ readonly opened: T } | { readonly away: Failure }> {
  try {
    return { opened: await open() }
  } catch (error) {
    if (error instanceof Failure && error.kind === 'unavailable') return { away: error }
    throw error
  }
}

function gaveUp(away: Failure, { limitSeconds, setting }: Neighbour): Failure {
  const kind = UNKNOWN_HOST.test(away.code) ? 'misconfigured' : 'unavailable'
  return new Failure(kind, away.code, `${away.message} (waited ${limitSeconds} s: ${setting})`, { cause: away })
}
