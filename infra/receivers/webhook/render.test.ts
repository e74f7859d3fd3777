import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AlertMessage, StormMessage, TestMessage } from '../../../schemas/alert-message.ts'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { composite, NOTICES } from '../../../test/receivers/notices.ts'
import { webhookBody } from './render.ts'

const schemaOf = (type: string) => (type === 'storm.summary' ? StormMessage : type === 'receiver.test' ? TestMessage : AlertMessage)

describe('the generic webhook', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    const body = JSON.parse(webhookBody(notice)) as unknown
    expect(body).toEqual(notice)
    expect(schemaOf(notice.type).parse(body)).toEqual(notice)
    await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot(`examples/${name}.json`)
  })

  it('has no more than 20 KB, and counts what it leaves out', () => {
    const reason = { ...composite.data.why[0]!, observed: 'o'.repeat(700) }
    const large = { ...composite, data: { ...composite.data, why: Array.from({ length: 20 }, () => reason), why_omitted: 3 } }
    expect(Buffer.byteLength(JSON.stringify(large))).toBeGreaterThan(20_000)
    const body = JSON.parse(webhookBody(large)) as AlertMessage
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(20_000)
    expect(body.data.why.length + body.data.why_omitted).toBe(23)
    expect(body.data.title).toBe(composite.data.title)
  })

  it('has the form of its schema and less than 20 KB, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const body = webhookBody(notice)
      schemaOf(notice.type).parse(JSON.parse(body))
      expect(Buffer.byteLength(body)).toBeLessThan(20_000)
    }), { numRuns: 300 })
  })
})
