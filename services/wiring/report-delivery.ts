/** Tells receivers that a scheduled report was made: what it is about, its hash, where it lies. It holds no text of strangers, and none of the answers. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery } from '../../schemas/alert.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Clock, Log, Notifier, Publisher } from '../../schemas/ports.ts'
import { deliveries } from '../../schemas/topics.ts'
import type { Alerting } from '../config/alerting.ts'
import type { ReportRow } from '../reports/contracts.ts'
import { notifierOf } from './notifier-of.ts'

const titleOf = ({ title, tenant, to }: ReportRow): string => `Report: ${title}, tenant ${tenant}, up to ${to.slice(0, 10)}`
const linesOf = (row: ReportRow): readonly (readonly [string, string])[] => [
  ['Received', `${row.from} to ${row.to}`], ['As of', row.as_of], ['Report', row.report_id], ['SHA-256 of report.json', row.report_hash], ['Files', `${row.directory} on ${row.host}`],
  ['Look', `watchkeeper report show ${row.report_id} --out DIR`],
]
const textOf = (row: ReportRow): string => [titleOf(row), '', ...linesOf(row).map(([name, value]) => `${name}: ${value}`)].join('\n')
const run = (text: string, style: object = {}): object => ({ type: 'TextRun', text, ...style })

/** In the form of each kind that can be told of something that is no alert. */
const BODIES: Readonly<Record<string, (row: ReportRow) => object>> = {
  webhook: ({ note: _note, ...row }) => ({ type: 'report.made', timestamp: row.made_at, data: row }),
  slack: (row) => ({ text: textOf(row).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'), mrkdwn: false }),
  teams: (row) => ({
    type: 'message', attachments: [{
      contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.2', fallbackText: titleOf(row),
        body: [[run(titleOf(row), { weight: 'Bolder', size: 'Large' })], ...linesOf(row).map(([name, value]) => [run(`${name}: `, { weight: 'Bolder' }), run(value)])]
          .map((inlines) => ({ type: 'RichTextBlock', inlines })),
      },
    }],
  }),
  email: (row) => ({ subject: titleOf(row), text: `${textOf(row)}\n`, thread: `report-${row.schedule}` }),
}

const PAUSES_MS = [1_000, 10_000, 60_000]
const ATTEMPT_MS = 30_000
const isOver = (status: number): boolean => status !== 0 && status !== 429 && status < 500

export interface DeliveryPorts {
  readonly bus: Publisher
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds between attempts. */
  readonly pausesMs?: readonly number[]
}

/** Receivers by name. Throws Failure `misconfigured` for one that there is not, or whose kind only takes alerts. */
export function reportReceivers({ receivers, webhooks }: Pick<Alerting, 'receivers' | 'webhooks'>, names: readonly string[], log: Log): readonly Notifier[] {
  const known = [...receivers, ...webhooks.map((webhook) => ({ type: 'webhook', ...webhook }) as const)]
  return names.map((name) => {
    const found = known.find((one) => one.name === name)
    if (found === undefined) throw new Failure('misconfigured', 'report.receiver', `reports.schedules: deliver_to names ${name}, and there is no receiver of that name in alerting.`)
    if (BODIES[found.type] === undefined) throw new Failure('misconfigured', 'report.receiver', `reports.schedules: deliver_to names ${name}, which is of kind ${found.type} and takes alerts only: name one of ${Object.keys(BODIES).join(', ')}.`)
    return notifierOf(found, log)
  })
}

/** Every attempt is a row of `deliveries`, about no alert. Resolves when each receiver has it or was given up. */
export async function tellOfReport(row: ReportRow, notifiers: readonly Notifier[], ports: DeliveryPorts, signal: AbortSignal): Promise<void> {
  await Promise.all(notifiers.map((notifier) => tellOne(row, notifier, ports, signal)))
}

async function tellOne(row: ReportRow, notifier: Notifier, { bus, clock, log, pausesMs = PAUSES_MS }: DeliveryPorts, signal: AbortSignal): Promise<void> {
  const id = `msg_report_${row.report_id}`
  const body = JSON.stringify(BODIES[notifier.kind]?.(row) ?? {})
  for (let attempt = 1; ; attempt++) {
    const at = clock.now()
    const { status, text, refused } = await notifier.send({ id, at, body }, AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]))
    const [taken, last] = [status >= 200 && status < 300, isOver(status) || refused === true || attempt > pausesMs.length]
    const told: Delivery = {
      message_id: id, attempt, tenant: row.tenant, alert_id: '', alert_version: 0, receiver: notifier.receiver, attempted_at: at, duration_ns: clock.now() - at, status,
      outcome: taken ? 'delivered' : last ? 'gave_up' : 'retry', answer: text.slice(0, 1_024),
    }
    await bus.publish(deliveries, [{ key: row.tenant, record: told }])
    if (taken) return
    if (last) return log.error({ report: row.report_id, receiver: notifier.receiver, status }, 'a receiver was not told of a report: it is given up')
    await wait(pausesMs[attempt - 1] ?? 0, undefined, { signal, ref: false })
  }
}
