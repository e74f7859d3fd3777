/** Incoming webhooks of Slack: blocks. Limits: https://docs.slack.dev/reference/block-kit/blocks. Pure. */
import type { Notice } from '../../../schemas/alert-message.ts'
import { fitted } from '../fit.ts'
import { clip } from '../plain-text.ts'
import { oddness, type Telling, tellingOf } from '../telling.ts'
import { code, entities, mrkdwn, plainText } from './mrkdwn.ts'

const MOST = { header: 150, section: 3_000, field: 2_000, fields: 10, context: 2_000 } as const

interface TextObject {
  readonly type: 'mrkdwn'
  readonly text: string
  /** No link, no mention is made of what looks like one. */
  readonly verbatim: true
}
export type SlackBlock =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: false } }
  | { readonly type: 'section'; readonly text: TextObject }
  | { readonly type: 'section'; readonly fields: readonly TextObject[] }
  | { readonly type: 'context'; readonly elements: readonly TextObject[] }

export interface SlackBody {
  /** For notifications, and where blocks are not shown. */
  readonly text: string
  readonly blocks: readonly SlackBlock[]
  readonly unfurl_links: false
  readonly unfurl_media: false
}

const DOTS = { critical: '🔴', high: '🟠', medium: '🟡', low: '🔵', info: '⚪' } as const
const dotOf = ({ event, severity }: Telling): string => (event === 'resolved' ? '🟢' : event === 'acknowledged' ? '👀' : event === 'test' ? '🔔' : DOTS[severity])

const object = (text: string): TextObject => ({ type: 'mrkdwn', text, verbatim: true })
const section = (text: string): SlackBlock[] => (text === '' ? [] : [{ type: 'section', text: object(text) }])
const bullet = (line: string): string => (line.startsWith(' ') ? line : `• ${line}`)
const list = (title: string, lines: readonly string[]): string => (lines.length === 0 ? '' : [`*${title}*`, ...lines.map(bullet)].join('\n'))

function whyText({ event, why, moreWhy }: Telling): string {
  const lines = why.flatMap((one) => [mrkdwn(oddness(one)), ...one.parts.map((part) => `      ◦ ${mrkdwn(part)}`)])
  return list(event === 'storm' ? 'The gravest' : 'Why it is odd', moreWhy === 0 ? lines : [...lines, `_and ${moreWhy} more_`])
}

/** Angle brackets and bars would end it. */
const linkTo = (href: string, text: string): string => `<${entities(href.replace(/\|/g, '%7C'))}|${mrkdwn(text).replace(/\|/g, '¦')}>`

function footText({ foot, leftOut }: Telling): string {
  return mrkdwn(leftOut.length === 0 ? `Watchkeeper, ${foot}` : `Watchkeeper, ${foot}; no room for ${leftOut.join(', ')}`)
}

function blocksOf(telling: Telling): SlackBlock[] {
  const { label, title, facts, lineage, steps, harmless, sql, links } = telling
  const headline = `${dotOf(telling)} ${label}: ${title}`
  return [
    { type: 'header', text: { type: 'plain_text', text: clip(plainText(headline), MOST.header), emoji: false } },
    ...(plainText(headline).length > MOST.header ? section(mrkdwn(title)) : []),
    ...section(whyText(telling)),
    ...section(lineage === '' ? '' : `*How it came about*\n${mrkdwn(lineage)}`),
    ...(facts.length === 0 ? [] : [{ type: 'section' as const, fields: facts.slice(0, MOST.fields).map(({ name, value }) => object(`*${mrkdwn(name)}*\n${mrkdwn(value)}`)) }]),
    ...section(list('What to do', steps.map(mrkdwn))),
    ...section(list('Looks like it and is harmless', harmless.map(mrkdwn))),
    ...section(sql === '' ? '' : `\`\`\`\n${code(sql)}\n\`\`\``),
    ...section(links.map(({ href, text }) => linkTo(href, text)).join('  ·  ')),
    { type: 'context', elements: [object(footText(telling))] },
  ]
}

function keepsLimits(block: SlackBlock): boolean {
  if ('fields' in block) return block.fields.every(({ text }) => text.length <= MOST.field)
  if ('elements' in block) return block.elements.every(({ text }) => text.length <= MOST.context)
  return block.text.text.length <= (block.type === 'header' ? MOST.header : MOST.section)
}

export function slackBody(notice: Notice): SlackBody {
  return fitted(tellingOf(notice), (telling) => {
    if (telling.facts.length > MOST.fields) return undefined
    const blocks = blocksOf(telling)
    return blocks.every(keepsLimits) ? { text: mrkdwn(`${telling.label}: ${telling.title}`), blocks, unfurl_links: false, unfurl_media: false } : undefined
  })
}
