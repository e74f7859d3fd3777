/** Orders to the alerter: onto the bus, and then looking out for the event that says what became of them. */
import type { AlertOrder } from '../../../schemas/alert-order.ts'
import type { Publisher, Store } from '../../../schemas/ports.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import { desk, type Topic } from '../../../schemas/topics.ts'
import { exactTime } from './filter.ts'
import { alertEventView, AlertEventView, columnsOf } from './view.ts'

/** How long an answer is waited for: alerter, bus, archiver and table are a second or two away. */
const WAIT_MS = 8_000
const LOOK_EVERY_MS = 200
/** So many may wait at a time; others are told that the order is taken. */
const MOST_WAITING = 32
/** Clocks of processes may differ; an order with a key may be old. */
const SKEW_NS = 86_400_000_000_000n

export type Became = ReturnType<typeof alertEventView>

export interface OrderPorts {
  readonly bus: Publisher
  readonly store: Pick<Store, 'query'> | { readonly none: string }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export class OrderDesk {
  readonly #ports: OrderPorts
  #waiting = 0

  constructor(ports: OrderPorts) {
    this.#ports = ports
  }

  /** The event that answers an order; undefined where there is none yet, or nothing to look at. */
  async became({ order_id: id, tenant, at }: Pick<AlertOrder, 'order_id' | 'tenant' | 'at'>): Promise<Became | undefined> {
    const { store } = this.#ports
    if ('none' in store) return undefined
    const [row] = await store.query(`SELECT ${columnsOf(AlertEventView)} FROM watchkeeper.alert_events
      WHERE tenant = ${sqlText(tenant)} AND order_id = ${sqlText(id)} AND at >= ${exactTime(at > SKEW_NS ? at - SKEW_NS : 0n)} LIMIT 1`)
    return row === undefined ? undefined : alertEventView(row)
  }

  /** Gives it to the alerter. Undefined where nothing can be seen from here, or not in time: the order stands all the same. */
  give(order: AlertOrder, signal: AbortSignal | undefined): Promise<Became | undefined> {
    return this.giveTo<AlertOrder>(desk as Topic<unknown> as Topic<AlertOrder>, { key: order.tenant, order }, signal)
  }

  /** The same for whoever answers orders of a topic with events. */
  async giveTo<T extends Pick<AlertOrder, 'order_id' | 'tenant' | 'at'>>(topic: Topic<T>, { key, order }: { readonly key: string; readonly order: T }, signal: AbortSignal | undefined): Promise<Became | undefined> {
    await this.#ports.bus.publish(topic, [{ key, record: order }])
    return 'none' in this.#ports.store ? undefined : this.lookFor(() => this.became(order), signal)
  }

  /** What `look` finds at last; undefined after some seconds, or where too many wait already, or nobody any more. */
  async lookFor<T>(look: () => Promise<T | undefined>, signal: AbortSignal | undefined): Promise<T | undefined> {
    if (this.#waiting >= MOST_WAITING) return undefined
    this.#waiting++
    try {
      for (const until = performance.now() + WAIT_MS; performance.now() < until && signal?.aborted !== true; await pause(LOOK_EVERY_MS)) {
        const found = await look()
        if (found !== undefined) return found
      }
      return undefined
    } finally {
      this.#waiting--
    }
  }
}
