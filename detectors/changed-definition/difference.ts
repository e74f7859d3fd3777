/** What a new version of a definition says that the one before did not. Pure. */
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { partsOfDefinition, type Part } from '../text-signs/definition-text.ts'

export interface Difference {
  /** New sentences with their places. */
  readonly added: readonly Part[]
  /** Parameters that were not there before. */
  readonly parameters: readonly string[]
}

const BREAKS = /(?<=[.!?])\s+|\n+/
const folded = (sentence: string): string => sentence.toLowerCase().replaceAll(/\s+/g, ' ').trim()

function propertiesOf(schema: string): readonly string[] {
  try {
    const { properties } = JSON.parse(schema) as { readonly properties?: unknown }
    return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
  } catch {
    return []
  }
}

/** Sentences are compared wherever they stand, so that what only moved is not new. What grew at its end is new from there. */
export function differenceOf(before: ToolDefinition, after: ToolDefinition): Difference {
  const old = partsOfDefinition(before)
  const places = new Map(old.map(({ place, text }) => [place, text]))
  const known = new Set(old.flatMap(({ text }) => text.split(BREAKS).map(folded)))
  const added: Part[] = []
  for (const { place, text } of partsOfDefinition(after)) {
    const was = places.get(place)
    if (was === text) continue
    const rest = was !== undefined && text.startsWith(was) ? text.slice(was.length) : text
    const news = rest.split(BREAKS).filter((sentence) => sentence.trim() !== '' && !known.has(folded(sentence)))
    if (news.length > 0) added.push({ place, text: news.join('\n').trim() })
  }
  const had = new Set(propertiesOf(before.input_schema))
  return { added, parameters: propertiesOf(after.input_schema).filter((name) => !had.has(name)) }
}
