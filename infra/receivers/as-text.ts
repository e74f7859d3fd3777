/** A telling as plain text, for media that know nothing else. Pure. */
import { oddness, type Telling } from './telling.ts'

const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', title, ...lines])

/** What was odd, a line for each reason and what weighed in it; the rest is counted. */
export function reasonLines({ why, moreWhy }: Telling): string[] {
  const lines = why.flatMap((one) => [oddness(one), ...one.parts.map((part) => `  ${part}`)])
  return moreWhy === 0 ? lines : [...lines, `and ${moreWhy} more`]
}

const bullets = (lines: readonly string[]): string[] => lines.map((line) => (line.startsWith(' ') ? `    ${line.trimStart()}` : `  - ${line}`))

/** Without the title: media have a place of their own for it. */
export function asText(telling: Telling): string {
  const { event, facts, lineage, steps, harmless, sql, links, foot, leftOut } = telling
  return [
    ...section(event === 'storm' ? 'The gravest' : 'Why it is odd', bullets(reasonLines(telling))),
    ...section('How it came about', lineage === '' ? [] : [`  ${lineage}`]),
    ...section('What is known', facts.map(({ name, value }) => `  ${name}: ${value}`)),
    ...section('What to do', bullets(steps)), ...section('Looks like it and is harmless', bullets(harmless)),
    ...section('Query', sql === '' ? [] : [sql]), ...section('Links', links.map(({ text, href }) => `  ${text}: ${href}`)),
    '', `Watchkeeper, ${foot}${leftOut.length === 0 ? '' : `; no room for ${leftOut.join(', ')}`}`,
  ].join('\n').trimStart()
}
