import { expect, it } from 'vitest'
import { lengthOf, writeAscii } from './ascii.ts'

it('writes texts in whatever form they are held, and says where one is not ASCII', () => {
  const flat = Buffer.from('a text of more than a few characters').toString()
  for (const text of ['', 'x', flat, flat.slice(2, 30), `${flat}${flat.length} joined`, '\u0000\u007f']) {
    const bytes = Buffer.alloc(80, 255)
    expect(writeAscii(text, bytes, 3)).toBe(true)
    expect(bytes.toString('latin1', 3, 3 + lengthOf(text))).toBe(text)
    expect([bytes[2], bytes[3 + text.length]]).toEqual([255, 255])
  }
  for (const text of ['ü', 'abc\u0080', '✓ done', '\ud800']) expect(writeAscii(text, Buffer.alloc(20), 0), text).toBe(false)
})
