/** Whether a new version calls harmless what the one before did not: what approvals are then given for. Pure. */
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { RISKY, TOOL_VERBS } from '../request-fit/lexicon.ts'
import { stem, textWords } from '../request-fit/words.ts'

function hintsOf({ annotations }: ToolDefinition): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(annotations === '' ? '{}' : annotations)
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  } catch {
    return new Map()
  }
}

/** Verbs in the description that change something. Past the first words descriptions speak of other things. */
const acts = ({ description }: ToolDefinition): boolean =>
  textWords(description, 40).some((word) => (TOOL_VERBS.get(stem(word)) ?? []).some((effect) => RISKY.has(effect) && effect !== 'send'))

/** What was taken back, in words; none where the description is the same or says that it acts as before. */
export function softenings(before: ToolDefinition, after: ToolDefinition): readonly string[] {
  const [was, is] = [hintsOf(before), hintsOf(after)]
  const reasons: string[] = []
  if (is.get('readOnlyHint') === true && was.get('readOnlyHint') !== true && acts(before)) reasons.push('is now said to change nothing')
  if (is.get('destructiveHint') === false && was.get('destructiveHint') === true && acts(before)) reasons.push('is now said to destroy nothing')
  if (acts(before) && !acts(after) && after.description !== '') reasons.push('no longer says that it changes anything')
  return reasons
}
