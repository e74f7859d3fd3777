/** The leaf values of a call's arguments with their paths, and when a value says anything about where it came from. */

export interface Leaf {
  /** `$.a.b[0]`; the whole text is `$` where arguments are not JSON. */
  readonly path: string
  /** Last object key on the path, '' at the root. */
  readonly key: string
  readonly text: string
}

const LEAVES = 64
const DEPTH = 12
const VALUE_LENGTH = 4096

/** Leaves in order, at most 64, nested at most 12 deep, each cut at 4,096 characters. Never throws: text that is no JSON is one leaf. */
export function leavesOf(text: string): readonly Leaf[] {
  if (text === '') return []
  const leaves: Leaf[] = []
  collect(leaves, parsed(text), { path: '$', key: '', depth: 0 })
  return leaves
}

function parsed(text: string): unknown {
  const head = text.charCodeAt(0)
  if (head !== 123 && head !== 91 && head !== 34) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

interface Place {
  readonly path: string
  readonly key: string
  readonly depth: number
}

function collect(leaves: Leaf[], value: unknown, place: Place): void {
  if (leaves.length >= LEAVES || value === null || value === undefined) return
  if (typeof value !== 'object') {
    leaves.push({ path: place.path, key: place.key, text: String(value).slice(0, VALUE_LENGTH) })
    return
  }
  if (place.depth >= DEPTH) return
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && leaves.length < LEAVES; at++) collect(leaves, value[at],
      { path: `${place.path}[${at}]`, key: place.key, depth: place.depth + 1 })
    return
  }
  for (const [key, inner] of Object.entries(value)) collect(leaves, inner, { path: `${place.path}.${key}`, key, depth: place.depth + 1 })
}

/** Lower case, white space collapsed, quotes and scheme off the ends: how two spellings of one value are compared. */
export function normalise(text: string): string {
  return trimmed(spaced(text.toLowerCase()))
}

/** White space collapsed to single spaces; the text itself where there is none to collapse. */
export function spaced(text: string): string {
  return text.includes('\n') || text.includes('  ') || text.includes('\t') || text.includes('\r') ? text.replaceAll(/\s+/g, ' ') : text
}

const EDGE = new Set(' \'"`.,;:!?()[]<>'.split(''))

function trimmed(text: string): string {
  let from = text.startsWith('https://') ? 8 : text.startsWith('http://') ? 7 : 0
  let to = text.length
  while (from < to && EDGE.has(text[from] ?? '')) from++
  while (to > from && (EDGE.has(text[to - 1] ?? '') || text[to - 1] === '/')) to--
  return text.slice(from, to)
}

/**
 * Values that stand in any text by chance: empty, booleans, numbers under four digits, words under four letters.
 * `normal` is a normalised value.
 */
export function isTrivial(normal: string): boolean {
  if (normal.length < 3) return true
  if (/^(?:true|false|null|none|default|auto|asc|desc)$/.test(normal)) return true
  if (/^-?[\d.,]+$/.test(normal)) return normal.replaceAll(/\D/g, '').replace(/0+$/, '').length < 3
  return normal.length < 4 && /^[a-z]+$/.test(normal)
}
