/** Says which signs add up, what each adds, and how fast that fades. */
import type { Sum } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Score } from './score.ts'

export interface Incident {
  /** `lineage:…` or `actor:…`. */
  readonly key: string
  /** Who is told of, for people. */
  readonly who: string
  readonly episode: string
  readonly version: number
  readonly score: Score
  readonly threshold: number
  readonly high: boolean
  readonly halfLifeHours: number
}

const figure = (points: number): string => points.toFixed(points < 10 ? 1 : 0)
const hours = (seconds: number): string => (seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`)

export function sumOf({ key, who, episode, version, score, threshold, high, halfLifeHours }: Incident): Sum {
  const { points, weighed, families } = score
  const times = weighed.map(({ part }) => part.at)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const detectors = new Set(weighed.map(({ part }) => part.detector)).size
  const oneLineage = key.startsWith('lineage:')
  return {
    about: [key, episode], version, oneLineage,
    severity: high ? 'high' : 'medium',
    title: `${oneLineage ? `One run of ${who}` : who}: ${weighed.length} weak signs of ${detectors} detectors within ${hours(last - first)} add up`,
    observed: `${figure(points)} points from ${families} kinds of signs`,
    expected: `less than ${figure(threshold)} points; each sign halves in ${halfLifeHours} h`,
    reasons: weighed.map(({ part, adds }) => `${figure(adds)} of ${figure(part.points)} points, ${last === part.at ? 'latest' : `${hours(last - part.at)} before`}: ${part.detector} (${part.severity}): ${part.title}`),
    features: weighed.slice(0, 5).map(({ part, adds }) => ({ name: part.detector, observed: `${part.title} (${figure(adds)} points)`, weight: points === 0 ? 0 : adds / points })),
    windowStart: nanosOf(first), windowEnd: nanosOf(last),
    evidence: [...new Set(weighed.map(({ part }) => part.event).filter((event) => event !== ''))],
    parts: weighed.map(({ part }) => part.id),
    samples: [...new Set(weighed.map(({ part }) => part.sample).filter((sample) => sample !== ''))].slice(0, 3),
  }
}
