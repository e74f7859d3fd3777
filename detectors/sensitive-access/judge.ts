/** What speaks for and against a look at something guarded. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Use } from '../stats/company.ts'
import { type Point, sumOf } from '../stats/points.ts'
import { CLASSES } from './lexicon.ts'
import { type Guarded, wordFor } from './object.ts'
import type { Params } from './rule.ts'

export interface Look {
  readonly interaction: Interaction
  readonly guarded: Guarded
  /** Whether the actor did not know the kind, or was told for it and it has not come on enough days since. */
  readonly isNew: boolean
  /** Whether this is the first look at the kind. */
  readonly isFirst: boolean
  /** New things of guarded kinds today, where that is many for the actor; else 0. */
  readonly burst: number
  readonly isGrown: boolean
  readonly use: Use
}

function ofOthers({ isGrown, isNew, use: { users, byGroup } }: Look): Point | undefined {
  if (!isGrown || !isNew || byGroup) return undefined
  return users === 0 ? { name: 'tenant', observed: 'nobody of the tenant looked at this kind', expected: 'a kind that others work with', points: 2 }
    : { name: 'peers', observed: `none of its peers looked at this kind, ${users} others of the tenant did`, expected: 'a kind that its peers work with', points: 1 }
}

function ofRequest({ interaction: { request_fit: fit, requested_by: by, argument_sources: sources }, guarded: { argument } }: Look): Point | undefined {
  if (fit === 'unrelated') return { name: 'request', observed: 'the turn asks for something else', expected: 'a call that the turn asks for', points: 3 }
  if (fit === 'asked' || sources.get(argument) === 'user') return { name: 'request', observed: 'the turn asks for it', points: -2 }
  if (by === 'none') return { name: 'request', observed: 'no turn, schedule or agent is behind it', points: 2 }
  return sources.get(argument)?.startsWith('tool_result') === true ? { name: 'source', observed: 'a tool returned its name', expected: 'the words of the user', points: 1 } : undefined
}

const CHANGES = new Set(['write', 'delete', 'grant', 'send'])
const isPoint = (point: Point | undefined): point is Point => point !== undefined

export function pointsOf(look: Look): readonly Point[] {
  const { guarded, isNew, burst, interaction: { effect } } = look
  return [
    { name: 'kind', observed: `its name says ${wordFor(guarded)}`, points: CLASSES[guarded.kind]?.points ?? 0 },
    isNew ? { name: 'novelty', observed: 'a kind that the actor did not look at in half a year', expected: 'kinds that it works with', points: 1 } : undefined,
    burst > 0 ? { name: 'breadth', observed: `${burst} new things of guarded kinds today`, expected: 'as many as on its other days', points: burst >= 20 ? 4 : 3 } : undefined,
    ofOthers(look), ofRequest(look),
    CHANGES.has(effect) ? { name: 'effect', observed: `it is to ${effect}`, points: 1 } : undefined,
  ].filter(isPoint)
}

/** Undefined where it is not worth a word: a kind that is known, without breadth, and all of a tenant of which little is known but what would be medium. */
export function severityOf({ isFirst, burst, isGrown, interaction: { outcome } }: Look, points: readonly Point[], { low, medium, high }: Params): Severity | undefined {
  const sum = sumOf(points)
  if ((!isFirst && burst === 0) || sum < (isGrown ? low : medium)) return undefined
  if (!isGrown || outcome === 'denied' || outcome === 'unauthenticated') return 'low'
  return sum >= high ? 'high' : sum >= medium ? 'medium' : 'low'
}
