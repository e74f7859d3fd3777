/** The stateful half of the worker: interactions, or steps of them, → `findings`, with state and offset saved as one. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Subscription } from '../../schemas/ports.ts'
import type { Step, StepKey } from '../../schemas/step.ts'
import { interactions, steps } from '../../schemas/topics.ts'
import { type Feed, Holding, type HoldingParts } from './holding.ts'
import { watchKept } from './watch-kept.ts'

/** On a bus of one partition all keys live there: each interaction is stepped and reviewed where it lies. */
export const wholeInteractions: Feed<Interaction> = {
  topic: interactions, shared: false,
  judgementOf: (interaction) => ({ interaction, keysFor: (detector) => detector.keysOf(interaction), reviews: true, lessons: [] }),
}

const NO_KEYS: readonly string[] = []

/** Some thirty detectors are asked for each step, and most have no key in it: for those nothing is made. */
function keysOf(id: string, keys: readonly StepKey[]): readonly string[] {
  let found: string[] | undefined
  for (const { detector, key } of keys) if (detector === id) (found ??= []).push(key)
  return found ?? NO_KEYS
}

/** What `route.ts` made of them: only the keys that were sent here. */
export const sentSteps: Feed<Step> = {
  topic: steps, shared: true,
  judgementOf: ({ interaction, keys, lessons, notices }) => ({
    interaction, reviews: false, lessons, notices,
    keysFor: ({ rule: { id } }) => keysOf(id, keys),
  }),
}

export const watchStates = <T>(feed: Feed<T>, parts: HoldingParts): Promise<Subscription> =>
  watchKept(feed.topic, parts, (partition) => Holding.open(feed, partition, parts))
