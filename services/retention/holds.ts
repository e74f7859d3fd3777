/** Legal holds: placed, listed, released; never deleted. */
import { randomBytes } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import type { Row } from '../../schemas/ports.ts'
import type { Hold, HoldKind } from '../../schemas/removal.ts'
import type { RemovalPorts } from './contracts.ts'

export interface HoldOrder {
  readonly tenant: string
  readonly kind: HoldKind
  readonly value: string
  readonly reason: string
}

/** Holds that are read at a time. */
const PAGE = 10_000

const isHold = (row: Row): Hold => row as unknown as Hold

export class HoldDesk {
  readonly #ports: Pick<RemovalPorts, 'store' | 'clock'>

  constructor(ports: Pick<RemovalPorts, 'store' | 'clock'>) {
    this.#ports = ports
  }

  /** All of them, newest first; undefined: of all tenants. `released`: also those that hold no more. One that were missing here would be removed against it, so none is. */
  async list(tenant: string | undefined, released: boolean): Promise<readonly Hold[]> {
    const holds: Hold[] = []
    for (;;) {
      const page = await this.#page(tenant, released, holds.at(-1))
      holds.push(...page)
      if (page.length < PAGE) return holds.sort((a, b) => (a.placed_at === b.placed_at ? (a.hold_id < b.hold_id ? -1 : 1) : a.placed_at < b.placed_at ? 1 : -1))
    }
  }

  /** In the order of the table, behind `after`. */
  async #page(tenant: string | undefined, released: boolean, after: Hold | undefined): Promise<readonly Hold[]> {
    const rows = await this.#ports.store.query(
      `SELECT * FROM watchkeeper.legal_holds WHERE ({any:UInt8} = 1 OR tenant = {tenant:String}) AND ({released:UInt8} = 1 OR released_by = '')
       AND (tenant, hold_id) > ({afterTenant:String}, {afterId:String}) ORDER BY tenant, hold_id LIMIT ${PAGE}`,
      { any: tenant === undefined ? 1 : 0, tenant: tenant ?? '', released: released ? 1 : 0, afterTenant: after?.tenant ?? '', afterId: after?.hold_id ?? '' })
    return rows.map(isHold)
  }

  /** Throws Failure `rejected` for a case that is no alert of the tenant. */
  async place({ tenant, kind, value, reason }: HoldOrder, by: string): Promise<Hold> {
    if (kind === 'case') await this.#checkCase(tenant, value)
    const hold: Hold = {
      hold_id: randomBytes(16).toString('hex'), version: 1, tenant, kind, value: kind === 'tenant' ? '' : value, reason, placed_by: by, placed_at: this.#ports.clock.now(),
      released_by: '', released_why: '', released_at: 0n,
    }
    await this.#ports.store.insertRows('legal_holds', [{ ...hold }], `hold:${hold.hold_id}:1`)
    return hold
  }

  /** Undefined where there is none of this id. Releasing twice is once. */
  async release(holdId: string, { tenant, by, why }: { readonly tenant: string | undefined; readonly by: string; readonly why: string }): Promise<Hold | undefined> {
    const hold = (await this.list(tenant, true)).find((one) => one.hold_id === holdId)
    if (hold === undefined || hold.released_by !== '') return hold
    const released: Hold = { ...hold, version: 2, released_by: by, released_why: why, released_at: this.#ports.clock.now() }
    await this.#ports.store.insertRows('legal_holds', [{ ...released }], `hold:${holdId}:2`)
    return released
  }

  async #checkCase(tenant: string, alertId: string): Promise<void> {
    const rows = await this.#ports.store.query('SELECT 1 AS found FROM watchkeeper.alerts WHERE tenant = {tenant:String} AND alert_id = {alertId:String} LIMIT 1', { tenant, alertId })
    if (rows.length === 0) throw new Failure('rejected', 'hold.case', 'There is no alert of this id: a case is held by the id of its alert.')
  }
}
