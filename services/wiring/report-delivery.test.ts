import { expect, it } from 'vitest'
import type { Delivery } from '../../schemas/alert.ts'
import type { Notifier } from '../../schemas/ports.ts'
import { Alerting } from '../config/alerting.ts'
import type { ReportRow } from '../reports/contracts.ts'
import { reportReceivers, tellOfReport } from './report-delivery.ts'

const quiet = (): void => undefined
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const row: ReportRow = {
  report_id: 'a'.repeat(32), run_id: 'b'.repeat(32), tenant: 'acme', title: 'PCI <b>', schedule: 'monthly', controls: ['pci-10-2'], from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z',
  as_of: '2026-11-01T00:00:00.000Z', made_at: '2026-11-01T00:02:00.000Z', made_by: 'watchkeeper', host: 'h', directory: '/d', outcome: 'done', reason: '', report_hash: 'c'.repeat(64), page_hash: '', note: 'n', result_rows: 3,
}

async function told(kind: string, statuses: number[]): Promise<{ readonly bodies: string[]; readonly ids: Set<string>; readonly records: Delivery[] }> {
  const [bodies, records, ids]: [string[], Delivery[], Set<string>] = [[], [], new Set()]
  const notifier: Notifier = {
    receiver: 'soc', kind, render: () => '',
    send({ id, body }) {
      bodies.push(body)
      ids.add(id)
      return Promise.resolve({ status: statuses.shift() ?? 200, text: 'said', retryAfterSeconds: undefined })
    },
  }
  const bus = { publish: async (_: unknown, batch: readonly { readonly record: unknown }[]) => void records.push(...batch.map(({ record }) => record as Delivery)), broadcast: async () => undefined }
  await tellOfReport(row, [notifier], { bus, clock: { now: () => 1n }, log, pausesMs: [0, 0, 0] }, new AbortController().signal)
  return { bodies, ids, records }
}

it('says what was made, with its hash and where it lies, in the form of each kind', async () => {
  for (const kind of ['webhook', 'slack', 'teams', 'email']) {
    const { bodies } = await told(kind, [200])
    expect(bodies[0], kind).toContain(row.report_hash)
    expect(bodies[0], kind).toContain('/d')
  }
  expect((await told('slack', [])).bodies[0]).toContain('PCI &lt;b&gt;')
  expect(JSON.parse((await told('webhook', [])).bodies[0] ?? '')).toMatchObject({ type: 'report.made', data: { report_id: row.report_id, tenant: 'acme' } })
})

it('tries again what may pass, under the same id, and writes down each attempt', async () => {
  const passing = await told('webhook', [503, 0, 200])
  expect([passing.records.map(({ attempt, status, outcome, alert_id: alert }) => [attempt, status, outcome, alert]), passing.ids.size]).toEqual([
    [[1, 503, 'retry', ''], [2, 0, 'retry', ''], [3, 200, 'delivered', '']], 1])
  expect((await told('webhook', [404])).records.map(({ outcome }) => outcome)).toEqual(['gave_up'])
  expect((await told('webhook', [500, 500, 500, 500, 200])).records.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'retry', 'gave_up'])
})

it('refuses a receiver that there is not, and one that takes alerts only', () => {
  const alerting = Alerting.parse({ receivers: [{ type: 'pagerduty', name: 'duty', key: 'a'.repeat(32) }], webhooks: [{ name: 'hook', url: 'https://hook.example/', secret: `whsec_${'A'.repeat(32)}` }] })
  expect(reportReceivers(alerting, ['hook'], log).map(({ receiver, kind }) => [receiver, kind])).toEqual([['hook', 'webhook']])
  expect(() => reportReceivers(alerting, ['nobody'], log)).toThrow(/no receiver of that name/)
  expect(() => reportReceivers(alerting, ['duty'], log)).toThrow(/pagerduty and takes alerts only/)
})
