/** How often the calls of one client came with a user's turn: only where that is the rule does its absence mean something. */
export interface Propagation {
  calls: number
  asked: number
}

const HABIT_CALLS = 20
const HABIT_SHARE = 0.9
const HABITS_LIMIT = 10_000

/** Whether the client normally says who asked. */
export const propagates = (habit: Propagation | undefined): boolean =>
  habit !== undefined && habit.calls >= HABIT_CALLS && habit.asked >= habit.calls * HABIT_SHARE

/** So many calls of which none was asked for: then 90 % of all cannot have been. */
const SILENT_CALLS = 200
export const neverAsked = (habit: Propagation | undefined): boolean => habit !== undefined && habit.calls >= SILENT_CALLS && habit.asked === 0

/** Adds to what is known of a client; over 10,000 clients the least recently heard of goes. */
export function learn(habits: Map<string, Propagation>, key: string, { calls, asked }: Propagation): void {
  const habit = habits.get(key) ?? { calls: 0, asked: 0 }
  habit.calls += calls
  habit.asked += asked
  habits.delete(key)
  habits.set(key, habit)
  if (habits.size > HABITS_LIMIT) habits.delete(habits.keys().next().value as string)
}
