import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { criticalCommand, NOTICES, resolved } from '../../../test/receivers/notices.ts'
import { alertmanagerBody } from './render.ts'

// As documented at https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
const words = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1))
const Body = z.strictObject({
  version: z.literal('4'), groupKey: z.string().min(1), truncatedAlerts: z.number().int(), status: z.enum(['firing', 'resolved']), receiver: z.string(), groupLabels: words, commonLabels: words,
  commonAnnotations: words, externalURL: z.url().or(z.literal('')),
  alerts: z.array(z.strictObject({
    status: z.enum(['firing', 'resolved']), labels: words, annotations: words, startsAt: z.iso.datetime(), endsAt: z.iso.datetime(), generatorURL: z.url().or(z.literal('')), fingerprint: z.string().min(1),
  })).length(1),
})

describe('the webhook of Alertmanager', () => {
  it.each(Object.entries(NOTICES).filter(([name]) => name !== 'acknowledged'))('shows %s', async (name, notice) => {
    const body = alertmanagerBody(notice, 'on-call')
    Body.parse(body)
    await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot(`examples/${name}.json`)
  })

  it('says nothing of what it has no words for', () => {
    expect(alertmanagerBody(NOTICES['acknowledged']!, 'on-call')).toBeUndefined()
  })

  it('has one identity for an alert while it lasts, and one status at its end', () => {
    const [first, last] = [alertmanagerBody(criticalCommand, 'r')!, alertmanagerBody(resolved, 'r')!]
    expect(last.alerts[0].fingerprint).toBe(first.alerts[0].fingerprint)
    expect([last.groupKey, last.alerts[0].labels, last.alerts[0].startsAt]).toEqual([first.groupKey, first.alerts[0].labels, first.alerts[0].startsAt])
    const grown = { ...criticalCommand, data: { ...criticalCommand.data, what: { ...criticalCommand.data.what, detectors: ['beaconing', 'unexpected-command'], tool: 'other' } } }
    expect(alertmanagerBody(grown, 'r')!.alerts[0].labels).toEqual(first.alerts[0].labels)
    expect([first.status, last.status, last.alerts[0].endsAt]).toEqual(['firing', 'resolved', resolved.timestamp])
  })

  it('is not told by the configuration that another alert is meant', () => {
    const notice = { ...criticalCommand, data: { ...criticalCommand.data, labels: { alertname: 'Other', severity: 'info', team: 'red' } } }
    expect(alertmanagerBody(notice, 'r')?.commonLabels).toMatchObject({ alertname: 'Watchkeeper', severity: 'critical', team: 'red' })
  })

  it('keeps its form, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const body = alertmanagerBody(notice, 'on-call')
      if (body === undefined) return
      // Names of labels come from the configuration, which checks them.
      const labels = { ...body.commonLabels }
      for (const name of Object.keys(notice.data.labels)) delete labels[name]
      Body.parse({ ...body, commonLabels: labels, alerts: body.alerts.map((alert) => ({ ...alert, labels })), groupLabels: labels['alertname'] === undefined ? {} : body.groupLabels })
    }), { numRuns: 300 })
  })
})
