/** Says when a definition's new version changes what the tool is told to do or said to be. Stateless: both versions are handed to it. */
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import type { Detector, Draft, Feature, Offer } from '../detector.ts'
import { sharesOf } from '../shares.ts'
import { textOfParts } from '../text-signs/definition-text.ts'
import { weigh } from '../text-signs/judge.ts'
import { read } from '../text-signs/read.ts'
import { SIGNS } from '../text-signs/signs.ts'
import { WEIGHTS } from '../text-signs/weights.ts'
import { type Difference, differenceOf } from './difference.ts'
import { foreignOrders } from './foreign.ts'
import { type Params, rule } from './rule.ts'
import { softenings } from './softening.ts'

interface Weighed {
  readonly score: number
  readonly reasons: readonly string[]
  /** Orders were added, not only harmlessness claimed. */
  readonly orders: boolean
  readonly features: readonly Feature[]
}

/** In a change less is needed than in a first version: somebody added it. */
const TOLD = 0.8
/** An address that the tool did not speak of, in what was added. */
const NEW_ADDRESS = 0.3
/** A command that is none of the tool's business. */
const FOREIGN = 0.8
const ADDRESS = /https?:\/\/([\w.-]{1,120})|\bwww\.([\w.-]{1,120})|[\w.+-]{1,64}@([\w-]{1,64}\.[\w.-]{1,64})/g
const GRAVE = 1.6

const hostsOf = (text: string): readonly string[] => [...text.matchAll(ADDRESS)].map(([, web, short, mail]) => (web ?? short ?? mail ?? '').toLowerCase())

function addressesIn({ added }: Difference, { description, input_schema, annotations }: ToolDefinition): boolean {
  const before = `${description} ${input_schema} ${annotations}`.toLowerCase()
  return hostsOf(textOfParts(added)).some((host) => !before.includes(host))
}

function weighed(before: ToolDefinition, after: ToolDefinition, difference: Difference): Weighed {
  const verdict = weigh(read(textOfParts(difference.added)), 'definition')
  const address = verdict.score > 0 && addressesIn(difference, before)
  const softer = softenings(before, after)
  const foreign = foreignOrders(difference.added, before)
  return {
    features: sharesOf([
      ...verdict.signs.map((sign) => ({ name: sign, observed: `what was added ${SIGNS[sign]}`, expected: 'nothing of the kind', points: WEIGHTS.definition[sign] ?? 0 })),
      { name: 'foreign order', observed: 'an order that has nothing to do with the tool', points: foreign > 0 ? FOREIGN : 0 },
      { name: 'new address', observed: 'an address that was not there before', points: address ? NEW_ADDRESS : 0 },
      { name: 'softened', observed: softer.join('; '), points: softer.length > 1 ? 1 : 0 },
    ]).filter(({ weight }) => weight > 0),
    orders: verdict.score + foreign > 0,
    score: verdict.score + (address ? NEW_ADDRESS : 0) + (softer.length > 1 ? 1 : 0) + (foreign > 0 ? FOREIGN : 0),
    reasons: [...verdict.reasons.map((reason) => `what was added ${reason}`), ...(foreign > 0 ? ['an order that has nothing to do with the tool'] : []), ...(address ? ['an address that was not there before'] : []), ...softer],
  }
}

/** Places of what was added, the first three. */
const placesOf = ({ added }: Difference): string => [...new Set(added.map(({ place }) => place.slice(0, 80)))].slice(0, 3).join(', ')

function draftOf({ definition }: Offer, { score, reasons, orders, features }: Weighed, difference: Difference): Draft {
  const parameters = difference.parameters.length === 0 ? [] : [`${difference.parameters.length} new parameter${difference.parameters.length === 1 ? '' : 's'}`]
  return {
    about: [definition.server || definition.target || definition.source, definition.kind, definition.name, definition.definition_hash],
    severity: score >= GRAVE ? 'critical' : 'high',
    title: orders ? `A ${definition.kind} now tells the model to do something else` : `A ${definition.kind} is now called harmless that was not`,
    observed: orders ? `its new version adds orders in ${placesOf(difference)}` : 'its new version takes back what the one before said that it does',
    expected: 'a new version that says the same in other words, or offers more of the same',
    reasons: [...reasons, ...parameters, `weighs ${score.toFixed(1)}, told from ${TOLD}`, `version ${definition.definition_hash.slice(0, 16)}`].slice(0, 10),
    features, baselines: { self: `${difference.added.length} texts were added or changed between two versions of the same list` },
  }
}

export const changedDefinition: Detector<Params, never> = {
  rule,
  define: (offer, params) => {
    const { definition: after, before } = offer
    if (before === undefined || params.trustedServers.includes(after.server)) return []
    const difference = differenceOf(before, after)
    const sum = weighed(before, after, difference)
    return sum.score < TOLD ? [] : [draftOf(offer, sum, difference)]
  },
}
