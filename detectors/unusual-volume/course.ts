/**
 * The course of a volume: its last day beside every other stretch of the same length in the last weeks. How far it is from the few that are
 * most like it, against how far apart such stretches usually are for this key, tells a course that was never there before: a rise, a dip, a
 * shape. Seasons need no model, as they are among the stretches. Distance to nearest neighbours over lags after Burnaev and Ishimtsev 2016
 * ("Conformalized density- and distance-based anomaly detection in time-series data"), likelihood of the distance as a running mean and variance.
 */
import type { Params } from './rule.ts'

export interface Course {
  /** Latest hour in `values`, since 1970 UTC. */
  hour: number
  /** Of consecutive hours, oldest first; 0 where nothing happened. */
  values: number[]
  /** Distances so far: how many, mean, mean square, both fading. */
  scored: number
  mean: number
  square: number
}

export interface Departure {
  /** Standard deviations above the usual distance. */
  readonly deviations: number
  /** Mean of the last day, and of the stretches most like it. */
  readonly level: number
  readonly usual: number
  readonly hours: number
}

/** Distances needed before one is judged, and how many hours they fade over. */
const WARM = 100
const FADE = 1000
/** Stretches there have to be for each neighbour that is asked for. */
const CHOICE = 3

export const newCourse = (hour: number): Course => ({ hour: hour - 1, values: [], scored: 0, mean: 0, square: 0 })

/** Adds a finished hour; says how it departs from every earlier course, undefined where it does not or where there is too little to tell. */
export function follow(course: Course, hour: number, value: number, params: Params): Departure | undefined {
  extend(course, hour, value, params.maxCourse)
  const near = nearest(course.values, params.courseHours, params.courseNeighbours)
  if (near === undefined) return undefined
  const distance = Math.sqrt(near.squares / params.courseNeighbours / params.courseHours)
  const deviations = course.scored < WARM ? 0 : (distance - course.mean) / Math.sqrt(Math.max(course.square - course.mean ** 2, 1e-9 * course.mean ** 2 + 1e-12))
  learn(course, distance)
  if (deviations < params.courseThreshold) return undefined
  return { deviations, hours: course.values.length, level: meanOf(course.values, course.values.length, params.courseHours), usual: near.usual }
}

function extend(course: Course, hour: number, value: number, most: number): void {
  const { values } = course
  for (let gap = Math.min(most, hour - course.hour - 1); gap > 0; gap--) values.push(0)
  values.push(value)
  if (values.length > most) values.splice(0, values.length - most)
  course.hour = hour
}

function learn(course: Course, distance: number): void {
  if (distance === 0 && course.scored === 0) return
  course.scored = Math.min(course.scored + 1, FADE)
  course.mean += (distance - course.mean) / course.scored
  course.square += (distance ** 2 - course.square) / course.scored
}

const meanOf = (values: readonly number[], end: number, length: number): number => values.slice(end - length, end).reduce((sum, one) => sum + one, 0) / length

/** Squared distances to the nearest stretches that do not overlap the last one, added up; undefined where there are too few. */
function nearest(values: readonly number[], length: number, neighbours: number): { readonly squares: number; readonly usual: number } | undefined {
  const last = values.length - 1
  if (last - 2 * length + 1 <= CHOICE * neighbours) return undefined
  const best = new Array<number>(neighbours).fill(Infinity)
  let closest = length
  for (let at = length - 1; at <= last - length; at++) {
    const square = squareTo(values, at, { length, most: best[neighbours - 1] as number })
    if (square >= (best[neighbours - 1] as number)) continue
    if (square < (best[0] as number)) closest = at + 1
    let place = neighbours - 1
    for (; place > 0 && (best[place - 1] as number) > square; place--) best[place] = best[place - 1] as number
    best[place] = square
  }
  return { squares: best.reduce((sum, one) => sum + one, 0), usual: meanOf(values, closest, length) }
}

/** Squared distance of the stretch that ends `at` to the last one; gives up above `most`. */
function squareTo(values: readonly number[], at: number, { length, most }: { readonly length: number; readonly most: number }): number {
  const last = values.length - 1
  let square = 0
  for (let lag = 0; lag < length && square < most; lag++) {
    const apart = (values[last - lag] as number) - (values[at - lag] as number)
    square += apart * apart
  }
  return square
}
