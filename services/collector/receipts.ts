/**
 * What the collector took, told on the bus: counts by source and minute of receipt, so that somebody else can check that all of it arrived. A
 * receipt is cumulative and is published again under the same id while its minute grows; a publish that must be repeated counts nothing twice.
 * What is counted between the last receipt and a kill is not told: conservation then takes the log's word for it.
 */
import { hash, randomUUID } from 'node:crypto'
import { type Receipt, windowOf } from '../../schemas/conservation.ts'
import type { Log, Publisher, Service } from '../../schemas/ports.ts'
import { receipts } from '../../schemas/topics.ts'
import type { Arrival, Counted } from './contracts.ts'
import type { CollectorTelemetry } from './telemetry.ts'

export interface Receipts extends Service {
  /** `telemetry`, and a receipt for what it is told. */
  counting(telemetry: CollectorTelemetry): CollectorTelemetry
}

interface Account {
  readonly id: string
  readonly points: boolean
  readonly source: string
  readonly tenant: string
  readonly window: bigint
  version: number
  received: number
  accepted: number
  skipped: number
  rejected: number
  changed: boolean
}

const EVERY_MS = 1_000
/** Sources are named by strangers: so many accounts are open at most, then all are told and begun anew. */
const MOST_ACCOUNTS = 10_000
/** Receipts in one publish. */
const AT_ONCE = 1_000

class Accounts {
  readonly #run = randomUUID()
  #open = new Map<string, Account>()
  #closed: Account[] = []
  #opened = 0
  #newest = 0n
  /** The minute that was asked for last, as text: nearly always the one that is asked for now. */
  #minute = { window: 0n, text: '0' }

  take(points: boolean, { bySource }: Pick<Counted, 'bySource'>, { tenant, receivedAt }: Arrival): void {
    const window = windowOf(receivedAt)
    if (window > this.#newest) this.#newest = window
    for (const { source, received, accepted, skipped, rejected } of bySource) {
      if (received === 0) continue
      const account = this.#account({ points, tenant, source, window })
      account.received += received
      account.accepted += accepted
      account.skipped += skipped
      account.rejected += rejected
      account.changed = true
    }
  }

  /** What is to be told now; what is counted from here on makes it due again. */
  due(): readonly Account[] {
    const due = [...this.#closed, ...this.#open.values()].filter(({ changed }) => changed).slice(0, AT_ONCE)
    for (const account of due) {
      account.changed = false
      account.version++
    }
    return due
  }

  untold(accounts: readonly Account[]): void {
    for (const account of accounts) account.changed = true
  }

  /** Minutes that are over are let go: what still comes of them gets an account of its own. */
  tidy(): void {
    this.#closed = this.#closed.filter(({ changed }) => changed)
    for (const [key, { window, changed }] of this.#open) if (!changed && window < this.#newest) this.#open.delete(key)
  }

  #account({ points, tenant, source, window }: Pick<Account, 'points' | 'tenant' | 'source' | 'window'>): Account {
    if (this.#minute.window !== window) this.#minute = { window, text: String(window) }
    const key = `${this.#minute.text}\u0000${points}\u0000${tenant}\u0000${source}`
    const known = this.#open.get(key)
    if (known !== undefined) return known
    if (this.#open.size >= MOST_ACCOUNTS) {
      this.#closed.push(...this.#open.values())
      this.#open = new Map()
    }
    const id = hash('sha256', `receipt\u0000${this.#run}\u0000${this.#opened++}`, 'hex').slice(0, 32)
    const account = { id, points, tenant, source, window, version: 0, received: 0, accepted: 0, skipped: 0, rejected: 0, changed: false }
    this.#open.set(key, account)
    return account
  }
}

function receiptOf(account: Account): Receipt {
  const { id, points, version, tenant, source, window, received, accepted, skipped, rejected } = account
  return { receipt_id: id, version, points, tenant, source, window_start: window, received, accepted, skipped, rejected }
}

export function createReceipts({ bus, log }: { readonly bus: Publisher; readonly log: Log }): Receipts {
  const accounts = new Accounts()
  let timer: NodeJS.Timeout | undefined
  let telling: Promise<void> | undefined

  async function tell(): Promise<void> {
    let due: readonly Account[]
    do {
      due = accounts.due()
      if (due.length === 0) return
      const told = due.map((account) => ({ key: account.id, record: receiptOf(account) }))
      await bus.publish(receipts, told).catch((error: unknown) => {
        accounts.untold(due)
        throw error
      })
      accounts.tidy()
    } while (due.length === AT_ONCE)
  }

  function ring(): void {
    telling ??= tell()
      .catch((error: unknown) => log.warn({ err: error }, 'the bus did not take receipts; they are told again'))
      .finally(() => { telling = undefined })
  }

  return {
    name: 'receipts',
    counting: (telemetry) => ({
      ...telemetry,
      received(counted, arrival) {
        telemetry.received(counted, arrival)
        accounts.take(false, counted, arrival)
      },
      receivedMetrics(counted, arrival) {
        telemetry.receivedMetrics(counted, arrival)
        accounts.take(true, counted, arrival)
      },
    }),
    async start() {
      timer = setInterval(ring, EVERY_MS)
    },
    async stop() {
      if (timer === undefined) return
      clearInterval(timer)
      timer = undefined
      await telling
      ring()
      await telling
    },
    notReady: () => (timer === undefined ? 'not started' : ''),
  }
}
