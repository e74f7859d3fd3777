/**
 * The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015), standard profile: a labelled window counts once, by its earliest
 * detection, the earlier the better; a detection outside costs 0.11, less shortly behind a window. 100 is perfect, 0 is no detection at all.
 */
export interface Series {
  readonly values: readonly number[]
  /** First and last row of each labelled window, in order. */
  readonly windows: readonly (readonly [number, number])[]
}

export interface NabSum {
  /** Windows, those found, detections outside, and what all that is worth above no detection. */
  windows: number
  found: number
  falsely: number
  gain: number
}

const FALSE = 0.11
const scaled = (place: number): number => (place > 3 ? -1 : 2 / (1 + Math.exp(5 * place)) - 1)

/** Rows of the learning period, which are not scored: 15 %, at most 750. */
const probation = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750)

/** `detections`: row numbers in ascending order. */
export function scoreSeries({ values, windows }: Series, detections: readonly number[]): NabSum {
  const sum: NabSum = { windows: windows.length, found: 0, falsely: 0, gain: 0 }
  const hit = new Set<number>()
  for (const row of detections.filter((one) => one >= probation(values.length))) {
    const at = windows.findIndex(([from, to]) => row >= from && row <= to)
    if (at < 0) {
      const before = windows.filter(([, to]) => to < row).at(-1)
      sum.falsely++
      sum.gain += FALSE * (before === undefined ? -1 : scaled((row - before[1]) / (before[1] - before[0])))
    } else if (!hit.has(at)) {
      const [from, to] = windows[at] as readonly [number, number]
      hit.add(at)
      sum.found++
      sum.gain += 1 + scaled(-(to - row + 1) / (to - from + 1)) / scaled(-1)
    }
  }
  return sum
}

export const addUp = (sums: readonly NabSum[]): NabSum => sums.reduce((all, one) => ({ windows: all.windows + one.windows, found: all.found + one.found,
  falsely: all.falsely + one.falsely, gain: all.gain + one.gain }), { windows: 0, found: 0, falsely: 0, gain: 0 })

/** Undefined where no window is labelled. */
export const nabScore = ({ windows, gain }: NabSum): number | undefined => (windows === 0 ? undefined : (100 * gain) / (2 * windows))
