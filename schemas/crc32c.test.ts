import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'

const bitwise = (bytes: Buffer): number => {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  }
  return ~crc >>> 0
}

test('agrees with the published vectors (RFC 3720 appendix B.4)', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa)
  expect(crc32c(Buffer.alloc(32, 255))).toBe(0x62a8_ab43)
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, at) => at)))).toBe(0x46dd_794e)
})

test('agrees with the bit-by-bit definition, at any place and in parts', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
    const all = Buffer.from(bytes)
    const from = Math.min(a, all.length)
    const to = Math.max(from, Math.min(b, all.length))
    expect(crc32c(all, from, to)).toBe(bitwise(all.subarray(from, to)))
    expect(crc32c(all, to, all.length, crc32c(all, 0, to))).toBe(bitwise(all))
  }))
})
