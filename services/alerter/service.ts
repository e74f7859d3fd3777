/**
 * Alerter: findings to alerts, alerts to people. Reads topic `findings` with the orders between them, publishes `alerts`, `alert-events`, `silences`,
 * `deliveries`, and findings about receivers that are down.
 */
import { Failure } from '../../schemas/failure.ts'
import { NOT_ASSIGNED, type Service, type Subscription } from '../../schemas/ports.ts'
import { desk as deskTopic } from '../../schemas/topics.ts'
import { type AlerterConfig, type AlerterPorts, rulesOf, type Wake } from './contracts.ts'
import { Desk } from './desk.ts'
import { alerterTelemetry } from './telemetry.ts'

const NANOSECONDS = 1_000_000n
const LONGEST_SLEEP_MS = 3_600_000

/** The process's own timer. */
function ownWake(): Wake {
  let timer: NodeJS.Timeout | undefined
  const clear = (): void => clearTimeout(timer)
  return {
    clear,
    set(milliseconds, run) {
      clear()
      timer = setTimeout(run, milliseconds)
    },
  }
}

/** All partitions that this process has, and the one alarm clock that serves them. */
class Office {
  readonly desks = new Map<number, Desk>()
  subscription: Subscription | undefined
  /** What the bus was told that is done, by partition. */
  readonly #committed = new Map<number, number>()
  readonly #ports: AlerterPorts
  readonly #wake: Wake
  #open = true

  constructor(ports: AlerterPorts, wake: Wake) {
    this.#ports = ports
    this.#wake = wake
  }

  readonly telemetry = alerterTelemetry(() => [...this.desks.values()].map(({ standing }) => standing))

  readonly changed = (): void => {
    const times = [...this.desks.values()].map((desk) => desk.nextDue()).filter((at) => at !== undefined)
    if (!this.#open || times.length === 0) return this.#wake.clear()
    const wait = Number((times.reduce((a, b) => (b < a ? b : a)) - this.#ports.clock.now()) / NANOSECONDS) + 1
    this.#wake.set(Math.min(Math.max(wait, 1), LONGEST_SLEEP_MS), () => void this.#ring())
  }

  async #ring(): Promise<void> {
    for (const [partition, desk] of this.desks) {
      await desk.tick().then(() => this.commit(partition)).catch((error: unknown) => this.#ports.log.error(
        { error: error instanceof Error ? error.message : String(error) }, 'the alerter cannot write its state; it tries again',
      ))
    }
  }

  /** Says what is saved. That the partition is another's by now is for its new owner to know. */
  async commit(partition: number): Promise<void> {
    const saved = this.desks.get(partition)?.saved ?? 0
    if (this.subscription === undefined || saved <= (this.#committed.get(partition) ?? 0)) return
    try {
      await this.subscription.commit(partition, saved)
      this.#committed.set(partition, saved)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== NOT_ASSIGNED) throw error
    }
  }

  async letGo(partition: number): Promise<void> {
    const desk = this.desks.get(partition)
    this.desks.delete(partition)
    this.#committed.delete(partition)
    await desk?.close()
  }

  async close(): Promise<void> {
    this.#open = false
    this.telemetry.close()
    this.#wake.clear()
    for (const desk of this.desks.values()) await desk.close()
    this.desks.clear()
  }
}

/** Group `alerter`. Pending messages, waits and open alerts survive a crash. Throws Failure `unavailable` from `start` when the bus is away. */
export function createAlerter(config: AlerterConfig, ports: AlerterPorts): Service {
  const rules = rulesOf(config)
  let office: Office | undefined
  let trouble = ''

  async function subscribe(at: Office): Promise<Subscription> {
    return await ports.bus.subscribe(deskTopic, {
      group: 'alerter',
      async assigned(partition) {
        const desk = await Desk.open(partition, ports, rules, at)
        at.desks.set(partition, desk)
        await desk.tick()
        return desk.start
      },
      revoked: (partition) => at.letGo(partition),
      async handle(envelopes) {
        const desk = at.desks.get(envelopes[0]?.partition ?? -1)
        if (desk === undefined) return
        await desk.take(envelopes)
        await at.commit(envelopes[0]!.partition)
      },
      async gap(gap) {
        ports.log.error({ ...gap }, 'findings are missing from the bus: alerts may be missing too')
        await at.desks.get(gap.partition)?.skipTo(gap.next)
      },
      failed(error) {
        trouble = error instanceof Error ? error.message : String(error)
      },
    })
  }

  return {
    name: 'alerter',
    async start() {
      trouble = ''
      office = new Office(ports, ports.wake ?? ownWake())
      office.subscription = await subscribe(office)
      if (ports.notifiers.length === 0) ports.log.info({}, 'no receiver is configured: alerts are stored, and nobody is told')
    },
    async stop() {
      const closing = office
      office = undefined
      await closing?.subscription?.stop()
      await closing?.close()
    },
    notReady: () => (trouble !== '' ? trouble : office?.subscription === undefined ? 'not started' : ''),
  }
}
