/** Notices whose texts were written by somebody who wants to harm whoever reads them. */
import fc from 'fast-check'
import type { AlertMessage, Notice } from '../../schemas/alert-message.ts'
import { acknowledged, composite, criticalCommand, resolved, storm, trial } from './notices.ts'

/** What means something to one medium or another. */
const SIGNS = [
  '<!channel>', '<!here>', '<@U024BE7LH>', '<https://evil.example|Open the alert>', '&lt;!channel&gt;', '@everyone', '@here', '*bold*', '_x_', '~x~', '`', '```', '> quote', ':fire:',
  '[Open the alert](https://evil.example)', '![](https://evil.example/x.png)', '<at>Anna</at>', '{{DATE(2026-01-01T00:00:00Z,SHORT)}}', '${user}', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>',
  'https://evil.example/a?b=c|d', '\u202egnp.exe', '\u2066\u2069', '\u200b\u200d\ufeff', '\u0000\u0007\u001b[31mred\u001b[0m', '\r\nBcc: all@example.org\r\n\r\n', '\u2028\u2029', '\ud800', '\udc00x',
  '\u{e0041}\u{e0042}', 'a\u0301\u0302\u0303\u0304\u0305\u0306\u0307', '👩‍👩‍👧‍👦', '=cmd|calc', '"', '\\', '\\"', '&', '<', '>', '|', '%', ']', '"]', '__proto__', 'x'.repeat(5_000), '&'.repeat(4_000), '𝕏'.repeat(3_000),
]

const text = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.oneof(fc.constantFrom(...SIGNS), fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ maxLength: 10 })), { maxLength: 8 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('', 'files', 'run_command', ...SIGNS) },
)

/** Every text of it another one; what is no text, and what the schema has as a closed list, stays. */
const CLOSED = new Set(['type', 'severity', 'status', 'actor_kind', 'verdict', 'rel', 'href', 'timestamp', 'first_seen', 'last_seen', 'since', 'until', 'alert_id'])
function spoiled(value: unknown, next: () => string): unknown {
  if (typeof value === 'string') return next()
  if (Array.isArray(value)) return value.map((one) => spoiled(one, next))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, CLOSED.has(key) ? one : spoiled(one, next)]))
}

const more = (message: AlertMessage, times: number): AlertMessage =>
  ({ ...message, data: { ...message.data, why: Array.from({ length: times }, () => message.data.why).flat().slice(0, 20) } })

const href = fc.oneof(fc.constant('https://watchkeeper.example.org/alerts/1'), fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.constant(`https://watchkeeper.example.org/${'a'.repeat(3_000)}`))

export const hostileNotice: fc.Arbitrary<Notice> = fc.record({
  notice: fc.constantFrom<Notice>(criticalCommand, composite, acknowledged, resolved, { ...resolved, type: 'alert.reopened' }, more(criticalCommand, 10), more(composite, 20), storm, trial),
  texts: fc.array(text, { minLength: 1, maxLength: 40 }), href,
}).map(({ notice, texts, href: to }) => {
  let at = 0
  const other = spoiled(notice, () => texts[at++ % texts.length] ?? '') as Notice
  if ('links' in other.data) return { ...other, data: { ...other.data, links: other.data.links.map((link) => ({ ...link, href: to })) } } as Notice
  return other
})
