import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { acknowledged, criticalCommand, NOTICES, resolved } from '../../../test/receivers/notices.ts'
import { pagerDutyEvent, withRoutingKey } from './render.ts'

// As documented at https://developer.pagerduty.com/docs/send-alert-event
const name = z.string().min(1).max(255)
const Event = z.discriminatedUnion('event_action', [
  z.strictObject({ event_action: z.enum(['acknowledge', 'resolve']), routing_key: z.string().length(32), dedup_key: name }),
  z.strictObject({
    event_action: z.literal('trigger'), routing_key: z.string().length(32), dedup_key: name, client: z.string(), client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024), source: name, severity: z.enum(['critical', 'error', 'warning', 'info']), timestamp: z.iso.datetime(), component: name.optional(), group: name.optional(),
      class: name.optional(), custom_details: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    }),
  }),
])
const KEY = 'R0123456789abcdef0123456789abcde'

describe('PagerDuty', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (file, notice) => {
    const event = pagerDutyEvent(notice)
    Event.parse(JSON.parse(withRoutingKey(JSON.stringify(event), KEY)))
    await expect(`${JSON.stringify(event, null, 2)}\n`).toMatchFileSnapshot(`examples/${file}.json`)
  })

  it('has one incident for an alert, from its first message to its last', () => {
    const events = [criticalCommand, { ...criticalCommand, type: 'alert.updated' as const }, acknowledged, resolved].map(pagerDutyEvent)
    expect(events.map(({ event_action }) => event_action)).toEqual(['trigger', 'trigger', 'acknowledge', 'resolve'])
    expect(new Set(events.map(({ dedup_key }) => dedup_key))).toEqual(new Set([criticalCommand.data.alert_id]))
  })

  it('keeps the limits, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const body = withRoutingKey(JSON.stringify(pagerDutyEvent(notice)), KEY)
      Event.parse(JSON.parse(body))
      expect(Buffer.byteLength(body)).toBeLessThan(512_000)
    }), { numRuns: 300 })
  })
})
