import type { Feature } from '../detector.ts'
import { sharesOf } from '../shares.ts'
import type { Verdict } from './judge.ts'
import { SIGNS } from './signs.ts'
import { type Voice, WEIGHTS } from './weights.ts'

/** What of a text weighed: its signs with their weights in that voice, and what is hidden in it. */
export const featuresOf = ({ signs }: Pick<Verdict, 'signs'>, voice: Voice): readonly Feature[] =>
  sharesOf(signs.map((sign) => ({ name: sign, observed: SIGNS[sign], points: WEIGHTS[voice][sign] ?? 0 })))
