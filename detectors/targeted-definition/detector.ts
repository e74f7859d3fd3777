/** Says when a server goes on to offer some callers something else than others. Stateless: it is handed what the others are offered. */
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import type { Detector, Draft } from '../detector.ts'
import { partsOfDefinition, textOfParts } from '../text-signs/definition-text.ts'
import { judge } from '../text-signs/judge.ts'
import { type Params, rule } from './rule.ts'

const PLAIN = /^[\w.+/:@ -]{1,80}$/
const callerOf = ({ agent, client }: ToolDefinition): string => (PLAIN.test(agent || client) ? agent || client : 'a caller with an odd name')
/** As much more as one sign of some weight. */
const MORE = 0.3

const scoreOf = (definition: ToolDefinition): number => judge(textOfParts(partsOfDefinition(definition)), 'definition').score

function draftOf(usual: ToolDefinition, odd: readonly ToolDefinition[], alike: number): Draft | undefined {
  const [first] = odd
  if (first === undefined) return undefined
  const orders = scoreOf(first) - scoreOf(usual) >= MORE
  const names = [...new Set(odd.map(callerOf))].slice(0, 3).join(', ')
  const observed = `${odd.length === 1 ? 'one caller is' : `${odd.length} callers are`} offered another version: ${names}`
  return {
    about: [usual.server || usual.target || usual.source, usual.kind, usual.name, first.definition_hash],
    severity: orders ? 'high' : 'low',
    title: `A server offers one caller another ${usual.kind} than others`,
    observed,
    expected: `the version that ${alike} others are offered`,
    reasons: [
      'the versions have differed for an hour or longer, and each was shown again',
      ...(orders ? ['the odd version says more to the model that reads like orders'] : []), `version ${first.definition_hash.slice(0, 16)}`,
      'benign if the server offers by plan, language or experiment, or a new version is rolled out slowly',
    ],
    features: [
      { name: 'versions at one time', observed, expected: `one version, as ${alike} others have`, weight: orders ? 0.5 : 1 },
      ...(orders ? [{ name: 'orders', observed: 'the odd version reads like orders', expected: 'words that say what it does', weight: 0.5 }] : []),
    ],
    baselines: { peers: `${alike} callers are offered one version, ${odd.length} another` },
  }
}

export const targetedDefinition: Detector<Params, never> = {
  rule,
  meet(one, others, params) {
    if (others.some(({ server, target }) => server !== one.server || target !== one.target) || params.variedServers.includes(one.server)) return []
    const alike = 1 + others.filter(({ definition_hash: hash }) => hash === one.definition_hash).length
    const byVersion = new Map<string, ToolDefinition[]>()
    for (const other of others) {
      if (other.definition_hash !== one.definition_hash) byVersion.set(other.definition_hash, [...(byVersion.get(other.definition_hash) ?? []), other])
    }
    if (alike < params.minAlike || byVersion.size > alike) return []
    return [...byVersion.values()].filter((odd) => odd.length < alike).flatMap((odd) => draftOf(one, odd, alike) ?? []).slice(0, 4)
  },
}
