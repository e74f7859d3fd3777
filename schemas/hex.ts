const [ZERO, NINE, A, F] = [48, 57, 97, 102]

/** Whether a text is so many lower-case hex digits. A loop, because a regular expression costs three times as much, and this is asked for each event. */
export function isHex(text: string, digits: number): boolean {
  if (text.length !== digits) return false
  for (let at = 0; at < digits; at++) {
    const code = text.charCodeAt(at)
    if (code < ZERO || (code > NINE && code < A) || code > F) return false
  }
  return true
}
