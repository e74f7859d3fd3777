/** Says why an hour is unusual: observed, usual, limit, and on whose word. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Baselines, Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Departure } from './course.ts'
import type { Basis, Limit } from './limit.ts'
import type { Metric } from './window.ts'

export interface Crossing {
  readonly key: string
  readonly metric: Metric
  readonly hour: number
  readonly value: number
  readonly limit: Limit
  /** Part of the hour that had passed, 0 to 1. */
  readonly elapsed: number
}

const NOUN: Readonly<Record<Metric, string>> = { calls: 'calls', bytes: 'bytes', distinct: 'distinct resources or arguments' }
const figure = (value: number): string => Math.round(value).toLocaleString('en-US')

export function draftOf(crossing: Crossing): Draft {
  const { key, metric, hour, value, limit, elapsed } = crossing
  const noun = NOUN[metric]
  return {
    about: [key, metric, String(hour)],
    severity: severityOf(crossing),
    title: `Unusual volume for ${key}: ${figure(value)} ${noun} within an hour`,
    observed: `${figure(value)} ${noun} in the first ${Math.max(1, Math.ceil(elapsed * 60))} min of the hour`,
    expected: limit.basis === 'none' ? `at most ${figure(limit.value)} ${noun} an hour`
    : `about ${figure(limit.usual)} ${noun} an hour, at most ${figure(limit.value)}`,
    reasons: [basisSentence(limit)],
    features: [{ name: metric, observed: `${figure(value)} ${noun}`, expected: limit.basis === 'none' ? `at most ${figure(limit.value)}` : `about ${figure(limit.usual)}, at most ${figure(limit.value)}`, weight: 1 }],
    baselines: baselinesOf(limit, noun),
    windowStart: nanosOf(hour * 3600),
    windowEnd: nanosOf((hour + 1) * 3600),
  }
}

const BASIS: Readonly<Record<Basis, string>> = {
  own_hours: 'its own active hours at this time of day',
  own: 'its own active hours (too few at this time of day)',
  peers: 'the active hours of its peers (cold start: too little history of its own)',
  none: 'no history of its own or of peers yet',
}

const baselinesOf = ({ basis, usual, windows }: Limit, noun: string): Baselines => {
  const words = `about ${figure(usual)} ${noun} an hour in ${windows} active hours`
  return basis === 'none' ? {} : basis === 'peers' ? { peers: words } : { self: basis === 'own_hours' ? `${words} at this time of day` : words }
}

const basisSentence = ({ basis, windows, scale }: Limit): string =>
  basis === 'none' ? `cold start: ${BASIS.none}, so a fixed limit applies`
    : `measured by ${windows} of ${BASIS[basis]}; spread on the log scale ${scale.toFixed(2)}`

/**
 * How far: deviations beyond the median where the hour would end at this pace (at most 4 times what is there), on the log scale.
 * Without a history of its own, no more than medium.
 */
function severityOf({ value, limit, elapsed }: Crossing): Severity {
  if (limit.basis === 'none') return 'low'
  const projected = value / Math.max(elapsed, 1 / 4)
  const deviations = (Math.log1p(projected) - Math.log1p(limit.usual)) / limit.scale
  const severity = deviations >= 10 ? 'high' : deviations >= 6 ? 'medium' : 'low'
  return limit.basis === 'peers' && severity === 'high' ? 'medium' : severity
}

/** Of a course that was never there before; said when its last hour is over. */
export function courseDraft(key: string, { metric, hour, departure }: { readonly metric: Metric; readonly hour: number; readonly departure: Departure },
  length: number): Draft {
  const { deviations, level, usual, hours } = departure
  const noun = NOUN[metric]
  return {
    about: [key, metric, 'course', String(hour)],
    severity: deviations >= 8 && level > usual ? 'medium' : 'low',
    title: `Unusual course of ${noun} for ${key}`,
    observed: `the last ${length} hours, about ${figure(level)} ${noun} an hour`,
    expected: `a course like one of the ${hours} hours on record; in the one most like it about ${figure(usual)} ${noun} an hour`,
    reasons: [`further from its nearest neighbours than such courses usually are, by ${deviations.toFixed(1)} standard deviations`,
      'benign where a job was added, moved or stopped on purpose'],
    features: [{ name: `course of ${metric}`, observed: `about ${figure(level)} an hour over ${length} h`, expected: `about ${figure(usual)} in the stretch most like it`, weight: 1 }],
    baselines: { self: `${hours} hours on record` },
    windowStart: nanosOf((hour + 1 - length) * 3600),
    windowEnd: nanosOf((hour + 1) * 3600),
  }
}
