/** Says what is new about a destination. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import type { Destination } from '../destinations/destination.ts'
import { featuresOf, type Point } from '../stats/points.ts'
import type { Situation } from './judge.ts'

const ODD = /[^\w.:/\\-]/g
const LONGEST = 80

/** As people read it: the domain of an address, never its person; characters that no name has are question marks. */
const nameFor = ({ kind, name, domain }: Destination): string => (kind === 'e-mail' ? `an address at ${domain}` : name).slice(0, LONGEST).replaceAll(kind === 'e-mail' ? /[^\w. -]/g : ODD, '?')

export interface Told {
  readonly severity: Severity
  readonly points: readonly Point[]
  readonly about: readonly string[]
  /** Destinations that the actor knows, and sends so far. */
  readonly known: number
  readonly uses: number
}

export function draftOf({ interaction, destination, isCold, isGrown, users }: Situation, { severity, points, about, known, uses }: Told): Draft {
  const name = nameFor(destination)
  const tool = interaction.tool.slice(0, LONGEST)
  return {
    about, severity,
    title: `${interaction.actor} sends to ${name}, which ${isGrown && users === 0 ? 'nobody here' : 'it'} did not use before`,
    observed: `${tool} with ${name}`,
    expected: isCold ? 'too little is known of this actor' : `one of the ${known} destinations that it knows`,
    reasons: [...(isCold ? ['cold start: too little history of its own'] : []), ...points.map(({ observed, points: own }) => (own < 0 ? `${observed} (speaks against)` : observed)),
      'benign if a new customer, supplier or service is meant'],
    features: featuresOf(points),
    baselines: {
      self: isCold ? `${uses} sends to outside so far` : `${known} destinations in ${uses} sends`,
      ...(isGrown ? { tenant: users === 0 ? 'not used by anybody' : `used by ${users}` } : {}),
    },
  }
}
