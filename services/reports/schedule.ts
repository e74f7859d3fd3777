/** Scheduled reports: each time of a timetable gets its report, made once, also when every process was down at that time. */
import { randomUUID } from 'node:crypto'
import type { ReportPorts, ReportRow } from './contracts.ts'
import { claim, firstSeen, latestClaim, type Slot } from './claims.ts'
import type { ReportDesk } from './desk.ts'
import { type Calendar, jitterMs, nextDue, previousDue } from './due.ts'
import { SETTLE_NS } from './settled.ts'

export interface Schedule {
  /** Unique within its tenant. */
  readonly name: string
  readonly tenant: string
  readonly title: string
  readonly controls: readonly string[]
  readonly calendar: Calendar
  /** As configured, for people. */
  readonly cron: string
  readonly timezone: string
  readonly jitterSeconds: number
  /** Names of receivers that are told when it was made. */
  readonly deliverTo: readonly string[]
}

export interface ScheduleState {
  readonly name: string
  readonly tenant: string
  readonly title: string
  readonly controls: readonly string[]
  readonly cron: string
  readonly timezone: string
  /** ISO 8601; '' where there is none. */
  readonly next: string
  readonly last: string
  /** Times that are past and have no report yet. */
  readonly waiting: number
}

export interface SchedulePorts extends ReportPorts {
  readonly desk: Pick<ReportDesk, 'run'>
  /** No other process can be at work: what another one began, it did not live to finish. */
  readonly alone: boolean
  /** Tells receivers; what it throws is logged. */
  deliver?(row: ReportRow, receivers: readonly string[], signal: AbortSignal): Promise<void>
}

/** Of the shape that the scheduler runs. */
export interface ReportJob {
  readonly name: string
  readonly schedule: string
  run(signal: AbortSignal): Promise<void>
}

const MS = 1_000_000n
/** A run ends within five minutes, so who began longer ago is dead. */
const LEASE_NS = 600_000_000_000n
/** Attempts are made 1, 2, 4 … minutes apart. */
const MOST_ATTEMPTS = 10
const MINUTE_NS = 60_000_000_000n
/** So many missed times are made up for, the newest ones. */
const MOST_CAUGHT_UP = 31
const DAY_MS = 86_400_000

const iso = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString())

export class ReportSchedules {
  readonly #schedules: readonly Schedule[]
  readonly #ports: SchedulePorts
  readonly #runner = randomUUID()

  constructor(schedules: readonly Schedule[], ports: SchedulePorts) {
    this.#schedules = schedules
    this.#ports = ports
  }

  get job(): ReportJob {
    return { name: 'reports', schedule: '20 * * * * *', run: (signal) => this.#look(signal) }
  }

  /** Undefined: of all tenants. */
  async states(tenant: string | undefined): Promise<readonly ScheduleState[]> {
    const now = Number(this.#ports.clock.now() / MS)
    return Promise.all(this.#schedules.filter((schedule) => tenant === undefined || schedule.tenant === tenant).map(async (schedule) => {
      const { calendar, jitterSeconds: _jitter, deliverTo: _receivers, ...shown } = schedule
      const last = await this.#lastDone(schedule)
      return {
        ...shown, last: last === undefined ? '' : iso(Number(last / MS)), next: iso(await nextDue(calendar, now, now + 400 * DAY_MS)),
        waiting: (await this.#due(schedule, now, last)).length,
      }
    }))
  }

  async #look(signal: AbortSignal): Promise<void> {
    for (const schedule of this.#schedules) {
      try {
        await this.#catchUp(schedule, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#ports.log.error({ schedule: schedule.name, tenant: schedule.tenant, err: error }, 'a scheduled report could not be made; it is tried again')
      }
    }
  }

