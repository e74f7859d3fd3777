/** Lower-case hex digits to bytes, in loops that make no strings: the identity of every row goes through here. */

const VALUES = Uint8Array.from({ length: 256 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)) & 255)

/** Where digits stand as ASCII. */
export interface Digits {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/** Writes the `length` bytes that the digits stand for to the start of `into`; false where they are not twice as many lower-case hex digits. */
export function hexInto({ bytes, from, to }: Digits, into: Uint8Array, length: number): boolean {
  if (to - from !== 2 * length) return false
  for (let at = 0; at < length; at++) {
    const high = VALUES[bytes[from + 2 * at] as number] as number
    const low = VALUES[bytes[from + 2 * at + 1] as number] as number
    if (high > 15 || low > 15) return false
    into[at] = high * 16 + low
  }
  return true
}
