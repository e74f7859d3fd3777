/** Says when a tool stands in the way of another server's, or is there once more. Stateless: it is handed the tools whose names read the same. */
import type { Detector, Draft } from '../detector.ts'
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { likenessOf } from '../new-server/likeness.ts'
import { read } from '../text-signs/read.ts'
import type { Sign } from '../text-signs/signs.ts'
import { isDisguised } from './look.ts'
import { type Params, rule } from './rule.ts'

/** Signs by which a description claims another's place. */
const CLAIMS: readonly Sign[] = ['prefer', 'override', 'overrideSome', 'overrideAll']
const SHORTEST_NAME = 4
/** Letters of a word in which one slip counts, where the tools are the same as well: regions and stages of one product have shorter names, or differ by more. */
const ONE_SLIP = 4

function claimOf({ description }: ToolDefinition, other: ToolDefinition): string {
  const { signs } = read(description)
  if (CLAIMS.some((sign) => signs.has(sign))) return 'asks to be preferred to others'
  const name = other.server.toLowerCase()
  // A word that the other server's tool says of itself is a word of the trade: two servers of one product.
  const speaks = name.length >= SHORTEST_NAME && description.toLowerCase().includes(name) && !other.description.toLowerCase().includes(name)
  return speaks ? 'speaks of the other server' : ''
}

/**
 * Two programs that each tell of themselves offer the same tool, under server names that read alike. One server that others spell otherwise
 * tells of itself from one source.
 */
const isTwin = (one: ToolDefinition, other: ToolDefinition): boolean => one.vantage === 'server' && other.vantage === 'server'
  && one.source !== other.source && one.source !== '' && other.source !== ''
  && one.name === other.name && one.description_hash === other.description_hash && one.description_hash !== '' && likenessOf(one.server, other.server, ONE_SLIP) !== undefined

const twinDraft = (one: ToolDefinition, other: ToolDefinition): Draft => ({
  // One finding, whichever of both shows a new version first.
  about: [...[one.server, other.server].sort(), one.name],
  severity: 'medium',
  title: 'A server with another\'s tools can be taken for it',
  observed: 'its name differs from that of another server by a slip of the finger or by separators alone, and it offers a tool of the same name and description',
  expected: 'names that are one server\'s alone',
  reasons: ['the names of both servers read the same', 'both tell of themselves, from different programs', `the other server was seen ${other.first_seen <= one.first_seen ? 'first' : 'later'}`,
    'benign if the server was renamed on purpose'],
  features: [
    { name: 'server', observed: 'a name that differs by a slip or by separators', expected: 'a name of its own', weight: 0.5 },
    { name: 'tool', observed: 'the same name and description', expected: 'tools of its own', weight: 0.5 },
  ],
  baselines: { tenant: `the other server offers the same tool, first seen ${other.first_seen <= one.first_seen ? 'before' : 'after'} this one` },
})

function draftOf(one: ToolDefinition, other: ToolDefinition, params: Params): Draft | undefined {
  const disguised = isDisguised(one.name, other.name)
  const claim = disguised ? '' : one.name === other.name ? claimOf(one, other) : ''
  if (!disguised && claim === '' && isTwin(one, other)) return twinDraft(one, other)
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
