/** The words in what a tool, prompt or resource returned. Pure; a result may be of any shape and cut anywhere. */

const LEAVES = 200
const LENGTH = 24_576
const DEPTH = 16
/** Members whose strings are no words: bytes, types and names of the protocol. */
const NO_WORDS: ReadonlySet<string> = new Set(['type', 'mimeType', 'data', 'blob', 'role', 'id', 'resultType'])

interface Gathered {
  readonly texts: string[]
  length: number
}

function gather(into: Gathered, value: unknown, depth: number): void {
  if (into.texts.length >= LEAVES || into.length >= LENGTH || depth > DEPTH) return
  if (typeof value === 'string') {
    into.texts.push(value)
    into.length += value.length
  } else if (Array.isArray(value)) for (const entry of value) gather(into, entry, depth + 1)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) if (!NO_WORDS.has(key) || typeof entry === 'object') gather(into, entry, depth + 1)
  }
}

/** Strings of a JSON result, an empty line between them; another result as it is, with its line breaks. */
export function contentOf(result: string): string {
  const start = result[0]
  if (start !== '{' && start !== '[' && start !== '"') return result
  try {
    const into: Gathered = { texts: [], length: 0 }
    gather(into, JSON.parse(result), 0)
    return into.texts.join('\n\n')
  } catch {
    return result.replaceAll('\\n', '\n').replaceAll('\\"', '"')
  }
}
