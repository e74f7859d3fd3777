/** Says how far somebody looked around, and how far is usual. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Looker } from './look.ts'

export interface Scan {
  readonly key: string
  readonly looker: Looker
  /** Servers that peers usually ask, 0: not known. */
  readonly peers: number
  readonly severity: Severity
}

export function scanDraft({ key, looker, peers, severity }: Scan): Draft {
  const { servers, refused, refusing, failed, since, at, peakServers, peakRefused, peakFailed, days } = looker
  const minutes = Math.max(1, Math.ceil((at - since) / 60))
  const self = days < 2 ? 'nothing is known of it before: cold start' : `at most ${peakServers} servers and ${peakRefused} refusals in a look, on ${days - 1} days`
  const features: Feature[] = [
    { name: 'refusals', observed: `${refused.length} different things that are not there or not allowed, on ${refusing.length} servers`, expected: `at most ${peakRefused}`, weight: refused.length > 3 ? 0.6 : 0.1 },
    { name: 'servers', observed: `lists of ${servers.length} different servers`, expected: `at most ${Math.max(peakServers, peers)}`, weight: refused.length > 3 ? 0.3 : 0.8 },
    ...(failed.length <= refused.length ? [] : [{ name: 'errors', observed: `${failed.length} different things that were refused or failed`, expected: `at most ${peakFailed}`, weight: 0.1 }]),
  ]
  return {
    about: [key, 'scan', String(Math.floor(since)), severity],
    severity,
    title: `${key} looks for what there is`,
    observed: `lists of ${servers.length} servers and ${refused.length} refusals within ${minutes} min`,
    expected: self,
    reasons: [...features.map(({ name, observed }) => `${name}: ${observed}`), 'benign if it is an inventory, a first start with many servers, or a deployment took tools away'],
    features: features.toSorted((one, other) => other.weight - one.weight),
    baselines: { self, ...(peers > 0 ? { peers: `up to ${peers} servers in a look` } : {}) },
    windowStart: nanosOf(since),
    windowEnd: nanosOf(at),
  }
}
