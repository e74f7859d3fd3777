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

const isHold = (row: Row): Hold => row as unknown as Hold

export class HoldDesk {
  readonly #ports: Pick<RemovalPorts, 'store' | 'clock'>

  constructor(ports: Pick<RemovalPorts, 'store' | 'clock'>) {
    this.#ports = ports
  }

  /** Newest first; undefined: of all tenants. `released`: also those that hold no more. */
  async list(tenant: string | undefined, released: boolean): Promise<readonly Hold[]> {
    const rows = await this.#ports.store.query(
      `SELECT * FROM watchkeeper.legal_holds WHERE ({any:UInt8} = 1 OR tenant = {tenant:String}) AND ({released:UInt8} = 1 OR released_by = '')
       ORDER BY placed_at DESC, hold_id LIMIT 10000`,
      { any: tenant === undefined ? 1 : 0, tenant: tenant ?? '', released: released ? 1 : 0 })
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
