/** A tool that runs commands can only be judged by the command: `ls` through a shell reads. */
import type { Effect } from '../../schemas/vocabulary.ts'
import { onlyLooks } from '../shell/looking.ts'
import { parseShell } from '../shell/parse.ts'
import { shellTexts } from '../shell/where.ts'

/** `read` where a call that executes only looks at things, else the effect as it was. */
export function milderEffect(effect: Effect, tool: string, args: string): Effect {
  if (effect !== 'execute') return effect
  const texts = shellTexts(tool, args)
  if (texts.length === 0) return effect
  return texts.every(({ text }) => parseShell(text).commands.every(onlyLooks)) ? 'read' : effect
}
