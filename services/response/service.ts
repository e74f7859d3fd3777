/** Responder: what people want done because of alerts. Reads `response-orders`, sends signed messages to hooks, publishes `response-actions` and `alert-events`. */
import type { Service, Subscription } from '../../schemas/ports.ts'
import { responseOrders } from '../../schemas/topics.ts'
import type { ResponderPorts } from './contracts.ts'
import { ResponseDesk } from './desk.ts'

const NANOSECONDS = 1_000_000n
const LONGEST_SLEEP_MS = 3_600_000

class Office {
  readonly desks = new Map<number, ResponseDesk>()
  readonly #ports: ResponderPorts
  #timer: NodeJS.Timeout | undefined
  #open = true

  constructor(ports: ResponderPorts) {
    this.#ports = ports
  }

  readonly schedule = (): void => {
    clearTimeout(this.#timer)
    const times = [...this.desks.values()].map((desk) => desk.nextDue()).filter((at) => at !== undefined)
    if (!this.#open || times.length === 0) return
    const wait = Number((times.reduce((a, b) => (b < a ? b : a)) - this.#ports.clock.now()) / NANOSECONDS) + 1
    this.#timer = setTimeout(() => void this.#ring(), Math.min(Math.max(wait, 1), LONGEST_SLEEP_MS))
  }

  async #ring(): Promise<void> {
    for (const desk of this.desks.values()) {
      await desk.tick().catch((error: unknown) => this.#ports.log.error(
        { error: error instanceof Error ? error.message : String(error) }, 'the responder cannot write its state; it tries again',
      ))
    }
  }

  async close(): Promise<void> {
    this.#open = false
    clearTimeout(this.#timer)
    for (const desk of this.desks.values()) await desk.close()
    this.desks.clear()
  }
}

/** Group `responder`. What was asked for and approved survives a crash. Throws Failure `unavailable` from `start` when the bus is away. */
export function createResponder(ports: ResponderPorts): Service {
  let office: Office | undefined
  let subscription: Subscription | undefined
  let trouble = ''

  const subscribe = (at: Office): Promise<Subscription> => ports.bus.subscribe(responseOrders, {
    group: 'responder',
    async assigned(partition) {
      const desk = await ResponseDesk.open(partition, ports, at.schedule)
      at.desks.set(partition, desk)
      await desk.tick()
      return desk.saved === 0 ? undefined : desk.saved
    },
    async revoked(partition) {
      const desk = at.desks.get(partition)
      at.desks.delete(partition)
      await desk?.close()
    },
    async handle(envelopes) {
      const [first] = envelopes
      const desk = at.desks.get(first?.partition ?? -1)
      if (desk === undefined || first === undefined) return
      await desk.take(envelopes)
      if (desk.saved > 0) await subscription?.commit(first.partition, desk.saved)
    },
    async gap(gap) {
      ports.log.error({ ...gap }, 'orders of responses are missing from the bus: what they asked for is not done')
      await at.desks.get(gap.partition)?.skipTo(gap.next)
    },
    failed(error) {
      trouble = error instanceof Error ? error.message : String(error)
    },
  })

  return {
    name: 'responder',
    async start() {
      trouble = ''
      office = new Office(ports)
      subscription = await subscribe(office)
    },
    async stop() {
      const [running, closing] = [subscription, office]
      subscription = undefined
      office = undefined
      await running?.stop()
      await closing?.close()
    },
    notReady: () => (trouble !== '' ? trouble : subscription === undefined ? 'not started' : ''),
  }
}
