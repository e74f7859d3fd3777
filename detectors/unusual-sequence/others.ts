/** What the actors of a tenant tell each other of the steps that they take: that one of a group has taken it 3, 12, 48, 192 or 768 times. Plain JSON, bounded. */
import { type Habits, noHabits, shorten, use, usesOf } from '../masquerade/habits.ts'
import { type Counts, groupId, levelOf, weightOf } from './counts.ts'

/** Uses of all, and of each group under ids of its own. */
export interface Others {
  readonly all: Habits
  readonly groups: Habits
}

export const nobody = (): Others => ({ all: noHabits(), groups: noHabits() })

const LEVELS = 8
const GROUPS = 1024
const MOST_USES = 2 ** 40

/** Below 2^53: id (30 bits) · 8 + level, · 1024 + group. Never 0. */
export const lessonOf = (id: number, level: number, group: number): number => (id * LEVELS + level) * GROUPS + group
export const groupOf = (hash: number): number => hash % GROUPS

export function hear({ all, groups }: Others, lesson: number, most: number): void {
  const group = lesson % GROUPS
  const level = Math.floor(lesson / GROUPS) % LEVELS
  const id = Math.floor(lesson / GROUPS / LEVELS)
  const weight = weightOf(level) - weightOf(level - 1)
  use(all, id, weight)
  use(groups, groupId(id, group), weight)
  shorten(all, most, MOST_USES)
  shorten(groups, most, MOST_USES)
}

export interface Uses {
  readonly peers: number
  readonly tenant: number
}

/** How often others used that id: without what the actor itself told. */
export function usesBy({ all, groups }: Others, counts: Counts, { id, group }: { readonly id: number; readonly group: number }): Uses {
  const own = weightOf(levelOf(counts, id))
  return { peers: Math.max(0, usesOf(groups, groupId(id, group)) - own), tenant: Math.max(0, usesOf(all, id) - own) }
}
