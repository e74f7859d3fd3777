/**
 * Things that were seen before, by hash: new ones are told from known ones, what was not seen for long is new again, and what was told is known only
 * after it came on several days. Plain JSON, 16 bytes a term, bounded.
 */
import { hash32 } from './distinct.ts'
import { inserted } from './short-list.ts'

export interface Terms {
  ids: number[]
  /** Beside each id: latest day · 64 + days seen (to 31) · 2 + 1 where it is disputed. */
  marks: number[]
}

/** `disputed`: it was told and has not come on enough days since. */
export type Standing = 'new' | 'disputed' | 'known'

/** Of all who know none; never added to. */
const NONE: number[] = []
export const noTerms = (): Terms => ({ ids: NONE, marks: NONE })

/** 30 bits, so that engines keep lists of them small; never 0. */
export const termOf = (text: string): number => (hash32(text) >>> 2) || 1

const DAY = 64
const MOST_DAYS = 31
const dayIn = (mark: number): number => Math.floor(mark / DAY)
const daysIn = (mark: number): number => (mark % DAY) >> 1
const isDisputed = (mark: number): boolean => (mark & 1) === 1

/** `day`: days since 1970. */
export function standingOf({ ids, marks }: Terms, id: number, { day, keepDays }: { readonly day: number; readonly keepDays: number }): Standing {
  const mark = marks[ids.indexOf(id)]
  if (mark === undefined || dayIn(mark) < day - keepDays) return 'new'
  return isDisputed(mark) ? 'disputed' : 'known'
}

export interface Sighting {
  readonly id: number
  readonly day: number
  /** Something was said about it. */
  readonly told: boolean
}

export interface TermLimits {
  /** Days on which what was told has to come before it is known. */
  readonly acceptDays: number
  readonly keepDays: number
  /** Most terms; the one not seen for longest goes. */
  readonly most: number
}

/** What a sighting did: `known` for the first time, seen `again` after its month changed, or nothing that others need hear. */
export type Change = 'known' | 'again' | ''

export function see(terms: Terms, { id, day, told }: Sighting, limits: TermLimits): Change {
  const at = terms.ids.indexOf(id)
  const mark = terms.marks[at]
  if (mark === undefined || dayIn(mark) < day - limits.keepDays) {
    put(terms, at, { id, mark: day * DAY + 2 + (told ? 1 : 0) }, limits.most)
    return told ? '' : 'known'
  }
  const before = dayIn(mark)
  if (day <= before) {
    if (told && daysIn(mark) === 1) terms.marks[at] = mark | 1
    return ''
  }
  const days = Math.min(MOST_DAYS, daysIn(mark) + 1)
  const disputed = isDisputed(mark) && days < limits.acceptDays
  terms.marks[at] = day * DAY + days * 2 + (disputed ? 1 : 0)
  if (isDisputed(mark)) return disputed ? '' : 'known'
  return day >> 5 === before >> 5 ? '' : 'again'
}

function put(terms: Terms, at: number, { id, mark }: { readonly id: number; readonly mark: number }, most: number): void {
  if (at >= 0) {
    terms.marks[at] = mark
    return
  }
  if (terms.ids.length >= most) dropOldest(terms)
  terms.ids = inserted(terms.ids, terms.ids.length, id)
  terms.marks = inserted(terms.marks, terms.marks.length, mark)
}

function dropOldest({ ids, marks }: Terms): void {
  let oldest = 0
  for (let at = 1; at < marks.length; at++) if ((marks[at] as number) < (marks[oldest] as number)) oldest = at
  ids.splice(oldest, 1)
  marks.splice(oldest, 1)
}
