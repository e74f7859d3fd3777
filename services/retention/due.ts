/** What the configured times mean at a moment. */
import { type Expiry, RETENTION_CLASSES, type RetentionClass } from '../../schemas/removal.ts'

/** Days by class; undefined: for good. */
export type Times = Readonly<Partial<Record<`${RetentionClass}_days`, number | undefined>>>

export interface RetentionPolicy extends Times {
  /** By tenant, in place of the others. */
  readonly tenants: Readonly<Record<string, Times>>
}

const DAY_NS = 86_400_000_000_000n

/** The first moment of the month (UTC) in which `at` lies, nanoseconds: what is dropped is whole months, so that no day's rows cost a month's to be written anew. */
function monthOf(at: bigint): bigint {
  const date = new Date(Number(at / 1_000_000n))
  return BigInt(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)) * 1_000_000n
}

/** Days for one class of a tenant; undefined: for good. */
export const daysFor = ({ tenants, ...own }: RetentionPolicy, tenant: string, kind: RetentionClass): number | undefined =>
  tenants[tenant]?.[`${kind}_days`] ?? own[`${kind}_days`]

/** What has outlived its time now, whole rows first. */
export function dueOf(policy: RetentionPolicy, tenants: readonly string[], now: bigint): readonly Expiry[] {
  return tenants.flatMap((tenant) => RETENTION_CLASSES.flatMap((kind): Expiry[] => {
    const days = daysFor(policy, tenant, kind)
    return days === undefined ? [] : [{ tenant, class: kind, until: monthOf(now - BigInt(days) * DAY_NS) }]
  }))
}
