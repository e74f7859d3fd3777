/** What a model reads of a definition, as texts with their places. Pure; schemas are a stranger's and may be cut. */
import type { Definition } from '../../schemas/tool-definition.ts'
import { nameWords } from '../request-fit/words.ts'

export interface Part {
  /** `description`, `input_schema.properties.path.description`. */
  readonly place: string
  readonly text: string
}

const PARTS = 400
const DEPTH = 24
/** Members of a schema that hold its grammar and no words. */
const GRAMMAR: ReadonlySet<string> = new Set(['type', '$schema', '$id', '$ref', 'format', 'pattern', 'required', 'icons', 'mimeType', 'contentEncoding', 'contentMediaType'])
/** Names that are sentences: `content_of_the_ssh_key`. */
const SPOKEN = 4

function collect(parts: Part[], value: unknown, place: string, depth: number): void {
  if (parts.length >= PARTS || depth > DEPTH) return
  if (typeof value === 'string') {
    if (value.trim() !== '') parts.push({ place, text: value })
  } else if (Array.isArray(value)) {
    for (const [at, entry] of value.entries()) collect(parts, entry, `${place}[${at}]`, depth + 1)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      if (place.endsWith('properties')) parts.push(...spokenName(key, `${place}.${key}`))
      if (!GRAMMAR.has(key) || place.endsWith('properties')) collect(parts, entry, `${place}.${key}`, depth + 1)
    }
  }
}

function spokenName(name: string, place: string): readonly Part[] {
  const words = nameWords(name)
  return words.length < SPOKEN ? [] : [{ place: `${place} (its name)`, text: words.join(' ') }]
}

/** A cut schema is read as one text. */
function partsOfJson(text: string, place: string): readonly Part[] {
  if (text === '') return []
  const parts: Part[] = []
  try {
    collect(parts, JSON.parse(text), place, 0)
  } catch {
    parts.push({ place, text: text.replaceAll('\\n', '\n') })
  }
  return parts
}

type Told = Pick<Definition, 'name' | 'title' | 'description' | 'input_schema' | 'output_schema' | 'annotations'>

/** Every text of the definition that a model is shown, at most some 400. */
export const partsOfDefinition = ({ name, title, description, input_schema, output_schema, annotations }: Told): readonly Part[] => [
  { place: 'name', text: nameWords(name).join(' ') }, { place: 'title', text: title }, { place: 'description', text: description },
  ...partsOfJson(input_schema, 'input_schema'), ...partsOfJson(output_schema, 'output_schema'), ...partsOfJson(annotations, 'annotations'),
].filter(({ text }) => text !== '')

export const textOfParts = (parts: readonly Part[]): string => parts.map(({ text }) => text).join('\n\n')
