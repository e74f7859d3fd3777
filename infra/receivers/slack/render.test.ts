import type { KnownBlock } from '@slack/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { NOTICES } from '../../../test/receivers/notices.ts'
import { slackBody, type SlackBlock } from './render.ts'

// As documented at https://docs.slack.dev/reference/block-kit/blocks and .../composition-objects/text-object
const mrkdwn = (most: number) => z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(most), verbatim: z.literal(true) })
const Block = z.union([
  z.strictObject({ type: z.literal('header'), text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150), emoji: z.literal(false) }) }),
  z.strictObject({ type: z.literal('section'), text: mrkdwn(3_000) }),
  z.strictObject({ type: z.literal('section'), fields: z.array(mrkdwn(2_000)).min(1).max(10) }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn(2_000)).min(1).max(10) }),
])
const Body = z.strictObject({ text: z.string().min(1).max(4_000), blocks: z.array(Block).min(1).max(50), unfurl_links: z.literal(false), unfurl_media: z.literal(false) })

type Writable<T> = { -readonly [Key in keyof T]: Writable<T[Key]> }
/** Whether the blocks are what Slack's own types say: the compiler decides. */
export const bySlack = (blocks: Writable<SlackBlock>[]): KnownBlock[] => blocks

/** What Slack would take for more than text: `<…>`, but for links that we made. */
const controls = (text: string): string[] => text.match(/<[^>]*>/g) ?? []

describe('Slack', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    const body = slackBody(notice)
    Body.parse(body)
    await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot(`examples/${name}.json`)
  })

  it('keeps the limits, and lets no text be a mention or a link, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const body = Body.parse(slackBody(notice))
      const links = 'links' in notice.data ? notice.data.links : []
      const found = controls(JSON.stringify(body)).map((one) => one.slice(1).split('|')[0])
      expect(found.length).toBeLessThanOrEqual(links.length)
      for (const one of found) expect(one).toMatch(/^https?:/)
      expect(JSON.stringify(body)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]|@(here|channel|everyone)\b/i)
    }), { numRuns: 300 })
  })
})
