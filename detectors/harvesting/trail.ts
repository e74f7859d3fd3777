/** Numbers in a row: whether calls walk along ids or pages. A few walks at a time are followed for each actor. Plain numbers. */
import type { Walkable } from './subject.ts'
import type { Params } from './rule.ts'

/** Place, latest number, step, footsteps in a row, seconds of the first and the latest, how far it was told (0 to 2). */
export type Trail = [place: number, number: number, step: number, length: number, since: number, at: number, told: number]

const MOST = 4
/** Of ids only multiples of this are looked at: a walk along all of them is a walk along these, at an eighth of the cost. */
export const SAMPLE = 8
/** The next of these, or one soon after it: some ids were deleted. */
const GAP = 4 * SAMPLE
/** Of ids that go on by the same step, the longest. */
const LONGEST_STEP = 12 * SAMPLE

export interface Footstep {
  readonly place: number
  readonly kind: Walkable
  readonly number: number
  readonly seconds: number
}

/** Whether the number goes on with the walk: the same step for pages, about the same for ids, any other mark for cursors. */
function goesOn([, number, step]: Trail, footstep: Footstep): boolean {
  if (footstep.kind === 'cursor') return footstep.number !== number
  const apart = footstep.number - number
  if (footstep.kind === 'page') return apart === step
  return apart === step || (apart * step > 0 && Math.abs(apart) <= GAP)
}

/** A step that a walk can begin with. */
const begins = (apart: number, kind: Walkable): boolean => apart !== 0 && (kind === 'page' ? apart > 0 : Math.abs(apart) <= LONGEST_STEP)

export interface Walker {
  trails: Trail[]
}

/** Takes a footstep; the walk it belongs to. A walk ends with a pause. */
export function walk(walker: Walker, footstep: Footstep, { pauseMinutes }: Params): Trail {
  const { place, kind, number, seconds } = footstep
  const trail = walker.trails.find((one) => one[0] === place)
  if (trail === undefined || seconds - trail[5] > pauseMinutes * 60) return put(walker, [place, number, 0, 1, seconds, seconds, 0])
  const apart = number - trail[1]
  if (kind !== 'cursor' && apart === 0) trail[5] = Math.max(trail[5], seconds)
  else if (goesOn(trail, footstep)) {
    trail[1] = number
    trail[3]++
    trail[5] = Math.max(trail[5], seconds)
  } else return put(walker, begins(apart, kind) ? [place, number, apart, 2, trail[5], seconds, 0] : [place, number, 0, 1, seconds, seconds, 0])
  return trail
}

/** A new list each time: it takes no more room than it needs. */
function put(walker: Walker, trail: Trail): Trail {
  walker.trails = [...walker.trails.filter((one) => one[0] !== trail[0]).slice(1 - MOST), trail]
  return trail
}

/** Things that a walk went along, as far as it can be told from the footsteps that were looked at. */
export const lengthOf = ([, , , footsteps]: Trail, kind: Walkable): number => (kind === 'id' ? (footsteps - 1) * SAMPLE + 1 : footsteps)
