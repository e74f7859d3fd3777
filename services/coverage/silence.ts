/** Whether a source that was sending has stopped. Pure. */

/** Minutes of an hour in which something was received. */
export interface ActiveHour {
  /** Nanoseconds. */
  readonly start: bigint
  /** Bit n: minute n. */
  readonly minutes: bigint
}

export interface Silence {
  /** 95 of 100 pauses were no longer, seconds; 0 where too little is known. */
  readonly usualSeconds: number
  readonly silent: boolean
}

const MINUTE_NS = 60_000_000_000n
/** Pauses that must be known before one is called unusual. */
const LEAST_PAUSES = 20
const USUAL = 0.95
/** A source is silent for so many usual pauses, for ten minutes at least, and longer than it ever was: nights and weekends are pauses, too. */
const TIMES = 3
const LEAST_QUIET_SECONDS = 600
const LONGER = 1.2

function activeMinutes(hours: readonly ActiveHour[]): bigint[] {
  const active = new Set<bigint>()
  for (const { start, minutes } of hours) {
    for (let minute = 0n; minute < 60n; minute++) if (((minutes >> minute) & 1n) === 1n) active.add(start / MINUTE_NS + minute)
  }
  return [...active].sort((a, b) => (a < b ? -1 : 1))
}

/** Pauses of a source in ascending order, seconds. */
function pausesIn(hours: readonly ActiveHour[]): number[] {
  const active = activeMinutes(hours)
  return active.slice(1).map((minute, i) => Number(minute - (active[i] as bigint)) * 60).sort((a, b) => a - b)
}

/** `lastAt`: of the last record, `now`: both nanoseconds. */
export function silenceOf(hours: readonly ActiveHour[], { lastAt, now }: { readonly lastAt: bigint; readonly now: bigint }): Silence {
  const pauses = pausesIn(hours)
  if (pauses.length < LEAST_PAUSES) return { usualSeconds: 0, silent: false }
  const usualSeconds = pauses[Math.min(pauses.length - 1, Math.ceil(pauses.length * USUAL) - 1)] as number
  const longest = pauses.at(-1) as number
  const quiet = Number((now - lastAt) / 1_000_000_000n)
  return { usualSeconds, silent: quiet >= Math.max(LEAST_QUIET_SECONDS, TIMES * usualSeconds) && quiet > longest * LONGER }
}
