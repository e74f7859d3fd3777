/**
 * Workflows of Microsoft Teams: one Adaptive Card 1.2, https://adaptivecards.io/schemas/adaptive-card.json. Strangers' text stands in text runs,
 * which know no markdown, no link and no mention. Pure.
 */
import type { Notice } from '../../../schemas/alert-message.ts'
import { fitted } from '../fit.ts'
import { oddness, type Telling, tellingOf } from '../telling.ts'

/** Teams takes 28 KB, and does not say of which encoding. */
const LARGEST = 28_000
const MOST_ACTIONS = 6

export interface TextRun {
  readonly type: 'TextRun'
  readonly text: string
  readonly weight?: 'Bolder'
  readonly size?: 'Large' | 'Small'
  readonly color?: 'Attention' | 'Warning' | 'Good' | 'Accent' | 'Default'
  readonly fontType?: 'Monospace'
  readonly isSubtle?: true
}
export interface RichTextBlock {
  readonly type: 'RichTextBlock'
  readonly inlines: readonly TextRun[]
  readonly spacing?: 'Medium' | 'Small' | 'None'
  readonly separator?: true
}
export interface Card {
  readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json'
  readonly type: 'AdaptiveCard'
  readonly version: '1.2'
  /** What is read out, and shown where cards are not. */
  readonly fallbackText: string
  readonly body: readonly RichTextBlock[]
  readonly actions?: readonly { readonly type: 'Action.OpenUrl'; readonly title: string; readonly url: string }[]
  readonly msteams: { readonly width: 'full' }
}
export interface TeamsBody {
  readonly type: 'message'
  readonly attachments: readonly [{ readonly contentType: 'application/vnd.microsoft.card.adaptive'; readonly contentUrl: null; readonly content: Card }]
}

const COLOURS = { critical: 'Attention', high: 'Attention', medium: 'Warning', low: 'Accent', info: 'Default' } as const
const colourOf = ({ event, severity }: Telling): NonNullable<TextRun['color']> => (event === 'resolved' ? 'Good' : event === 'acknowledged' ? 'Accent' : COLOURS[severity])

/** Dates and expressions are filled in wherever they stand: broken up. */
const literal = (text: string): string => text.replace(/[{$](?=\{)/g, (sign) => `${sign} `)

const run = (text: string, style: Omit<TextRun, 'type' | 'text'> = {}): TextRun => ({ type: 'TextRun', text: literal(text), ...style })
const block = (inlines: readonly TextRun[], style: Omit<RichTextBlock, 'type' | 'inlines'> = {}): RichTextBlock => ({ type: 'RichTextBlock', inlines, ...style })
const heading = (text: string): RichTextBlock => block([run(text, { weight: 'Bolder' })], { spacing: 'Medium' })
const line = (text: string): RichTextBlock => block([run(text)], { spacing: 'Small' })
const bullet = (text: string): RichTextBlock => line(text.startsWith(' ') ? text : `• ${text}`)
const list = (title: string, lines: readonly string[]): RichTextBlock[] => (lines.length === 0 ? [] : [heading(title), ...lines.map(bullet)])

function whyBlocks({ event, why, moreWhy }: Telling): RichTextBlock[] {
  const lines = why.flatMap((one) => [oddness(one), ...one.parts.map((part) => `      ◦ ${part}`)])
  return list(event === 'storm' ? 'The gravest' : 'Why it is odd', moreWhy === 0 ? lines : [...lines, `and ${moreWhy} more`])
}

/** A block for each line: text runs know no line breaks. */
const sqlBlocks = (sql: string): RichTextBlock[] => sql.split('\n').filter((text) => text !== '').map((text, at) =>
  block([run(text, { fontType: 'Monospace', size: 'Small' })], { spacing: at === 0 ? 'Medium' : 'None' }))

function bodyOf(telling: Telling): RichTextBlock[] {
  const { label, title, facts, lineage, steps, harmless, sql, foot, leftOut } = telling
  return [
    block([run(label, { weight: 'Bolder', size: 'Large', color: colourOf(telling) })]),
    block([run(title, { weight: 'Bolder', size: 'Large' })], { spacing: 'None' }),
    ...whyBlocks(telling),
    ...(lineage === '' ? [] : [heading('How it came about'), line(lineage)]),
    ...facts.map(({ name, value }, at) => block([run(`${name}: `, { weight: 'Bolder' }), run(value)], { spacing: at === 0 ? 'Medium' : 'Small' })),
    ...list('What to do', steps), ...list('Looks like it and is harmless', harmless),
    ...sqlBlocks(sql),
    block([run(`Watchkeeper, ${foot}${leftOut.length === 0 ? '' : `; no room for ${leftOut.join(', ')}`}`, { size: 'Small', isSubtle: true })], { separator: true, spacing: 'Medium' }),
  ]
}

function cardOf(telling: Telling): Card {
  const actions = telling.links.slice(0, MOST_ACTIONS).map(({ text, href }) => ({ type: 'Action.OpenUrl', title: literal(text), url: href }) as const)
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.2', fallbackText: literal(`${telling.label}: ${telling.title}`),
    body: bodyOf(telling), ...(actions.length === 0 ? {} : { actions }), msteams: { width: 'full' },
  }
}

/** In whichever encoding is the larger. */
const sizeOf = (body: TeamsBody): number => {
  const text = JSON.stringify(body)
  return Math.max(Buffer.byteLength(text), 2 * text.length)
}

export function teamsBody(notice: Notice): TeamsBody {
  return fitted(tellingOf(notice), (telling) => {
    const body: TeamsBody = { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: cardOf(telling) }] }
    return sizeOf(body) <= LARGEST ? body : undefined
  })
}
