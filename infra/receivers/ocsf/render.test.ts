import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { criticalCommand, NOTICES, resolved } from '../../../test/receivers/notices.ts'
import { ocsfFinding } from './render.ts'

// As documented at https://schema.ocsf.io/1.5.0/classes/detection_finding
const text = z.string().min(1)
const time = z.number().int().nonnegative()
const Finding = z.strictObject({
  activity_id: z.union([z.literal(1), z.literal(2), z.literal(3)]), activity_name: z.enum(['Create', 'Update', 'Close']), category_uid: z.literal(2), category_name: z.literal('Findings'),
  class_uid: z.literal(2004), class_name: z.literal('Detection Finding'), type_uid: z.number().int(), type_name: text, severity_id: z.number().int().min(1).max(5),
  severity: z.enum(['Informational', 'Low', 'Medium', 'High', 'Critical']), status_id: z.union([z.literal(1), z.literal(2), z.literal(4)]), status: z.enum(['New', 'In Progress', 'Resolved']),
  time, message: text, is_alert: z.boolean(), count: z.number().int().min(1).optional(), comment: text.optional(),
  verdict_id: z.union([z.literal(2), z.literal(5), z.literal(10)]).optional(), verdict: z.enum(['True Positive', 'Benign', 'Duplicate']).optional(),
  metadata: z.strictObject({
    version: z.literal('1.5.0'), uid: text, product: z.strictObject({ name: text, vendor_name: text }), tenant_uid: text.optional(), labels: z.array(text).min(1).optional(),
    profiles: z.tuple([z.literal('incident')]).optional(),
  }),
  finding_info: z.strictObject({
    uid: text, title: text, desc: text, types: z.array(z.string()).optional(), first_seen_time: time.optional(), last_seen_time: time.optional(), src_url: z.url().optional(),
    attacks: z.array(z.strictObject({ version: text, technique: z.strictObject({ uid: z.string().regex(/^T\d{4}$/) }), sub_technique: z.strictObject({ uid: z.string().regex(/^T\d{4}\.\d{3}$/) }).optional() })).min(1).optional(),
  }),
  evidences: z.array(z.strictObject({ actor: z.strictObject({ user: z.strictObject({ name: text }) }).optional(), data: z.record(z.string(), text) })).min(1).optional(),
}).refine(({ type_uid: type, class_uid: of, activity_id: activity }) => type === of * 100 + activity)
  .refine(({ verdict_id: verdict, metadata: { profiles } }) => (verdict === undefined) === (profiles === undefined), 'a verdict belongs to profile incident')

describe('OCSF Detection Finding', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    const finding = ocsfFinding(notice)
    expect(Finding.parse(finding)).toEqual(finding)
    await expect(`${JSON.stringify(finding, null, 2)}\n`).toMatchFileSnapshot(`examples/${name}.json`)
  })

  it('is one finding from its creation to its end', () => {
    const [first, last] = [ocsfFinding(criticalCommand), ocsfFinding(resolved)]
    expect(last.finding_info.uid).toBe(first.finding_info.uid)
    expect([first.activity_name, last.activity_name, last.status, last.verdict, last.is_alert]).toEqual(['Create', 'Close', 'Resolved', 'Benign', false])
    expect(last.metadata.uid).not.toBe(first.metadata.uid)
  })

  it('puts sub-techniques under their techniques', () => {
    const rules = criticalCommand.data.rules.map((rule) => ({ ...rule, attack_19: ['T1059', 'T1552.001', 'nonsense'] }))
    expect(ocsfFinding({ ...criticalCommand, data: { ...criticalCommand.data, rules } }).finding_info.attacks).toEqual([
      { version: '19', technique: { uid: 'T1059' } }, { version: '19', technique: { uid: 'T1552' }, sub_technique: { uid: 'T1552.001' } },
    ])
  })

  it('keeps its form, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const finding = ocsfFinding(notice)
      Finding.parse(finding)
      expect(Buffer.byteLength(JSON.stringify(finding))).toBeLessThan(300_000)
    }), { numRuns: 200 })
  })
})
