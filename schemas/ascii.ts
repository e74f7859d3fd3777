/**
 * Short texts to bytes, character by character. In texts that come from everywhere V8 meets more than four of its own forms of a text (flat, cut, joined, …),
 * and then looks for `length` and `charCodeAt` by name, once a character (measured on Node 20 and 26: three times the time). What is here stays direct.
 */

const { charCodeAt } = String.prototype

/** Longer texts are written by native code: a call there costs as much as a loop over about so many characters. */
export const SHORT_TEXT = 28

/** An addition that changes nothing says that it is a text. */
export const lengthOf = (text: string): number => ('' + text).length

/** Writes a byte a character; false where one is not ASCII, and then nothing that counts was written. */
export function writeAscii(text: string, into: Uint8Array, at: number): boolean {
  const characters = lengthOf(text)
  let seen = 0
  for (let i = 0; i < characters; i++) {
    const code = charCodeAt.call(text, i)
    seen |= code
    into[at + i] = code
  }
  return seen < 128
}
