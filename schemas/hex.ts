/** ASCII digits by value, lower case. */
export const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
/** By character code, whether it is a lower-case hex digit. */
const IS_DIGIT = new Uint8Array(128)
for (const digit of HEX_DIGITS) IS_DIGIT[digit] = 1

/**
 * Whether a text is so many lower-case hex digits. A loop, because a regular expression costs three times as much, and this is asked for each event;
 * with a table, because no processor foresees whether a random digit is a letter.
 */
export function isHex(text: string, digits: number): boolean {
  if (text.length !== digits) return false
  for (let at = 0; at < digits; at++) if (IS_DIGIT[text.charCodeAt(at)] !== 1) return false
  return true
}
