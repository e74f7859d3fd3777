/** Lineage of a call with the words of other traces of its conversation. */
import { fitOf } from '../../../detectors/request-fit/fit.ts'
import { traced } from '../../../detectors/request-fit/sources.ts'
import type { Interaction } from '../../../schemas/interaction.ts'
import type { Part, Told, Word } from '../../../schemas/relay.ts'
import { VALUE_SOURCES } from '../../../schemas/vocabulary.ts'
import type { Tokens } from '../tokens.ts'
import { type Pool, wordsBefore } from './pool.ts'

const REQUEST_TEXT_LIMIT = 2_000
const ORDER: readonly string[] = VALUE_SOURCES

const rankOf = (source: string): number => ORDER.indexOf(source.split(':', 1)[0] ?? '')

/** Of two answers the one that says more: the user before a result, a result before a guess. */
function better(own: ReadonlyMap<string, string>, further: ReadonlyMap<string, string>): Map<string, string> {
  const sources = new Map(own)
  for (const [path, source] of further) {
    const known = sources.get(path)
    if (known === undefined || rankOf(source) < rankOf(known)) sources.set(path, source)
  }
  return sources
}

/** Turns that are told twice, by other traces and by its own, stand where its own has them. */
const turnsOf = (others: readonly Word[], own: readonly string[]): readonly string[] =>
  [...others.map(({ text }) => text).filter((text) => !own.includes(text)), ...own]

const allResults = (others: readonly Word[], own: readonly Told[]): readonly Told[] => {
  const known = new Set(own.map(({ id }) => id))
  return [...others.filter(({ id }) => !known.has(id)), ...own]
}

/** The interaction as it is with all that was said in its conversation before it. */
export function woven({ interaction, trace, bridged, turns: own, results: ownResults }: Part, pool: Pool, tokens: Tokens | undefined): Interaction {
  const others = wordsBefore(pool, { trace, startedAt: interaction.started_at, own: bridged })
  if (others.turns.length === 0 && others.results.length === 0) return interaction
  const turns = turnsOf(others.turns, own)
  const toolResults = others.results.map(({ id, text }) => ({ id, text }))
  const before = { userTurns: turns, system: [], toolResults, listings: [] }
  const further = traced({ arguments: interaction.arguments, before, complete: false, tokenOf: tokens?.(interaction.tenant) })
  const sources = better(interaction.argument_sources, further.sources)
  const { fit, reasons } = fitOf({
    turns, tool: interaction.tool, effect: interaction.effect, arguments: interaction.arguments, sources, standing: further.standing,
    toolResults: allResults(others.results, ownResults),
  })
  const isAsked = turns.length > 0 && (interaction.requested_by === 'unknown' || interaction.requested_by === 'none')
  return {
    ...interaction, requested_by: isAsked ? 'user_turn' : interaction.requested_by, request_text: (turns.at(-1) ?? '').slice(0, REQUEST_TEXT_LIMIT),
    argument_sources: sources, request_fit: fit, request_fit_reasons: reasons,
  }
}
