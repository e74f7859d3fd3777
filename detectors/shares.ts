import type { Feature } from './detector.ts'

export interface Weighty extends Omit<Feature, 'weight'> {
  /** In any unit, from 0. */
  readonly points: number
}

const MOST = 5

/** The five heaviest, with their share of the sum of all. */
export function sharesOf(all: readonly Weighty[]): readonly Feature[] {
  const sum = all.reduce((total, { points }) => total + points, 0)
  return all.toSorted((one, other) => other.points - one.points).slice(0, MOST).map(({ points, ...feature }) => ({ ...feature, weight: sum > 0 ? points / sum : 0 }))
}
