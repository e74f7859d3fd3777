/** Sums the signs of a text up. */
import { type Reading, read } from './read.ts'
import { type Sign, SIGNS } from './signs.ts'
import { type Voice, WEIGHTS } from './weights.ts'

export interface Verdict {
  /** From 0; `REPORTED` and more is worth a finding. */
  readonly score: number
  /** What the signs say, the heaviest first, and what is hidden or encoded; never words of the text. */
  readonly reasons: readonly string[]
  /** Signs that weigh something here, the heaviest first. */
  readonly signs: readonly Sign[]
}

export const REPORTED = 0.995

const WEAK = 0.5
const MOST_OF_WEAK: Readonly<Record<Voice, number>> = { user: 0.5, result: 0.4, definition: 0.25 }

/** `without`: signs that were there before and are nobody's news. */
export function weigh({ signs, concealed }: Reading, voice: Voice, without: ReadonlySet<Sign> = new Set()): Verdict {
  const weights = WEIGHTS[voice]
  const heavy = [...signs].filter((sign) => (weights[sign] ?? 0) > 0 && !without.has(sign)).sort((one, two) => (weights[two] ?? 0) - (weights[one] ?? 0))
  const strong = heavy.filter((sign) => (weights[sign] ?? 0) >= WEAK)
  const sum = (signs: readonly Sign[]): number => signs.reduce((total, sign) => total + (weights[sign] ?? 0), 0)
  // Long texts gather small signs: together they add to a strong one, and never stand in for it.
  const score = strong.length === 0 ? 0 : sum(strong) + Math.min(MOST_OF_WEAK[voice], sum(heavy) - sum(strong))
  return { score, reasons: [...heavy.slice(0, 6).map((sign) => SIGNS[sign]), ...concealed.slice(0, 3)], signs: heavy }
}

export const judge = (text: string, voice: Voice): Verdict => weigh(read(text), voice)
