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

function weighSigns(signs: ReadonlySet<Sign>, voice: Voice, without: ReadonlySet<Sign>): { readonly score: number; readonly heavy: readonly Sign[] } {
  const weights = WEIGHTS[voice]
  const heavy = [...signs].filter((sign) => (weights[sign] ?? 0) > 0 && !without.has(sign)).sort((one, two) => (weights[two] ?? 0) - (weights[one] ?? 0))
  const sum = (some: readonly Sign[]): number => some.reduce((total, sign) => total + (weights[sign] ?? 0), 0)
  const strong = heavy.filter((sign) => (weights[sign] ?? 0) >= WEAK)
  // Small signs together add to a strong one, and never stand in for it.
  return { heavy, score: strong.length === 0 ? 0 : sum(strong) + Math.min(MOST_OF_WEAK[voice], sum(heavy) - sum(strong)) }
}

/** The heaviest of what stands together in the text. `without`: signs that are nobody's business here. */
export function weigh({ together, concealed }: Reading, voice: Voice, without: ReadonlySet<Sign> = new Set()): Verdict {
  let best = weighSigns(new Set(), voice, without)
  for (const signs of together) {
    const weighed = weighSigns(signs, voice, without)
    if (weighed.score > best.score) best = weighed
  }
  return { score: best.score, signs: best.heavy, reasons: [...best.heavy.slice(0, 6).map((sign) => SIGNS[sign]), ...concealed.slice(0, 3)] }
}

export const judge = (text: string, voice: Voice): Verdict => weigh(read(text), voice)
