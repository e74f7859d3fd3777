/** Ids as lower-case hex digits; '' for one of zeroes only, which the specification calls no id. */
import { HEX_DIGITS } from '../../../../schemas/hex.ts'

const SPAN_BYTES = 8
/** Digits of half a byte each: high and low. */
const high = (byte: number): number => HEX_DIGITS[byte >>> 4] as number
const low = (byte: number): number => HEX_DIGITS[byte & 15] as number

/** Eight bytes. One call of a built-in function that takes all digits: native code for bytes to hex costs twice as much on so few. */
function spanHex(bytes: Buffer, at: number): string {
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
  const [e, f, g, h] = [bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!]
  return String.fromCharCode(
    high(a), low(a), high(b), low(b), high(c), low(c), high(d), low(d), high(e), low(e), high(f), low(f), high(g), low(g), high(h), low(h),
  )
}

export function hexOf(bytes: Buffer, start: number, end: number): string {
  let at = start
  while (at < end && bytes[at] === 0) at++
  if (at === end) return ''
  return end - start === SPAN_BYTES ? spanHex(bytes, start) : bytes.toString('hex', start, end)
}
