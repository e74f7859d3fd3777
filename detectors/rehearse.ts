/**
 * Plays JSONL examples of a detector that learns: states go on over the whole text. Beside what `parseExamples` reads, a line may have
 * `at` (ISO time, for start, end and arrival) and `repeat` ([{"times", "every"} …], seconds, outermost first). Pure: the text is an argument.
 */
import { z } from 'zod'
import type { Interaction } from '../schemas/interaction.ts'
import { type Armed, arm, type Detector, type Draft } from './detector.ts'
import { type Expectation, parseExamples } from './example.ts'

const Timed = z.looseObject({
  at: z.iso.datetime().optional(),
  repeat: z.array(z.strictObject({ times: z.number().int().min(1), every: z.number() })).optional(),
})

export interface Rehearsed {
  readonly expect: Expectation
  readonly drafts: readonly Draft[]
}

/** One detector over interactions in order, as the worker runs it, without limits and snapshots. */
export function rehearsal(armed: Armed): (interaction: Interaction) => readonly Draft[] {
  const states = new Map<string, unknown>()
  const tools = { hash: (text: string) => `hash-of-${text.length}`, stateOf: (key: string) => states.get(key) }
  return (interaction) => {
    const drafts: Draft[] = []
    for (const key of armed.keysOf(interaction)) {
      const state = states.get(key) ?? armed.begin()
      states.set(key, state)
      drafts.push(...armed.step(state, interaction, key, tools))
      teach(states, armed, armed.lore(key, interaction), armed.lesson(state))
    }
    return [...drafts, ...armed.review(interaction, tools)]
  }
}

function teach(states: Map<string, unknown>, armed: Armed, key: string, lesson: number): void {
  if (key === '' || lesson === 0) return
  const lore = states.get(key) ?? armed.begin()
  states.set(key, lore)
  armed.learn(lore, lesson)
}

/** What the detector says in each case of the text. Throws like `parseExamples`. */
export function rehearse<Params, State>(detector: Detector<Params, State>, text: string, params: unknown = {}): readonly Rehearsed[] {
  const play = rehearsal(arm(detector, params))
  return parseExamples(expanded(text)).map(({ interactions, expect }) => ({ expect, drafts: interactions.flatMap(play) }))
}

function expanded(text: string): string {
  return text.split('\n').flatMap(expandLine).join('\n')
}

function expandLine(line: string): readonly string[] {
  if (line.trim() === '') return []
  const { at, repeat, ...fields } = Timed.parse(JSON.parse(line))
  if (at === undefined) return [line]
  let times = [Date.parse(at)]
  for (const { times: count, every } of repeat ?? []) times = times.flatMap((time) => Array.from({ length: count }, (_, i) =>
    time + i * every * 1000))
  return times.map((time) => {
    const iso = new Date(time).toISOString()
    return JSON.stringify({ started_at: iso, ended_at: iso, received_at: iso, ...fields })
  })
}
