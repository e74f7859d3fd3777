/** Says when a definition gives orders to the model that reads it. Stateless: each version is judged on its own. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft, Offer } from '../detector.ts'
import { partsOfDefinition, textOfParts } from '../text-signs/definition-text.ts'
import { featuresOf } from '../text-signs/features.ts'
import { REPORTED, type Verdict, weigh } from '../text-signs/judge.ts'
import { read } from '../text-signs/read.ts'
import type { Sign } from '../text-signs/signs.ts'
import { WEIGHTS } from '../text-signs/weights.ts'
import { type Params, rule } from './rule.ts'

const OF_ATTACKS: ReadonlySet<Sign> = new Set<Sign>(['attack', 'attackMore', 'attackAct'])
const KINDS: Readonly<Record<Offer['definition']['kind'], string>> = {
  tool: 'tool', prompt: 'prompt', resource: 'resource', resource_template: 'resource template', server: 'server',
}
/** More than one strong sign, or something hidden: no accident. */
const GRAVE = 1.6

function severityOf({ score, signs }: Verdict): Severity {
  if (signs.every((sign) => OF_ATTACKS.has(sign) || (WEIGHTS.definition[sign] ?? 0) < 0.5)) return 'medium'
  return score >= GRAVE || signs.includes('hidden') || signs.includes('encodedOrder') ? 'critical' : 'high'
}

/** The place whose own words weigh most. */
function placeOf({ definition }: Offer): string {
  let best = { place: 'description', score: -1 }
  for (const { place, text } of partsOfDefinition(definition).slice(0, 40)) {
    const { score } = weigh(read(text), 'definition')
    if (score > best.score) best = { place, score }
  }
  return best.place.slice(0, 120)
}

function told(offer: Offer, verdict: Verdict): Draft {
  const { kind, definition_hash: version } = offer.definition
  return {
    about: [offer.definition.server || offer.definition.target || offer.definition.source, kind, offer.definition.name, version],
    severity: severityOf(verdict),
    title: `The description of a ${KINDS[kind]} reads like orders to the model`,
    observed: `${KINDS[kind]} with a text that ${verdict.reasons[0] ?? 'gives orders'}, in its ${placeOf(offer)}`,
    expected: 'words that say what it does and when to use it',
    reasons: [...verdict.reasons, `weighs ${verdict.score.toFixed(1)}, told from 1.0`, `version ${version.slice(0, 16)}`],
    features: featuresOf(verdict, 'definition'),
  }
}

export const poisonedDescription: Detector<Params, never> = {
  rule,
  define: (offer, params) => {
    if (params.trustedServers.includes(offer.definition.server)) return []
    const verdict = weigh(read(textOfParts(partsOfDefinition(offer.definition))), 'definition', params.attackTools ? undefined : OF_ATTACKS)
    return verdict.score < REPORTED ? [] : [told(offer, verdict)]
  },
}
