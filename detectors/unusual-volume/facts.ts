/** What every counted key needs of an interaction, worked out once for all of them. */
import type { Interaction } from '../../schemas/interaction.ts'
import { hash32 } from '../stats/distinct.ts'
import { hourOf, secondsOf } from '../stats/moment.ts'

export interface Facts {
  readonly seconds: number
  readonly hour: number
  /** Of arguments and results together; -1 where neither was said. */
  readonly bytes: number
  /** Hash of the resource, else of tool and arguments or prompt; -1 where there is nothing to tell it by. */
  readonly what: number
}

function whatOf({ resource, tool, arguments_hash, prompt }: Interaction): number {
  if (resource !== '') return hash32(resource)
  const what = arguments_hash || prompt
  return what === '' ? -1 : hash32(`${tool}\u0000${what}`)
}

function work(interaction: Interaction): Facts {
  const sent = Number(interaction.arguments_bytes)
  const returned = Number(interaction.result_bytes)
  const seconds = secondsOf(interaction)
  return { seconds, hour: hourOf(seconds), bytes: sent < 0 && returned < 0 ? -1 : Math.max(sent, 0) + Math.max(returned, 0),
    what: whatOf(interaction) }
}

/** The last answer: the runner asks for all keys of one interaction in a row. Only saves work, never changes an answer. */
let last: { readonly of: Interaction; readonly facts: Facts } | undefined

export function factsOf(interaction: Interaction): Facts {
  if (last?.of !== interaction) last = { of: interaction, facts: work(interaction) }
  return last.facts
}
