/** Sticky expressions at a place in a text. */

/** Where the match of a sticky `pattern` at `at` ends; `at` when there is none. */
export function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
