/** What tokens do at each server, as all tokens of the tenant tell each other. Plain JSON, bounded. */
import type { Params } from './rule.ts'

export interface Norm {
  /** Hash of the server's name. */
  readonly id: number
  /** Day of the first lesson, days since 1970. */
  readonly firstDay: number
  /** Tokens that were used at it only, tokens that were used elsewhere too, and tokens told of late. */
  own: number
  shared: number
  told: number
  /** Day of the latest of them. */
  toldDay: number
}

export const OWN = 0
export const SHARED = 1
export const TOLD = 2
export type Said = typeof OWN | typeof SHARED | typeof TOLD

/** Lesson: (server · 4 + what) · 2^17 + day + 1, below 2^51; days reach to the year 2328. */
const DAYS = 2 ** 17
export const lessonOf = (server: number, said: Said, day: number): number => (server * 4 + said) * DAYS + day + 1

export function hear(norms: Norm[], lesson: number, { maxNorms, rollOutDays }: Params): void {
  const day = (lesson % DAYS) - 1
  const what = Math.floor(lesson / DAYS)
  const id = Math.floor(what / 4)
  const said = what % 4
  let norm = norms.find((one) => one.id === id)
  if (norm === undefined) {
    norm = { id, firstDay: day, own: 0, shared: 0, told: 0, toldDay: -1 }
    norms.push(norm)
    if (norms.length > maxNorms) norms.shift()
  }
  if (said === OWN) norm.own++
  else if (said === SHARED) norm.shared++
  else {
    norm.told = day - norm.toldDay > rollOutDays ? 1 : norm.told + 1
    norm.toldDay = Math.max(norm.toldDay, day)
  }
}

/** Whether tokens of that server are used nowhere else, as far as is known for some days: on the first, none was used elsewhere yet. */
export function isExclusive(norm: Norm | undefined, day: number, { minTokens, habit, minDays }: Params): norm is Norm {
  return norm !== undefined && day - norm.firstDay >= minDays && norm.own >= minTokens && norm.own >= habit * (norm.own + norm.shared)
}

export const isRollOut = ({ told, toldDay }: Pick<Norm, 'told' | 'toldDay'>, day: number, { rollOut, rollOutDays }: Params): boolean =>
  told >= rollOut && day - toldDay <= rollOutDays
