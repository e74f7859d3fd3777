/** One sentence for whoever is woken: who did what where, and whether anybody had asked for it. Pure. */
import { clip } from './clip.ts'
import type { Member } from './state.ts'

/** A finding about more time than this is about a habit, and the server it names is one of several. */
const ONE_RUN = 15n * 60n * 1_000_000_000n
const LONGEST_NAME = 64
/** Detectors whose title says already that nobody asked. */
const SAYS_SO: ReadonlySet<string> = new Set(['unrequested-action'])

/** What the lineage says of the request, without what strangers wrote: that stands in quotes there. */
function isUnasked(lineage: string): boolean {
  const words = lineage.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  return words.startsWith('nobody asked: ') || /; the turn did not ask for it(?:;|$)/.test(words)
}

type Lead = Pick<Member, 'title' | 'detector' | 'actor' | 'server' | 'lineage' | 'window_start' | 'window_end'>

/** Detectors name what they count by, such as `actor:ana`; people know her as ana. */
const named = (title: string): string => title.replace(/\bactor:(?=\S)/g, '').replace(/\bserver:(?=\S)/g, 'server ')

function deedOf({ title: words, actor, server, window_start: start, window_end: end }: Lead): string {
  const title = named(words)
  const who = clip(actor, LONGEST_NAME)
  const where = server === '' || end - start > ONE_RUN || title.includes(server) ? '' : ` on ${clip(server, LONGEST_NAME)}`
  if (who === '' || title.includes(actor)) return `${title}${where}`
  const command = /^A command (?=\S)/.exec(title)
  return command === null ? `${who}: ${title}${where}` : `${who} ran a command${where} that ${title.slice(command[0].length)}`
}

/** Of the gravest finding of `findings`. */
export function titleOf(lead: Lead, findings: number): string {
  const unasked = isUnasked(lead.lineage) && !SAYS_SO.has(lead.detector) ? ', and nobody asked for it' : ''
  return `${deedOf(lead)}${unasked}${findings > 1 ? ` (and ${findings - 1} more)` : ''}`
}
