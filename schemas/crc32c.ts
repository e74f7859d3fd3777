/** CRC-32C (Castagnoli; RFC 3720 appendix B.4): what our own files and envelopes carry. Node has none: zlib's CRC-32 is another polynomial. */
import { crc32c as digest } from '@node-rs/crc32'

/** CRC-32C of `bytes[from, to)` as an unsigned 32-bit number; `before` continues an earlier one. */
export const crc32c = (bytes: Buffer, from = 0, to = bytes.length, before = 0): number => digest(bytes.subarray(from, to), before)
