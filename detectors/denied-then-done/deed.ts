/** What a call does to what, so that two ways to the same end are seen to be one. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect } from '../../schemas/vocabulary.ts'
import { namesIn } from '../arguments/names.ts'
import { effectOf } from '../request-fit/effect.ts'
import { effectsOfScript } from '../shell/effects.ts'
import { parseShell } from '../shell/parse.ts'
import { shellTexts } from '../shell/where.ts'
import { tradeOfPrograms, tradeOfTool } from './trade.ts'

export interface Deed {
  /** Never empty: `execute` or `unknown` where no more is known. */
  readonly effects: readonly Effect[]
  /** Hashes of names, of every kind. */
  readonly names: readonly number[]
  /** Those that are hardly there by chance, else all. */
  readonly telling: readonly number[]
  /** It says by a command what it does. */
  readonly isCommand: boolean
  /** See `trade.ts`. */
  readonly trade: number
}

export function deedOf({ effect, tool, arguments: sent, resource }: Interaction): Deed {
  const texts = shellTexts(tool, sent)
  const scripts = texts.map(({ text }) => parseShell(text))
  const effects = new Set<Effect>(scripts.flatMap((script) => [...effectsOfScript(script)]))
  if (texts.length === 0) effects.add(effect === 'unknown' ? effectOf({ tool, argumentNames: [] }) : effect)
  const { specific, plain } = namesIn(sent, resource)
  const telling = specific.length > 0 ? specific : plain
  return { effects: [...effects], names: [...specific, ...plain], telling, isCommand: texts.length > 0,
    trade: texts.length === 0 ? tradeOfTool(tool) : tradeOfPrograms(scripts.flatMap(({ commands }) => commands.map(({ program }) => program))) }
}
