/** Facts that speak for or against, added up, so that a judgement can show what weighed most. */
import type { Feature } from '../detector.ts'

export interface Point {
  readonly name: string
  readonly observed: string
  readonly expected?: string
  /** Negative where it speaks against. */
  readonly points: number
}

export const sumOf = (points: readonly Point[]): number => points.reduce((sum, one) => sum + one.points, 0)

/** Those that spoke for it, heaviest first, at most five; weights are shares of all that did. */
export function featuresOf(points: readonly Point[]): readonly Feature[] {
  const speaking = points.filter((one) => one.points > 0)
  const all = sumOf(speaking)
  return speaking.toSorted((one, other) => other.points - one.points).slice(0, 5)
    .map(({ points: own, ...rest }) => ({ ...rest, weight: Math.round((own / all) * 100) / 100 }))
}
