/** Reports of this process: made by people through the API, and by themselves where the scheduler is. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import { cronCalendar } from '../../infra/cron/calendar.ts'
import { openReportFiles } from '../../infra/report-files/report-files.ts'
import { logOrigin } from '../../schemas/checkpoint.ts'
import { Failure } from '../../schemas/failure.ts'
import type { NoteSigner } from '../../schemas/note.ts'
import type { Log, Store } from '../../schemas/ports.ts'
import type { IncidentsPort, ReportsPort } from '../api/report-port.ts'
import type { Config } from '../config/schema.ts'
import { nameOf } from '../notary/desk.ts'
import type { ReportPorts } from '../reports/contracts.ts'
import { ReportDesk } from '../reports/desk.ts'
import { packOf } from '../reports/incident/pack.ts'
import { scopeOf } from '../reports/incident/scope.ts'
import { controlsOf } from '../reports/library/library.ts'
import { orderOf, titleOf } from '../reports/order.ts'
import { Places } from '../reports/places.ts'
import { ReportSchedules, type Schedule } from '../reports/schedule.ts'
import { systemClock } from './clock.ts'
import type { Foundation } from './foundation.ts'
import { notaryParts } from './notary.ts'
import { reportReceivers, tellOfReport } from './report-delivery.ts'

export interface ReportKit {
  readonly config: Config
  /** Of this process. */
  readonly parts: ReadonlySet<string>
  readonly foundation: Foundation
  readonly log: Log
}

/** Under the name and key of the notary: whoever knows that key can check reports too. */
function signerOf({ config, parts }: ReportKit): () => Promise<NoteSigner> {
  return async () => {
    if (config.bus.kafka !== undefined && config.audit.signing_key_file === undefined && !parts.has('notary')) {
      throw new Failure('misconfigured', 'report.key', 'Reports are signed with the notary\'s key, and this process has it not: name the file in audit.signing_key_file.')
    }
    const { privateKey } = notaryParts(config)
    return { name: logOrigin(nameOf(config.audit, privateKey)), privateKey }
  }
}

/** Throws Failure `misconfigured` for a cron expression, zone or control that there is not. */
function schedulesOf({ reports: { schedules } }: Pick<Config, 'reports'>): readonly Schedule[] {
  return schedules.map(({ name, tenant, controls, title, cron, timezone, jitter_seconds: jitterSeconds, deliver_to: deliverTo }) => {
    try {
      const chosen = controlsOf(controls)
      return { name, tenant, controls, title: title ?? titleOf(controls, chosen), calendar: cronCalendar(cron, timezone), cron, timezone, jitterSeconds, deliverTo }
    } catch (error) {
      throw error instanceof Failure ? new Failure('misconfigured', error.code, `reports.schedules (${name}): ${error.message}`, { cause: error }) : error
    }
  })
}

/** The desk, and the schedules with their job. */
export function openReports(kit: ReportKit, store: Store): { readonly desk: ReportDesk; readonly schedules: ReportSchedules } {
  const { config, foundation: { bus }, log } = kit
  const ports: ReportPorts = {
    store, clock: systemClock, audit: openAdminAudit(config.data_dir), files: openReportFiles(config.reports.directory ?? join(config.data_dir, 'reports')),
    lag: () => bus.bus.lag(), signer: signerOf(kit), host: hostname(), log,
  }
  const desk = new ReportDesk(ports)
  // Only who makes them by schedule tells of them: other processes need no secrets of receivers.
  const told = kit.parts.has('scheduler') ? config.reports.schedules : []
  const receivers = new Map(told.flatMap(({ deliver_to: names }) => names).map((name) => [name, reportReceivers(config.alerting, [name], log)]))
  const schedules = new ReportSchedules(schedulesOf(config), {
    ...ports, desk, alone: config.bus.kafka === undefined,
    deliver: (row, names, signal) => tellOfReport(row, names.flatMap((name) => receivers.get(name) ?? []), { bus: bus.bus, clock: systemClock, log }, signal),
  })
  return { desk, schedules }
}

/** Reports that are made at a time because somebody asks; those of schedules come on top, one by one. */
const AT_A_TIME = { each: 2, all: 4 }

/** What the API asks of them. */
export function reportsPort({ desk, schedules }: ReturnType<typeof openReports>): ReportsPort {
  const places = new Places(AT_A_TIME)
  const order = (wish: Parameters<typeof orderOf>[0]) => orderOf(wish, systemClock.now())
  return {
    run: async (wish, by) => places.within(wish.tenant, () => desk.run(order(wish), { by, schedule: '' })),
    again: async (wish) => places.within(wish.tenant, () => desk.again(order(wish))),
    list: (listing) => desk.list(listing),
    files: (listing) => desk.files(listing),
    schedules: (tenant) => schedules.states(tenant),
  }
}

export function incidentsPort(kit: ReportKit, store: Store): IncidentsPort {
  return {
    async pack(wish, signal) {
      const scope = await scopeOf(store, wish)
      return scope === undefined ? undefined : packOf(scope, { store, signer: signerOf(kit) }, signal)
    },
  }
}
