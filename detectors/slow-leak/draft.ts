/** Says what goes out more and more, or drop by drop. */
import type { Severity } from '../../schemas/vocabulary.ts'
import { plainName } from '../arguments/plain-name.ts'
import type { Draft } from '../detector.ts'
import type { Climb } from '../stats/climb.ts'
import { nanosOf } from '../stats/moment.ts'

const DAY = 86_400
const figure = (value: number): string => Math.round(value).toLocaleString('en-US')
const BENIGN = 'benign if a report, customer or project grows, or a new partner gets material regularly'

export interface Subject {
  readonly actor: string
  readonly to: string
  readonly day: number
  readonly severity: Severity
  /** Words about who asked, '' where most calls do not say. */
  readonly asked: string
}

/** Never the person of an address. */
const shown = (to: string): string => plainName(to.includes('@') ? `an address at ${to.slice(to.lastIndexOf('@') + 1)}` : to)

export function climbDraft({ actor, to, day, severity, asked }: Subject, { sum, usual, lately, since, days, before }: Climb, window: number): Draft {
  const observed = `about ${figure(lately)} bytes a day on ${days} days, beginning ${day - since} days ago`
  const expected = `about ${figure(usual)} bytes a day, as on ${before} days before`
  return {
    about: [actor, to, 'climb', String(since), severity], severity,
    title: `${actor} sends more and more to ${shown(to)}`, observed, expected,
    reasons: [`cumulative sum over ${window} days: ${sum.toFixed(1)} standard deviations`, ...(asked === '' ? [] : [asked]), BENIGN],
    features: [{ name: 'bytes a day', observed: figure(lately), expected: figure(usual), weight: 1 }],
    baselines: { self: expected },
    windowStart: nanosOf(since * DAY), windowEnd: nanosOf((day + 1) * DAY),
  }
}

export interface Drip {
  readonly bytes: number
  readonly days: number
  readonly first: number
  readonly users: number
}

export function dripDraft({ actor, to, day, severity, asked }: Subject, { bytes, days, first, users }: Drip): Draft {
  return {
    about: [actor, to, 'drip', String(first), severity], severity,
    title: `${actor} sends something to ${shown(to)} again and again, which it did not use before`,
    observed: `${figure(bytes)} bytes on ${days} days within ${day - first + 1}`, expected: 'a destination that others use too, or one that gets little',
    reasons: [users <= 1 ? 'nobody else of the tenant sends there' : `${users} of the tenant send there`, ...(asked === '' ? [] : [asked]), BENIGN],
    features: [{ name: 'bytes in all', observed: figure(bytes), weight: 0.6 }, { name: 'days', observed: String(days), weight: 0.4 }],
    baselines: { tenant: `${Math.max(1, users)} actors send there` },
    windowStart: nanosOf(first * DAY), windowEnd: nanosOf((day + 1) * DAY),
  }
}
