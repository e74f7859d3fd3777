/** Says what somebody else seems to do under this name. */
import type { Draft } from '../detector.ts'
import { sharesOf } from '../shares.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Session } from './session.ts'

export interface Subject {
  readonly key: string
  readonly actions: number
  readonly days: number
  readonly known: number
}

/** Actions that are named. */
const NAMED = 5
const PLAIN = /^[\w.+/:@-]+$/

const nameOf = (name: string): string => (PLAIN.test(name) ? name : 'one with an odd name')

const minutes = (seconds: number): number => Math.max(1, Math.ceil(seconds / 60))

export function draftOf({ key, actions, days, known }: Subject, { at, since, latest, against, evidence, done }: Session): Draft {
  const named = against.toSorted((one, other) => other.weight - one.weight).slice(0, NAMED).map(({ name }) => nameOf(name))
  return {
    about: [key, 'session', String(Math.floor(at))],
    severity: 'medium',
    title: `${key} does what others do, not what it does itself`,
    observed: `${against.length} actions within ${minutes(latest - since)} min that are usual for its peers and not for it: ${named.join(', ')}`,
    expected: `actions like the ${known} different ones of ${actions} before, on ${days} days`,
    reasons: [
      `what was done is ${magnitude(evidence)} times likelier for its peers than for ${key}, after ${done.total} actions of this session`,
      'what nobody uses counts neither way; the same action counts a few times at most',
      'benign if the owner has a new task, stands in for a colleague, or shares the account',
    ],
    features: sharesOf(against.map(({ name, weight }) => ({ name: nameOf(name), observed: 'done in this session', expected: 'usual for peers, not for the actor', points: weight }))),
    baselines: { self: `${known} different actions in ${actions}, on ${days} days`, peers: `what was done is ${magnitude(evidence)} times likelier for them` },
    windowStart: nanosOf(since),
    windowEnd: nanosOf(latest),
  }
}

/** e^evidence as a power of ten. */
const magnitude = (evidence: number): string => `10^${Math.floor(evidence / Math.LN10)}`
