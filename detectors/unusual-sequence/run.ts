/** Runs of an actor: calls of one conversation, or of one agent without a long pause. A few at a time. Plain JSON, bounded. */
import { BEGIN } from './counts.ts'

export interface Run {
  readonly id: number
  /** Seconds since 1970 of its first and latest call. */
  readonly begun: number
  at: number
  /** Tool of the latest call. */
  from: number
  /** Name of that tool, where it is kept for the telling. */
  name: string
  /** Steps and nats since the sum of what exceeds the usual was last 0, and that sum (Page's CUSUM). */
  steps: number
  nats: number
  sum: number
  /** Unusual steps of these, for the telling. */
  against: string[]
  /** Steps that were never taken before: learned when the run is over and was not told. */
  held: number[]
  told: boolean
}

/** What the runs of the moment are, and which one is over. */
export interface Turn {
  readonly run: Run
  readonly over: Run | undefined
}

const NAMED = 4
export const MOST_HELD = 16

export const newRun = (id: number, at: number): Run => ({ id, begun: at, at, from: BEGIN, name: '', steps: 0, nats: 0, sum: 0, against: [], held: [], told: false })

/** The run that the call at `at` belongs to, moved to the end; at most `most` are kept, and `over` is one that ended by that. */
export function runOf(runs: Run[], id: number, { at, pause, most }: { readonly at: number; readonly pause: number; readonly most: number }): Turn {
  const place = runs.findIndex((one) => one.id === id)
  const known = runs[place]
  if (known !== undefined && at - known.at <= pause) {
    if (place < runs.length - 1) runs.push(...runs.splice(place, 1))
    return { run: known, over: undefined }
  }
  const over = known ?? (runs.length >= most ? runs[0] : undefined)
  if (over !== undefined) runs.splice(runs.indexOf(over), 1)
  const run = newRun(id, at)
  runs.push(run)
  return { run, over }
}

/** Adds a step of so many nats; `usual` and `spread` are those of the actor. */
export function add(run: Run, { nats, usual, spread, name }: { readonly nats: number; readonly usual: number; readonly spread: number; readonly name: string }): void {
  run.sum = Math.max(0, run.sum + nats - usual - spread)
  if (run.sum === 0) {
    Object.assign(run, { steps: 0, nats: 0 })
    if (run.against.length > 0) run.against = []
    return
  }
  run.steps++
  run.nats += nats
  if (nats > usual + spread && run.against.length < NAMED) run.against.push(name)
}

/** How far the steps since then lie above the usual, in standard deviations of a mean of so many: normalised by length. */
export const deviations = ({ steps, nats }: Run, usual: number, spread: number): number => (steps === 0 ? 0 : (nats - steps * usual) / (spread * Math.sqrt(steps)))
