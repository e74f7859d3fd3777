/** The session that runs: what was done in it, not learned before it is over, and what of it speaks against the actor. */
import type { Action } from './action.ts'
import { type Habits, noHabits, use, usesOf } from './habits.ts'
import type { Params } from './rule.ts'

/** An action that is usual for others and not for this actor. */
export interface Against {
  readonly name: string
  readonly id: number
  /** Evidence, natural logarithm. */
  weight: number
}

export interface Session {
  /** Seconds since 1970 of its first and latest action; 0 before the first. */
  at: number
  latest: number
  readonly done: Habits
  /** Sum that never falls below 0 (Page's CUSUM), since when it has been above 0, and what made it. */
  evidence: number
  since: number
  against: readonly Against[]
  told: boolean
}

/** Most different actions against an actor that are remembered by name. */
const MOST_AGAINST = 12

const NONE: readonly Against[] = []
export const newSession = (at: number): Session => ({ at, latest: at, done: noHabits(), evidence: 0, since: 0, against: NONE, told: false })

/** Whether a session is over when the next action comes at `seconds`; one in which something is building up may last twice as long. */
export function isOver({ at, latest, done, evidence, told }: Session, seconds: number, params: Params): boolean {
  if (at === 0 || seconds - latest > params.pauseMinutes * 60) return true
  return done.total >= params.sessionActions * (evidence > 0 && !told ? 2 : 1)
}

/** Adds an action with what it says; true where the session is to be told now. */
export function weigh(session: Session, action: Action, said: number, params: Params): boolean {
  const repeated = usesOf(session.done, action.id) >= params.repeats
  use(session.done, action.id, 1)
  const weight = repeated && said > 0 ? 0 : Math.max(-params.most, Math.min(params.most, said))
  session.evidence = Math.max(0, session.evidence + weight)
  if (session.evidence === 0) {
    session.against = NONE
    return false
  }
  if (session.against.length === 0) session.since = session.latest
  if (weight > 0) remember(session, action, weight)
  if (session.told || session.evidence < params.evidence || session.against.length < params.minKinds) return false
  session.told = true
  return true
}

function remember(session: Session, { id, name }: Action, weight: number): void {
  const { against } = session
  const known = against.find((one) => one.id === id)
  if (known !== undefined) known.weight += weight
  else if (against.length < MOST_AGAINST) session.against = [...against, { id, name, weight }]
}
