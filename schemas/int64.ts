/**
 * 64-bit integers in little-endian bytes, through two halves and a bigint in memory of our own: before Node 22 a DataView's own methods for bigints are
 * calls into the runtime (measured on Node 20: 9 ns to write and 11 to read against 2; on Node 26 it makes no difference).
 */
const whole = new BigInt64Array(1)
const halves = new Int32Array(whole.buffer)
/** Which half is the low one on this machine. */
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1
const HIGH = 1 - LOW

/** Writes the low 64 bits of `value`. Throws RangeError where they do not fit into the view. */
export function writeInt64(view: DataView, at: number, value: bigint): void {
  whole[0] = value
  view.setInt32(at, halves[LOW] as number, true)
  view.setInt32(at + 4, halves[HIGH] as number, true)
}

/** Two's complement. Throws RangeError where the view ends before. */
export function readInt64(view: DataView, at: number): bigint {
  halves[LOW] = view.getInt32(at, true)
  halves[HIGH] = view.getInt32(at + 4, true)
  return whole[0] as bigint
}
