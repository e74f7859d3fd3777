/** Expressions with a state, used where nobody else sees it: sticky ones at a place in a text, global ones over all of it. */

/** Where the match of a sticky `pattern` at `at` ends; `at` when there is none. */
export function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

const NONE: readonly RegExpExecArray[] = []

/** All matches of a global `pattern`. `matchAll` makes a copy of the expression first, which costs more than looking through a short text. */
export function matchesIn(pattern: RegExp, text: string): readonly RegExpExecArray[] {
  pattern.lastIndex = 0
  let found = pattern.exec(text)
  if (found === null) return NONE
  const all: RegExpExecArray[] = []
  for (; found !== null; found = pattern.exec(text)) {
    all.push(found)
    if (found[0] === '') pattern.lastIndex++
  }
  return all
}
