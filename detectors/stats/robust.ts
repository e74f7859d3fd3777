import { median, medianAbsoluteDeviation } from 'simple-statistics'

export interface Spread {
  readonly median: number
  /** Standard deviation as the median absolute deviation tells it (×1.4826, exact for a normal distribution), never below the floor. */
  readonly scale: number
  readonly peak: number
}

/** Middle and spread that a minority of wild values cannot move. `values` may not be empty. A constant series has the floor as its scale. */
export function spreadOf(values: readonly number[], floor: number): Spread {
  const numbers = values.slice()
  return { median: median(numbers), scale: Math.max(floor, 1.4826 * medianAbsoluteDeviation(numbers)), peak: Math.max(...numbers) }
}
