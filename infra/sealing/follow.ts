/** Keeps a ring that several processes share up to date. */
import type { Log } from '../../schemas/ports.ts'
import type { KeyRing } from './key-ring.ts'

export interface FollowOptions {
  readonly everyMs: number
  readonly log: Log
}

/** Looks into the store again and again; `stop` waits for the look that is under way. One that fails is told once, until one succeeds. */
export function follow(ring: KeyRing, { everyMs, log }: FollowOptions): { stop(): Promise<void> } {
  let [stopped, failing] = [false, false]
  let timer: NodeJS.Timeout
  let looking: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    try {
      await ring.sync()
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the keys of the log cannot be asked for: after a minute nothing is written any more')
      failing = true
    }
    if (!stopped) later()
  }
  const later = (): void => {
    timer = setTimeout(() => {
      looking = look()
    }, everyMs)
    timer.unref()
  }
  later()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
