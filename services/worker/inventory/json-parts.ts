/**
 * Parts of a JSON text that may have been cut somewhere: members of an object and items of an array, as the pieces of text that they are. One pass,
 * no recursion. What stands before the cut is whole; what the cut went through is left out.
 */

const BLANKS: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n'])

function behindBlanks(text: string, start: number): number {
  let at = start
  while (BLANKS.has(text[at] ?? '')) at++
  return at
}

/** Behind the string that begins at `start`, or -1 where it does not end. */
function behindString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === 92) at++
    else if (c === 34) return at + 1
  }
  return -1
}

/** Behind the value that begins at `start`, or -1 where the text ends before it. */
function behindValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const c = text[at]
    if (c === '"') {
      at = behindString(text, at) - 1
      if (at < 0) return -1
      if (depth === 0) return at + 1
    } else if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') {
      // The end of what is around it ends a number or a word.
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (c === ',' && depth === 0) return at
  }
  return -1
}

export interface Parts {
  /** Of an object by key, of an array by number. */
  readonly parts: readonly (readonly [key: string, text: string])[]
  /** There was more, which is not there any more, or is no JSON. */
  readonly cut: boolean
}

const NOTHING: Parts = { parts: [], cut: false }

/** Top members or items, at most `most`. Of an array that is the last thing before a cut inside an object, see `rest`. */
export function partsOf(text: string, most: number): Parts {
  const open = behindBlanks(text, 0)
  const kind = text[open]
  if (kind !== '{' && kind !== '[') return NOTHING
  const parts: [string, string][] = []
  let at = behindBlanks(text, open + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    if (parts.length >= most) return { parts, cut: true }
    let key = String(parts.length)
    if (kind === '{') {
      const end = text[at] === '"' ? behindString(text, at) : -1
      const colon = end < 0 ? -1 : behindBlanks(text, end)
      if (colon < 0 || text[colon] !== ':') return { parts, cut: true }
      key = text.slice(at + 1, end - 1)
      at = behindBlanks(text, colon + 1)
    }
    const end = behindValue(text, at)
    if (end < 0) {
      // The piece that the cut went through: only whoever takes such pieces apart again looks at it.
      if (text[at] === '{' || text[at] === '[') parts.push([key, text.slice(at)])
      return { parts, cut: true }
    }
    parts.push([key, text.slice(at, end)])
    at = behindBlanks(text, end)
    if (text[at] === ',') at = behindBlanks(text, at + 1)
    else if (text[at] !== '}' && text[at] !== ']') return { parts, cut: true }
  }
  return { parts, cut: false }
}

/** The value, or undefined where the text is no whole JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
