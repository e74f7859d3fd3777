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
  against: string[] | null
  /** Steps that were never taken before: learned when the run is over and was not told. */
  held: number[] | null
  told: boolean
}

const NAMED = 4
export const MOST_HELD = 16

export const newRun = (id: number, at: number): Run => ({ id, begun: at, at, from: BEGIN, name: '', steps: 0, nats: 0, sum: 0, against: null, held: null, told: false })

/** The run that the call at `at` goes on with; undefined where it begins one. */
export function runOf(runs: readonly Run[], id: number, at: number, pause: number): Run | undefined {
  for (const run of runs) if (run.id === id) return at - run.at <= pause ? run : undefined
  return undefined
}

/** The runs with a new one at the end, at most `most`; `over` is the one that ended by that. */
export function beginRun(runs: readonly Run[], run: Run, most: number): { readonly runs: Run[]; readonly over: Run | undefined } {
  const over = runs.find(({ id }) => id === run.id) ?? (runs.length >= most ? runs.reduce((oldest, one) => (one.at < oldest.at ? one : oldest)) : undefined)
  return { runs: [...runs.filter((one) => one !== over), run], over }
}

/** Adds a step of so many nats to `tool`; `usual` and `spread` are those of the actor. */
export function add(run: Run, { nats, tool }: { readonly nats: number; readonly tool: string }, usual: number, spread: number): void {
  run.sum = Math.max(0, run.sum + nats - usual - spread)
  if (run.sum === 0) {
    run.steps = 0
    run.nats = 0
    run.against = null
    return
  }
  run.steps++
  run.nats += nats
  if (nats <= usual + spread) return
  const against = run.against ?? []
  if (against.length < NAMED) run.against = [...against, stepName(run.name, tool)]
}

const PLAIN = /^[\w.+/:@-]{1,80}$/
export const plainName = (name: string): string => (PLAIN.test(name) ? name : 'a tool with an odd name')
export const stepName = (from: string, to: string): string => `${from === '' ? 'the begin' : plainName(from)} → ${plainName(to)}`

/** How far the steps since then lie above the usual, in standard deviations of a mean of so many: normalised by length. */
export const deviations = ({ steps, nats }: Run, usual: number, spread: number): number => (steps === 0 ? 0 : (nats - steps * usual) / (spread * Math.sqrt(steps)))
