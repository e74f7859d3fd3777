/** By character code, whether it is a lower-case hex digit. */
const IS_DIGIT = new Uint8Array(128)
for (const digit of '0123456789abcdef') IS_DIGIT[digit.charCodeAt(0)] = 1

/**
 * Whether a text is so many lower-case hex digits. A loop, because a regular expression costs three times as much, and this is asked for each event;
 * with a table, because no processor foresees whether a random digit is a letter.
 */
export function isHex(text: string, digits: number): boolean {
  if (text.length !== digits) return false
  for (let at = 0; at < digits; at++) if (IS_DIGIT[text.charCodeAt(at)] !== 1) return false
  return true
}
