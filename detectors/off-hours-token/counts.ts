/** Small counts in a string, one character of one byte each, so that a key pays a byte a count. */
const MOST = 255

export const blankCounts = (size: number): string => '\u0000'.repeat(size)

/** One more in each place from `from` up to `to`, which is not included; all halve when the first of these is full. */
export function addCounts(counts: string, from: number, to: number): string {
  const halve = counts.charCodeAt(from) >= MOST ? 1 : 0
  let sum = ''
  for (let place = 0; place < counts.length; place++) sum += String.fromCharCode((counts.charCodeAt(place) >> halve) + (place >= from && place < to ? 1 : 0))
  return sum
}
