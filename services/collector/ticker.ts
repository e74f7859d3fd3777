/** Lets time move on the bus. */
import type { Clock, Log, Publisher, Service } from '../../schemas/ports.ts'
import { EventRecord, events } from '../../schemas/topics.ts'

const TICK_MS = 1_000

/** One tick a second on every partition: waits and silence are measured on these, never on a consumer's clock. */
export function createTicker({ bus, clock, log }: { readonly bus: Publisher; readonly clock: Clock; readonly log: Log }): Service {
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  const tick = () => {
    running = bus.broadcast(events, EventRecord.tick(clock.now())).catch((error: unknown) => log.warn({ err: error }, 'the bus did not take a tick'))
  }
  return {
    name: 'ticker',
    async start() {
      timer = setInterval(tick, TICK_MS)
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await running
    },
    notReady: () => (timer === undefined ? 'not started' : ''),
  }
}
