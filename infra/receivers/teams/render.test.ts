import { createRequire } from 'node:module'
import type * as Reader from 'adaptivecards'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { NOTICES } from '../../../test/receivers/notices.ts'
import { type Card, teamsBody, type TeamsBody } from './render.ts'

/** The build for browsers, which is the one that Node can load. */
const { AdaptiveCard, SerializationContext } = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js') as typeof Reader

// As documented at https://adaptivecards.io/explorer and in Microsoft's page on incoming webhooks.
const Run = z.strictObject({
  type: z.literal('TextRun'), text: z.string().min(1), weight: z.literal('Bolder').optional(), size: z.enum(['Large', 'Small']).optional(),
  color: z.enum(['Attention', 'Warning', 'Good', 'Accent', 'Default']).optional(), fontType: z.literal('Monospace').optional(), isSubtle: z.literal(true).optional(),
})
const Block = z.strictObject({
  type: z.literal('RichTextBlock'), inlines: z.array(Run).min(1), spacing: z.enum(['Medium', 'Small', 'None']).optional(), separator: z.literal(true).optional(),
})
const Body = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([z.strictObject({
    contentType: z.literal('application/vnd.microsoft.card.adaptive'), contentUrl: z.null(),
    content: z.strictObject({
      $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'), type: z.literal('AdaptiveCard'), version: z.literal('1.2'), fallbackText: z.string(), body: z.array(Block).min(2),
      actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() })).min(1).max(6).optional(), msteams: z.strictObject({ width: z.literal('full') }),
    }),
  })]),
})

/** What Microsoft's own reader has to say of the card. */
function complaints(card: Card): string[] {
  const context = new SerializationContext()
  new AdaptiveCard().parse(card, context)
  return Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message)
}

const sizeOf = (body: TeamsBody): number => Buffer.byteLength(JSON.stringify(body))

describe('Microsoft Teams', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    const body = teamsBody(notice)
    Body.parse(body)
    expect(complaints(body.attachments[0].content)).toEqual([])
    await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot(`examples/${name}.json`)
  })

  it('has a reader that complains where a card is wrong', () => {
    const { content } = teamsBody(NOTICES['test']!).attachments[0]
    expect(complaints({ ...content, body: [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'x', color: 'Mauve' as 'Good' }] }] })).not.toEqual([])
  })

  it('keeps the limits, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const body = teamsBody(notice)
      Body.parse(body)
      expect(complaints(body.attachments[0].content)).toEqual([])
      expect(sizeOf(body)).toBeLessThan(28 * 1024)
      expect(JSON.stringify(body)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]|\{\{|\$\{/)
    }), { numRuns: 300 })
  })
})
