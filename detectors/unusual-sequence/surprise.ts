/**
 * How unlikely a step from one tool to the next is, in nats: -ln of its share of the actor's own steps from there, smoothed by that of its peers, that by the
 * tenant's, and that by how often the tool is used at all. Source: interpolated back-off after Jelinek and Mercer 1980, with Dirichlet weights (MacKay and Peto 1995).
 */
import { type Counts, countOf, stepId, useId } from './counts.ts'
import { type Others, type Uses, usesBy } from './others.ts'

export interface Step {
  readonly from: number
  readonly to: number
  readonly group: number
}

export interface Surprise {
  readonly nats: number
  /** Uses of the step by the actor, its peers and all others of the tenant, and of the tool by others. */
  readonly own: number
  readonly uses: Uses
  readonly toolUses: number
  /** The actor's own steps from there. */
  readonly from: number
}

/** Steps that each wider scope stands for. */
const OWN_PRIOR = 5
const WIDER_PRIOR = 10
/** Tools that are pretended to exist beside those that are known, and uses of each. */
const UNSEEN_TOOLS = 50
const UNSEEN_USES = 0.5
const MOST_NATS = 12
/** So many own uses speak for themselves. */
const PLENTY = 5

const NOBODY: Uses = { peers: 0, tenant: 0 }
const share = (uses: number, all: number, wider: number, prior: number): number => (uses + prior * wider) / (Math.max(uses, all) + prior)

/** The nats of a step that the actor took often; -1 of all others. */
export function knownNats(counts: Counts, from: number, to: number): number {
  const own = countOf(counts, stepId(from, to))
  return own < PLENTY ? -1 : -Math.log(Math.min(1, own / (countOf(counts, useId(from)) + OWN_PRIOR)))
}

export function surpriseOf(counts: Counts, others: Others | undefined, { from, to, group }: Step): Surprise {
  const id = stepId(from, to)
  const own = countOf(counts, id)
  const ownFrom = countOf(counts, useId(from))
  const usesOfId = (one: number): Uses => (others === undefined ? NOBODY : usesBy(others, counts, { id: one, group }))
  const [uses, fromUses, toUses] = [usesOfId(id), usesOfId(useId(from)), usesOfId(useId(to))]
  const total = others === undefined ? 0 : others.all.total
  const kinds = others === undefined ? 0 : others.all.ids.length
  const tool = (toUses.tenant + countOf(counts, useId(to)) + UNSEEN_USES) / (total / 2 + UNSEEN_USES * (kinds + UNSEEN_TOOLS))
  const tenant = share(uses.tenant, fromUses.tenant, Math.min(1, tool), WIDER_PRIOR)
  const peers = share(uses.peers, fromUses.peers, tenant, WIDER_PRIOR)
  return { nats: Math.min(MOST_NATS, -Math.log(Math.min(1, share(own, ownFrom, peers, OWN_PRIOR)))), own, uses, toolUses: toUses.tenant, from: ownFrom }
}