  /** Oldest first. Where one cannot be made now, those behind it wait: reports of a schedule come in order. */
  async #catchUp(schedule: Schedule, signal: AbortSignal): Promise<void> {
    const now = Number(this.#ports.clock.now() / MS)
    for (const due of await this.#due(schedule, now, await this.#lastDone(schedule))) {
      const at = due + jitterMs(`${schedule.tenant} ${schedule.name}`, due, schedule.jitterSeconds) + Number(SETTLE_NS / MS)
      if (signal.aborted || at > now || !(await this.#one(schedule, due, signal))) return
    }
  }

  /** The newest time that is done with. */
  async #lastDone({ name, tenant }: Schedule): Promise<bigint | undefined> {
    const [row] = await this.#ports.store.query(
      `SELECT max(at) AS last, count() AS n FROM
       (
         SELECT as_of AS at FROM watchkeeper.reports WHERE tenant = {tenant:String} AND schedule = {schedule:String} AND outcome = 'done'
         UNION ALL
         SELECT due FROM watchkeeper.report_claims WHERE tenant = {tenant:String} AND schedule = {schedule:String} AND attempt > {most:UInt32}
       )`, { tenant, schedule: name, most: MOST_ATTEMPTS })
    return row === undefined || row['n'] === 0n ? undefined : (row['last'] as bigint)
  }

  async #due(schedule: Schedule, now: number, last: bigint | undefined): Promise<readonly number[]> {
    const { name, tenant, calendar } = schedule
    const seen = await firstSeen(this.#ports.store, { tenant, schedule: name, due: this.#ports.clock.now() }, this.#runner)
    const since = Number((last === undefined || last < seen ? seen : last) / MS)
    const times: number[] = []
    for (let time = await nextDue(calendar, since, now); time !== undefined; time = await nextDue(calendar, time, now)) times.push(time)
    const left = times.length - MOST_CAUGHT_UP
    if (left > 0) this.#ports.log.warn({ schedule: name, tenant, left, first: iso(times[0]) }, 'more reports were missed than are made up for: the oldest are left out')
    return times.slice(-MOST_CAUGHT_UP)
  }

  /** Whether it is done, and the next may be made. */
  async #one(schedule: Schedule, due: number, signal: AbortSignal): Promise<boolean> {
    const { store, clock, log, alone } = this.#ports
    const slot: Slot = { tenant: schedule.tenant, schedule: schedule.name, due: BigInt(due) * MS }
    const latest = await latestClaim(store, slot)
    if (latest !== undefined && !this.#mayFollow(latest, clock.now(), alone)) return false
    const attempt = (latest?.attempt ?? 0) + 1
    if (!(await claim(store, slot, { attempt, runner: this.#runner, claimedAt: clock.now() }))) return false
    if (attempt > MOST_ATTEMPTS) {
      log.error({ schedule: schedule.name, tenant: schedule.tenant, due: iso(due), attempts: MOST_ATTEMPTS }, 'a report is given up: no attempt at it worked')
      return true
    }
    await this.#make(schedule, due, signal)
    return true
  }

  #mayFollow({ runner, claimedAt, attempt }: { readonly runner: string; readonly claimedAt: bigint; readonly attempt: number }, now: bigint, alone: boolean): boolean {
    if (runner !== this.#runner) return alone || now - claimedAt > LEASE_NS
    return now - claimedAt >= MINUTE_NS * BigInt(2 ** Math.min(attempt - 1, 10))
  }

  async #make(schedule: Schedule, due: number, signal: AbortSignal): Promise<void> {
    const { name, tenant, title, controls, calendar } = schedule
    const { audit, desk, log } = this.#ports
    const from = (await previousDue(calendar, due)) ?? due - 30 * DAY_MS
    const order = { tenant, title, controls, from: BigInt(from) * MS, to: BigInt(due) * MS, asOf: BigInt(due) * MS }
    const details = { schedule: name, controls: controls.join(' '), from: iso(from), to: iso(due), as_of: iso(due) }
    const row = await audit.during({ action: 'report.run', object: `report/${name}`, tenant, actor: 'watchkeeper', actor_source: 'watchkeeper', details },
      () => desk.run(order, { by: 'watchkeeper', schedule: name }, AbortSignal.any([signal, AbortSignal.timeout(300_000)])))
    log.info({ schedule: name, tenant, report: row.report_id, hash: row.report_hash, directory: row.directory }, 'a scheduled report was made')
    await this.#ports.deliver?.(row, schedule.deliverTo, signal).catch((error: unknown) => log.error({ report: row.report_id, err: error }, 'a report was made, but receivers were not told'))
  }
}
