/** Says what was changed, by whom, and who usually does. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import type { Change, Sign } from './change.ts'
import type { Area } from './words.ts'

export interface Changed {
  readonly key: string
  readonly change: Change
  readonly interaction: Interaction
  readonly severity: Severity
  readonly day: number
  /** Days on which the actor did so before, and actors of the tenant that ever did. */
  readonly days: number
  readonly actors: number
}

const AREAS: Readonly<Record<Area, string>> = { agent: 'an agent or its MCP servers', guard: 'guardrails', record: 'records', mail: 'rules for mail', access: 'access', network: 'the network' }
const SIGNS: Readonly<Record<Sign, string>> = {
  'unguarded': 'switches off permission prompts, a sandbox or a guardrail', 'unrecorded': 'switches off or removes records', 'opened': 'lets every address in', 'adds-server': 'adds a server or an extension',
  'hooks': 'makes an agent run programs by itself', 'silences': 'tells an agent not to tell', 'unasking': 'tells an agent not to ask', 'forwards': 'sends mail on or out of sight',
  'outsider': 'gives the rights of an administrator to an address outside the company', 'administers': 'gives the rights of an administrator', 'quieter': 'switches off records for one process', 'changed': 'changes the configuration',
}
const REQUEST: Readonly<Record<Interaction['request_fit'], string>> = {
  asked: 'the turn asked for it', plausible: 'the turn may have asked for it', unrelated: 'the turn asked for something else', unknown: 'it is not known who asked',
}
const WEIGHT: Readonly<Record<Severity, number>> = { info: 0, low: 0.2, medium: 0.4, high: 0.6, critical: 0.6 }

export function changeDraft({ key, change: { area, sign, by }, interaction, severity, day, days, actors }: Changed): Draft {
  const self = days === 0 ? 'never changed anything of the kind before' : `changed things of the kind on ${days} ${days === 1 ? 'day' : 'days'} before`
  const tenant = actors === 0 ? undefined : `${actors} ${actors === 1 ? 'actor' : 'actors'} did so before`
  const asked = interaction.requested_by === 'none' ? 'no turn stands behind it' : REQUEST[interaction.request_fit]
  const features: Feature[] = [
    { name: 'change', observed: SIGNS[sign], weight: WEIGHT[severity] },
    { name: 'actor', observed: self, expected: 'actors that are known for it', weight: 0.3 },
    { name: 'request', observed: asked, expected: 'a turn that asks for it', weight: 0.2 },
  ]
  return {
    about: [key, sign, String(day), severity],
    severity,
    title: `Configuration of ${AREAS[area]} is changed by somebody who usually does not`,
    observed: `a ${by} ${SIGNS[sign]}`,
    expected: 'changes by those who usually make them, when somebody asks for them',
    reasons: [...features.map(({ name, observed }) => `${name}: ${observed}`), ...(days === 0 && actors === 0 ? ['cold start: nobody of the tenant was seen to do so yet'] : []),
      'benign if it is an installation, or a change that was announced'],
    features: features.toSorted((one, other) => other.weight - one.weight),
    baselines: { self, ...(tenant === undefined ? {} : { tenant }) },
  }
}
