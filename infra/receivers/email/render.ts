/** E-mail: plain text, which runs nothing and loads nothing. Pure. */
import type { Notice } from '../../../schemas/alert-message.ts'
import { asText } from '../as-text.ts'
import { fitted } from '../fit.ts'
import { clip } from '../plain-text.ts'
import { type Telling, tellingOf } from '../telling.ts'

/** RFC 5322 wants lines of 78 and allows 998 characters; subjects are read on telephones. */
const LONGEST_SUBJECT = 200
const LARGEST = 100_000

export interface Mail {
  readonly subject: string
  readonly text: string
  /** Of the alert: messages about one stand together (header `References`). */
  readonly thread: string
}

/** Mail programs make links of addresses wherever they stand: those of strangers are spelled so that nothing is one. */
const unlinked = (text: string): string => text.replace(/https?(?=:\/\/)/gi, (scheme) => (scheme.length === 5 ? 'hxxps' : 'hxxp')).replace(/\bwww\./gi, 'www[.]')

/** Our own links stay what they are. */
const withoutLinks = (telling: Telling): Telling => ({
  ...telling, label: unlinked(telling.label), title: unlinked(telling.title), steps: telling.steps.map(unlinked), harmless: telling.harmless.map(unlinked),
  links: telling.links.map((link) => ({ ...link, text: unlinked(link.text) })),
  lineage: unlinked(telling.lineage), facts: telling.facts.map(({ name, value }) => ({ name, value: unlinked(value) })),
  why: telling.why.map(({ title, observed, expected, usual, parts }) =>
    ({ title: unlinked(title), observed: unlinked(observed), expected: unlinked(expected), usual: unlinked(usual), parts: parts.map(unlinked) })),
  sql: unlinked(telling.sql), foot: unlinked(telling.foot),
})

const threadOf = (notice: Notice): string =>
  notice.type === 'storm.summary' ? 'storm' : notice.type === 'receiver.test' ? 'test' : notice.data.alert_id

export function mailOf(notice: Notice): Mail {
  return fitted(withoutLinks(tellingOf(notice)), (telling) => {
    const subject = clip(`${telling.label}: ${telling.title}`, LONGEST_SUBJECT)
    const text = `${telling.label}: ${telling.title}\n\n${asText(telling)}\n`
    return text.length <= LARGEST ? { subject, text, thread: threadOf(notice) } : undefined
  })
}
