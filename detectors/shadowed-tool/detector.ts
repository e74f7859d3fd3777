/** Says when a tool stands in the way of another server's. Stateless: it is handed the tools whose names read the same. */
import type { Detector, Draft } from '../detector.ts'
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { read } from '../text-signs/read.ts'
import type { Sign } from '../text-signs/signs.ts'
import { isDisguised } from './look.ts'
import { type Params, rule } from './rule.ts'

/** Signs by which a description claims another's place. */
const CLAIMS: readonly Sign[] = ['prefer', 'override', 'overrideSome', 'overrideAll']
const SHORTEST_NAME = 4

function claimOf({ description }: ToolDefinition, other: ToolDefinition): string {
  const { signs } = read(description)
  if (CLAIMS.some((sign) => signs.has(sign))) return 'asks to be preferred to others'
  const name = other.server.toLowerCase()
  // A word that the other server's tool says of itself is a word of the trade: two servers of one product.
  const speaks = name.length >= SHORTEST_NAME && description.toLowerCase().includes(name) && !other.description.toLowerCase().includes(name)
  return speaks ? 'speaks of the other server' : ''
}

function draftOf(one: ToolDefinition, other: ToolDefinition, params: Params): Draft | undefined {
  const disguised = isDisguised(one.name, other.name)
  const claim = disguised ? '' : one.name === other.name ? claimOf(one, other) : ''
  if (!disguised && claim === '' && !(params.everySameName && one.name === other.name)) return undefined
  const why = disguised ? 'its name looks like that of another server\'s tool and is spelled with other characters' : claim === '' ? 'it has the name of another server\'s tool'
    : `it has the name of another server's tool and ${claim}`
  return {
    about: [one.server, other.server, one.name],
    severity: disguised || claim !== '' ? 'high' : 'low',
    title: 'A tool can be taken for another server\'s',
    observed: why,
    expected: 'names that are one server\'s alone, or tools that claim nothing',
    reasons: [why, `the other server was seen ${other.first_seen <= one.first_seen ? 'first' : 'later'}`, `version ${one.definition_hash.slice(0, 16)}`],
    features: [{ name: disguised ? 'look' : claim === '' ? 'name' : 'claim', observed: why, expected: 'a name of its own', weight: 1 }],
    baselines: { tenant: `another server offers a tool of that name, first seen ${other.first_seen <= one.first_seen ? 'before' : 'after'} this one` },
  }
}

export const shadowedTool: Detector<Params, never> = {
  rule,
  meet(one, others, params) {
    if (params.trustedServers.includes(one.server)) return []
    return others.flatMap((other) => (other.server === one.server ? [] : (draftOf(one, other, params) ?? []))).slice(0, 4)
  },
}
