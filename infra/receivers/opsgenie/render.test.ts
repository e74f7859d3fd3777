import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { acknowledged, criticalCommand, NOTICES, resolved } from '../../../test/receivers/notices.ts'
import { opsgenieCall, opsgenieRequest } from './render.ts'

// As documented at https://docs.opsgenie.com/docs/alert-api
const Create = z.strictObject({
  message: z.string().min(1).max(130), alias: z.string().min(1).max(512), description: z.string().max(15_000), tags: z.array(z.string().min(1).max(50)).max(20),
  details: z.record(z.string(), z.string()).refine((details) => JSON.stringify(details).length <= 8_000), entity: z.string().min(1).max(512).optional(), source: z.string().max(100),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
})
const End = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) })
const API = 'https://api.opsgenie.com/v2/alerts'
const bodyOf = (kept: string): unknown => JSON.parse(opsgenieCall(kept, API).body)

describe('Opsgenie and Jira Service Management', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    const request = opsgenieRequest(notice)
    ;(request.action === 'create' ? Create : End).parse(bodyOf(JSON.stringify(request)))
    await expect(`${JSON.stringify(request, null, 2)}\n`).toMatchFileSnapshot(`examples/${name}.json`)
  })

  it('has one alert for an alert, from its first message to its last', () => {
    const id = criticalCommand.data.alert_id
    const urls = [criticalCommand, acknowledged, resolved].map((notice) => opsgenieCall(JSON.stringify(opsgenieRequest(notice)), API).url)
    expect(urls).toEqual([API, `${API}/${id}/acknowledge?identifierType=alias`, `${API}/${id}/close?identifierType=alias`])
    expect(bodyOf(JSON.stringify(opsgenieRequest(criticalCommand)))).toMatchObject({ alias: id, priority: 'P1' })
  })

  it('keeps the limits and its address, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const request = opsgenieRequest(notice)
      ;(request.action === 'create' ? Create : End).parse(request.body)
      expect(new URL(opsgenieCall(JSON.stringify(request), API).url).origin).toBe('https://api.opsgenie.com')
    }), { numRuns: 200 })
  })
})
