/** Makes a telling as small as a receiver needs it: what says least goes first, and what is gone is counted. Pure. */
import { clip } from './plain-text.ts'
import { count } from './amounts.ts'
import type { Telling, Why } from './telling.ts'

interface Room {
  readonly reasons: number
  readonly parts: number
  readonly steps: number
  readonly harmless: number
  /** Longest query that is shown; a part of one would be worse than none. */
  readonly sql: number
  /** Longest text in UTF-16 units; of the title, of the lineage. */
  readonly text: number
  readonly title: number
  readonly lineage: number
  readonly facts: number
  readonly links: number
}

/** From the most room to the least. */
const ROOMS: readonly Room[] = [
  { reasons: 5, parts: 5, steps: 4, harmless: 3, sql: 4_000, text: 400, title: 400, lineage: 600, facts: 20, links: 8 },
  { reasons: 5, parts: 5, steps: 4, harmless: 3, sql: 2_500, text: 300, title: 300, lineage: 600, facts: 10, links: 6 },
  { reasons: 5, parts: 3, steps: 3, harmless: 0, sql: 2_500, text: 200, title: 200, lineage: 400, facts: 10, links: 6 },
  { reasons: 3, parts: 2, steps: 2, harmless: 0, sql: 1_500, text: 140, title: 140, lineage: 280, facts: 8, links: 5 },
  { reasons: 1, parts: 0, steps: 2, harmless: 0, sql: 0, text: 80, title: 100, lineage: 160, facts: 8, links: 3 },
  { reasons: 1, parts: 0, steps: 0, harmless: 0, sql: 0, text: 40, title: 80, lineage: 80, facts: 6, links: 1 },
  { reasons: 0, parts: 0, steps: 0, harmless: 0, sql: 0, text: 24, title: 80, lineage: 48, facts: 4, links: 0 },
  { reasons: 0, parts: 0, steps: 0, harmless: 0, sql: 0, text: 16, title: 32, lineage: 0, facts: 0, links: 0 },
]
/** Addresses are not cut: a part of one leads somewhere else. */
const LONGEST_LINK = 1_900

const clipWhy = ({ title, observed, expected, usual, parts }: Why, { text, parts: most }: Room): Why => ({
  title: clip(title, text), observed: clip(observed, text), expected: clip(expected, text), usual: clip(usual, text),
  parts: parts.slice(0, most).map((part) => clip(part, text)),
})

const lostOf = (all: readonly unknown[], kept: number, noun: string): string => (all.length <= kept ? '' : count(all.length - kept, noun))

function within(telling: Telling, room: Room): Telling {
  const fit = (text: string): string => clip(text, room.text)
  const { title, facts, why, moreWhy, lineage, steps, harmless, sql, links } = telling
  const shown = sql.length <= room.sql ? sql : ''
  const kept = links.filter(({ href }) => href.length <= LONGEST_LINK).slice(0, room.links)
  const lost = [
    sql === shown ? '' : 'the query', room.lineage === 0 && lineage !== '' ? 'the lineage' : '',
    lostOf(facts, room.facts, 'fact'), lostOf(steps, room.steps, 'step'), lostOf(links, kept.length, 'link'),
  ]
  return {
    ...telling, title: clip(title, room.title), lineage: room.lineage === 0 ? '' : clip(lineage, room.lineage), label: fit(telling.label), foot: fit(telling.foot),
    facts: facts.slice(0, room.facts).map(({ name, value }) => ({ name: clip(name, 64), value: fit(value) })),
    why: why.slice(0, room.reasons).map((reason) => clipWhy(reason, room)), moreWhy: moreWhy + Math.max(0, why.length - room.reasons),
    steps: steps.slice(0, room.steps).map(fit), harmless: harmless.slice(0, room.harmless).map(fit), sql: shown,
    links: kept.map((link) => ({ ...link, text: clip(link.text, 60) })),
    leftOut: lost.filter((what) => what !== ''),
  }
}

/** The layout with the most in it that `lay` can do; `lay` answers undefined where a limit of the receiver is broken. */
export function fitted<T>(telling: Telling, lay: (telling: Telling) => T | undefined): T {
  for (const room of ROOMS) {
    const laid = lay(within(telling, room))
    if (laid !== undefined) return laid
  }
  throw new Error('the least of a notice is too much for the receiver')
}
