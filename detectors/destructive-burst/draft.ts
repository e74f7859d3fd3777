/** Says how much was destroyed, and how much is usual. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Destroyer } from './burst.ts'

export interface Usual {
  /** Things that peers destroy in one go, 0: not known. */
  readonly things: number
  /** Whether enough is known of peers that their silence says something. */
  readonly known: boolean
}

export interface Bursting {
  readonly key: string
  readonly owner: Destroyer
  readonly usual: Usual
  readonly severity: Severity
}

export function burstDraft({ key, owner: { burst, peak, days }, usual, severity }: Bursting): Draft {
  const minutes = Math.max(1, Math.ceil((burst.at - burst.since) / 60))
  const self = peak > 0 ? `at most ${peak} in one go, on ${days} days` : 'nothing destroyed in one go before'
  const peers = usual.things > 0 ? `up to ${usual.things} in one go` : usual.known ? 'fewer than 4 in one go' : undefined
  const features: Feature[] = [
    { name: 'things', observed: `${burst.things} in ${minutes} min by ${burst.calls} calls`, expected: self, weight: 0.4 },
    ...(burst.grave === 0 ? [] : [{ name: 'beyond recovery', observed: `${burst.grave} that hold much or that no undo brings back`, weight: 0.4 }]),
    { name: 'request', observed: burst.asked === 0 ? 'no turn is known to ask for it' : `the turn asked for ${burst.asked} of ${burst.calls}`, weight: 0.1 },
    { name: 'approval', observed: 'none of these calls was approved by a person, as far as is recorded', weight: 0.1 },
  ]
  return {
    about: [key, 'burst', String(Math.floor(burst.since)), severity],
    severity,
    title: `${key} destroys much in short time`,
    observed: `${burst.things} things destroyed by ${burst.calls} calls within ${minutes} min${burst.grave === 0 ? '' : `, ${burst.grave} of them beyond recovery`}`,
    expected: self,
    reasons: [...features.map(({ name, observed }) => `${name}: ${observed}`), ...(peak === 0 && peers === undefined ? ['cold start: little is known of what is usual'] : []),
      'benign if a clean-up, a migration or the end of a test was meant'],
    features,
    baselines: { self, ...(peers === undefined ? {} : { peers }) },
    windowStart: nanosOf(burst.since),
    windowEnd: nanosOf(burst.at),
    evidence: burst.events,
  }
}
