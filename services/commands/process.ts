/** What every long-running command is: start, one line that says so, an orderly end. */
import { createLog } from '../../infra/pino/logger.ts'
import { kindOf } from '../../schemas/failure.ts'
import type { Config } from '../config/schema.ts'
import { type Addresses, startWatchkeeper, type Watchkeeper } from '../main.ts'
import { VERSION } from '../version.ts'
import type { Part } from '../wiring/parts.ts'
import { type CommonOptions, configOf } from './common.ts'

/** 0 = ended as asked, everything finished. 1 and 2 are as for every command. */
const EXIT = { ended: 0, failed: 1, cutOff: 3 } as const
/** Service managers wait ten seconds before they kill, and a busy machine is late. What is cut off is read again from the bus by whoever comes next. */
const DRAIN_MS = 8_500
/** For last words to be written. */
const LINGER_MS = 200

export interface ProcessPlan {
  readonly service: string
  /** A sentence. */
  readonly does: string
  readonly parts: ReadonlySet<Part>
  /** Whether a part that cannot go on ends the process: somebody starts it again, and other processes take over meanwhile. */
  readonly endsWithPart: boolean
  /** Says it to a person too. */
  readonly announce?: (config: Config, addresses: Addresses, startedMs: number) => void
}

/** Resolves when the process was asked to end. A second request ends it at once, and so does the end of the time for it. */
function askedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(EXIT.failed)
        asked = true
        resolve(signal)
      })
    }
  })
}

/** The end of the process, which has its time: over it is cut off. */
class Ending {
  readonly #late: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(late: () => void) {
    this.#late = late
  }

  begin(): void {
    this.#timer ??= setTimeout(() => {
      this.#late()
      process.exit(EXIT.cutOff)
    }, DRAIN_MS).unref()
  }

  /** Everything is done. What a client left behind, such as the timers and sockets of connections given up in a stall of the broker, holds up nobody. */
  finished(code: number): number {
    clearTimeout(this.#timer)
    setTimeout(() => process.exit(code), LINGER_MS).unref()
    return code
  }
}

/** Runs until SIGINT, SIGTERM, or the failure of its part. Throws Failure `misconfigured` or `unavailable` when it cannot start. */
export async function runProcess(plan: ProcessPlan, options: CommonOptions): Promise<number> {
  const began = performance.now()
  const config = configOf(options)
  const log = createLog(config.log.level)
  const end = askedToEnd()
  const ending = new Ending(() => log.error({ service: plan.service, after_ms: DRAIN_MS }, 'not everything was finished in time: the rest is read again from the bus'))
  const asked = new AbortController()
  void end.then(() => {
    asked.abort()
    ending.begin()
  })
  const running: Watchkeeper | undefined = await startWatchkeeper({ config, parts: plan.parts, log, asked: asked.signal }).catch((error: unknown) => {
    if (asked.signal.aborted && kindOf(error) === 'unavailable') return undefined
    throw error
  })
  if (running === undefined) return ending.finished(EXIT.ended)
  const { service, does, parts } = plan
  const startedMs = Math.round(performance.now() - began)
  log.info({ service, does, parts: [...parts], version: VERSION, pid: process.pid, node: process.version, ...running.facts, started_ms: startedMs }, 'started')
  plan.announce?.(config, running.facts.addresses, startedMs)
  const failed = plan.endsWithPart ? running.failed.then((error) => ({ error })) : new Promise<never>(() => undefined)
  const reason = await Promise.race([end, failed])
  if (typeof reason === 'string') log.info({ service, signal: reason }, 'stopping')
  else {
    log.error({ service, err: reason.error }, 'stopping: this part cannot go on')
    ending.begin()
  }
  await running.stop()
  log.info({ service }, 'stopped')
  return ending.finished(typeof reason === 'string' ? EXIT.ended : EXIT.failed)
}
