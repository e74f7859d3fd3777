/** A topic that another process is making: known to the controller, and to each broker a moment later. */
import { setTimeout as wait } from 'node:timers/promises'
import { isType } from './failures.ts'

const WITHIN_MS = 10_000
const PAUSE_MS = 100

/** Asks again while the broker that answers does not know the topic or its leaders yet, or is told to lead a partition and has not heard of it. */
export async function appearing<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + WITHIN_MS; ; await wait(PAUSE_MS)) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > until || !isType(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION')) throw error
    }
  }
}
