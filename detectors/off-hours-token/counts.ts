/** Small counts in a string, one character of one byte each, so that a key pays a byte a count. */
const MOST = 255

export const blankCounts = (size: number): string => '\u0000'.repeat(size)

/** One more in this place; all halve when its count is full. */
export function addCount(counts: string, place: number): string {
  const codes = Array.from(counts, (character) => character.charCodeAt(0))
  const full = (codes[place] ?? 0) >= MOST
  return String.fromCharCode(...codes.map((code, i) => (full ? code >> 1 : code) + (i === place ? 1 : 0)))
}
