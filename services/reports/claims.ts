/** Which of many processes makes a scheduled report: whoever's insert under the token of the next attempt comes first. */
import type { Store } from '../../schemas/ports.ts'

export interface Slot {
  readonly tenant: string
  readonly schedule: string
  /** Nanoseconds. */
  readonly due: bigint
}

export interface Claim {
  readonly attempt: number
  readonly runner: string
  /** Nanoseconds. */
  readonly claimedAt: bigint
}

type ClaimStore = Pick<Store, 'query' | 'insertRows'>
const SAME = 'tenant = {tenant:String} AND schedule = {schedule:String}'

const rowOf = ({ tenant, schedule, due }: Slot, { attempt, runner, claimedAt }: Claim) => ({ tenant, schedule, due, attempt, runner, claimed_at: claimedAt })
const tokenOf = ({ tenant, schedule, due }: Slot, attempt: number): string => `report-claim:${tenant}:${schedule}:${attempt === 0 ? '' : due}:${attempt}`

/** When the schedule was first seen, by whoever saw it first: what was due before is nobody's. */
export async function firstSeen(store: ClaimStore, slot: Slot, runner: string): Promise<bigint> {
  const read = async (): Promise<bigint | undefined> => {
    const [row] = await store.query(`SELECT min(due) AS first, count() AS n FROM watchkeeper.report_claims WHERE ${SAME} AND attempt = 0`, { tenant: slot.tenant, schedule: slot.schedule })
    return row === undefined || row['n'] === 0n ? undefined : (row['first'] as bigint)
  }
  const known = await read()
  if (known !== undefined) return known
  await store.insertRows('report_claims', [rowOf(slot, { attempt: 0, runner, claimedAt: slot.due })], tokenOf(slot, 0))
  return (await read()) ?? slot.due
}

/** The newest attempt; undefined where nobody has begun. */
export async function latestClaim(store: ClaimStore, { tenant, schedule, due }: Slot): Promise<Claim | undefined> {
  const [row] = await store.query(
    `SELECT attempt, argMin(runner, claimed_at) AS first_runner, min(claimed_at) AS at FROM watchkeeper.report_claims
     WHERE ${SAME} AND due = fromUnixTimestamp64Nano({due:Int64}, 'UTC') AND attempt > 0 GROUP BY attempt ORDER BY attempt DESC LIMIT 1`, { tenant, schedule, due })
  return row === undefined ? undefined : { attempt: Number(row['attempt']), runner: String(row['first_runner']), claimedAt: row['at'] as bigint }
}

/** True when the attempt is ours. An insert that is repeated is the same insert. */
export async function claim(store: ClaimStore, slot: Slot, mine: Claim): Promise<boolean> {
  await store.insertRows('report_claims', [rowOf(slot, mine)], tokenOf(slot, mine.attempt))
  const latest = await latestClaim(store, slot)
  return latest?.attempt === mine.attempt && latest.runner === mine.runner
}
