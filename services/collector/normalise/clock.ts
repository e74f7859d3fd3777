/** Times as stored. A wild clock is the emitter's affair: the record is kept, only what 64 bits cannot hold is cut. */

/** 2262-04-11, the last nanosecond of a signed 64-bit time. */
export const LAST_TIME = 2n ** 63n - 1n
/** About 285 years in milliseconds: more is not a duration. */
const LONGEST_MS = 9e12

export const clampTime = (at: bigint): bigint => (at > LAST_TIME ? LAST_TIME : at < 0n ? 0n : at)

/** Nanoseconds between; 0n where the end is missing or before the start. */
export const durationBetween = (startedAt: bigint, endedAt: bigint): bigint => (startedAt > 0n && endedAt > startedAt ? endedAt - startedAt : 0n)

/** Nanoseconds of a text in milliseconds (integer or decimal); undefined where it is none. */
export function durationOf(milliseconds: string): bigint | undefined {
  const value = milliseconds === '' ? Number.NaN : Number(milliseconds)
  return value >= 0 && value <= LONGEST_MS ? BigInt(Math.round(value * 1e6)) : undefined
}

/** Whole number of at most 18 digits; `otherwise` where the text is none. */
export const integerOf = (text: string, otherwise: bigint): bigint => (text !== '' && /^-?\d{1,18}$/.test(text) ? BigInt(text) : otherwise)
