/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82F63B78; RFC 3720 appendix B.4), sixteen bytes a step by tables. Node 20 has no
 * built-in one (zlib's CRC-32 is another polynomial, and comes with Node 22).
 */
const POLYNOMIAL = 0x82f6_3b78
const SLICES = 16

const tables: readonly Int32Array[] = (() => {
  const made = Array.from({ length: SLICES }, () => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    made[0]![byte] = crc
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = made[slice - 1]![byte]!
      made[slice]![byte] = (before >>> 8) ^ made[0]![before & 255]!
    }
  }
  return made
})()
const [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15] = tables as unknown as Int32Array[] & Record<number, Int32Array>

/** CRC-32C of `bytes[from, to)` as an unsigned 32-bit number; `before` continues an earlier one. */
export function crc32c(bytes: Buffer, from = 0, to = bytes.length, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let crc = ~before
  let at = from
  for (; at + 16 <= to; at += 16) {
    const a = view.getInt32(at, true) ^ crc
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    crc = t15![a & 255]! ^ t14![(a >>> 8) & 255]! ^ t13![(a >>> 16) & 255]! ^ t12![a >>> 24]!
      ^ t11![b & 255]! ^ t10![(b >>> 8) & 255]! ^ t9![(b >>> 16) & 255]! ^ t8![b >>> 24]!
      ^ t7![c & 255]! ^ t6![(c >>> 8) & 255]! ^ t5![(c >>> 16) & 255]! ^ t4![c >>> 24]!
      ^ t3![d & 255]! ^ t2![(d >>> 8) & 255]! ^ t1![(d >>> 16) & 255]! ^ t0![d >>> 24]!
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ t0![(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}
