/** Scopes that a principal had, and those that its peers have. Plain JSON, bounded. Days since 1970 UTC. */
import type { Effect } from '../../schemas/vocabulary.ts'
import type { Params } from './rule.ts'
import type { Tier } from './tier.ts'

/** A scope that was told and is not known yet. */
export interface Disputed {
  readonly id: number
  days: number
  lastDay: number
}

/** A right that is new: what is done with it next. */
export interface Watched {
  readonly id: number
  readonly name: string
  readonly tier: Tier
  readonly since: number
}

export interface Rights {
  /** Hashes of scopes seen in this half of the memory, and in the one before. */
  ids: number[]
  older: number[]
  turnDay: number
  tier: Tier
  /** Bits of `EFFECTS` that were done. */
  effects: number
  disputed: Disputed[]
  watched: Watched | null
}

/** A scope among peers. */
export interface Holding {
  readonly id: number
  holders: number
  /** Principals that got it of late, and when the latest did. */
  recent: number
  lastDay: number
}

const EFFECTS: Readonly<Record<Effect, number>> = { unknown: 0, read: 0, write: 1, send: 2, pay: 4, delete: 8, grant: 16, execute: 32 }
export const bitOf = (effect: Effect): number => EFFECTS[effect]

export const noRights = (day: number): Rights => ({ ids: [], older: [], turnDay: day, tier: 1, effects: 0, disputed: [], watched: null })

export function hasScope(rights: Rights, id: number, { maxScopes }: Params): boolean {
  if (rights.ids.includes(id)) return true
  if (!rights.older.includes(id)) return false
  learnScope(rights, id, maxScopes)
  return true
}

export function learnScope(rights: Rights, id: number, most: number): void {
  rights.ids.push(id)
  if (rights.ids.length > most) rights.ids.shift()
}

/** Scopes of long ago are forgotten, told and untold. */
export function turn(rights: Rights, day: number, { keepDays, disputedDays }: Params): void {
  if (rights.disputed.length > 0) rights.disputed = rights.disputed.filter(({ lastDay }) => lastDay >= day - disputedDays)
  if (day < rights.turnDay + keepDays) return
  rights.older = rights.ids
  rights.ids = []
  rights.turnDay = day
}

/** Whether a told scope has come back on enough days to be known; counts the day. Undefined where it was not told. */
export function comesBack(rights: Rights, id: number, { day, disputed }: { readonly day: number; readonly disputed: boolean }, params: Params): boolean | undefined {
  const found = rights.disputed.find((one) => one.id === id)
  if (found === undefined) return undefined
  if (day > found.lastDay) {
    if (!disputed) found.days++
    found.lastDay = day
  }
  if (found.days < params.acceptDays) return false
  rights.disputed = rights.disputed.filter((one) => one !== found)
  learnScope(rights, id, params.maxScopes)
  return true
}

export const MEMBER = 0
const HOLDER = 0
const NEW = 1
const DAYS = 2 ** 17
/** Lesson: (scope · 2 + what) · 2^17 + day + 1, below 2^51. Scope 0 is one more peer. */
export const holderLesson = (id: number, day: number): number => (id * 2 + HOLDER) * DAYS + day + 1
export const newLesson = (id: number, day: number): number => (id * 2 + NEW) * DAYS + day + 1

export interface Peers {
  members: number
  readonly holdings: Holding[]
}

export function hear(peers: Peers, lesson: number, { maxPeerScopes, rollOutDays }: Params): void {
  const day = (lesson % DAYS) - 1
  const what = Math.floor(lesson / DAYS)
  const id = Math.floor(what / 2)
  if (id === MEMBER) {
    peers.members++
    return
  }
  let holding = peers.holdings.find((one) => one.id === id)
  if (holding === undefined) {
    holding = { id, holders: 0, recent: 0, lastDay: -1 }
    peers.holdings.push(holding)
    if (peers.holdings.length > maxPeerScopes) peers.holdings.shift()
  }
  if (what % 2 === HOLDER) holding.holders++
  else {
    holding.recent = day - holding.lastDay > rollOutDays ? 1 : holding.recent + 1
    holding.lastDay = Math.max(holding.lastDay, day)
  }
}
