/** Says what was denied, and which way round was taken. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Act } from './act.ts'
import { type Denial, isWeak, type Match, type Way } from './denial.ts'

export interface Done {
  readonly key: string
  readonly denial: Denial
  readonly match: Match
  readonly act: Act
  /** Observations of the interaction at hand, which may be the denial, where that came late. */
  readonly events: readonly string[]
}

const BY: Readonly<Record<Way, string>> = { tool: 'another tool', command: 'a command', server: 'another server', agent: 'another agent', arguments: 'other arguments' }
const GRAVE: ReadonlySet<string> = new Set(['delete', 'grant', 'pay', 'send'])
const PLAIN = /^[\w.+/:@-]{1,80}$/

/** What reads or writes is told loudly where a policy kept a place that a command went to; what the turn asks for, or only other arguments, is for the record. */
function severityOf({ denial, match, act: { asked } }: Done): Severity {
  if (asked || match.ways[0] === 'arguments') return 'low'
  if (match.shared === 0) return match.sameTrade ? 'medium' : 'low'
  if (isWeak(match.effects)) return denial.byPerson || !denial.isPlace || !match.ways.includes('command') ? 'low' : 'medium'
  return match.effects.some((effect) => GRAVE.has(effect)) ? 'high' : 'medium'
}

export function doneDraft(done: Done): Draft {
  const { key, denial, match, act, events } = done
  const minutes = Math.max(0, Math.round((act.at - denial.at) / 60))
  const ways = match.ways.map((way) => BY[way]).join(', ')
  const effect = match.effects[0] ?? 'unknown'
  const tool = PLAIN.test(act.tool) ? act.tool : 'a tool with an odd name'
  const features: Feature[] = [
    { name: 'way', observed: `by ${ways}`, expected: 'no other way round a denial', weight: 0.4 },
    { name: 'object', observed: match.shared === 0 ? `names do not tell whether it is the same${match.sameTrade ? ', but it is the same kind of work' : ''}` : `${match.shared} of the ${denial.names.length} names that tell the denied object`, weight: 0.3 },
    { name: 'effect', observed: `the same effect: ${match.effects.join(', ')}`, weight: 0.2 },
    { name: 'approval', observed: act.configured ? 'allowed by configuration, not by a person' : 'none recorded', weight: 0.1 },
  ]
  return {
    about: [key, 'denied', String(Math.floor(denial.at)), String(denial.sent)],
    severity: severityOf(done),
    title: `${tool} did what had been denied`,
    observed: `${effect} of ${match.shared === 0 ? 'perhaps ' : ''}the same object by ${ways}, ${minutes} min after ${denial.byPerson ? 'a person' : 'a policy'} denied it`,
    expected: 'a denial that holds, or an approval before it is tried again',
    reasons: [...features.map(({ name, observed }) => `${name}: ${observed}`), 'benign if somebody allowed it in between, outside of what is recorded'],
    features,
    windowStart: nanosOf(denial.at),
    windowEnd: nanosOf(act.at),
    evidence: [...new Set([...(denial.event === '' ? [] : [denial.event]), ...act.events, ...events])],
  }
}
