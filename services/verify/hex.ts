/** Lower-case hex digits to bytes, in loops that make no strings: hashes of every row go through here. */

const VALUES = Uint8Array.from({ length: 256 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)) & 255)

/** Writes the bytes that `digits` stand for; false where they are not `2 * into.length` lower-case hex digits. */
export function hexInto(digits: string, into: Buffer): boolean {
  if (digits.length !== 2 * into.length) return false
  for (let at = 0; at < into.length; at++) {
    const high = VALUES[digits.charCodeAt(2 * at) & 255] as number
    const low = VALUES[digits.charCodeAt(2 * at + 1) & 255] as number
    if (high > 15 || low > 15) return false
    into[at] = high * 16 + low
  }
  return true
}
