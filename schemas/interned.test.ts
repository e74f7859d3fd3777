import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Interned, type Place } from './interned.ts'

const placeOf = (bytes: Buffer): Place => ({ view: new DataView(bytes.buffer), offset: bytes.byteOffset })

function read(interned: Interned, text: string): string {
  const bytes = Buffer.from(text)
  return interned.text(bytes, 0, bytes.length, placeOf(bytes))
}

describe('interned texts', () => {
  it('are what decoding gives, whatever the bytes and whatever came before', () => {
    const interned = new Interned()
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => Buffer.from(text)), fc.constantFrom('a', 'b', 'key').map((text) => Buffer.from(text)))
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 20 }), (parts) => {
        const all = Buffer.concat(parts)
        for (let start = 0, i = 0; i < parts.length; start += parts[i++]!.length) {
          const end = start + parts[i]!.length
          expect(interned.text(all, start, end, placeOf(all))).toBe(all.toString('utf8', start, end))
        }
      }),
    )
  })

  it('tells texts apart that share a slot', () => {
    const interned = new Interned()
    const texts = Array.from({ length: 20_000 }, (_, number) => `some.attribute.key.${number}.with.a.tail`)
    for (let round = 0; round < 3; round++) expect(texts.filter((text) => read(interned, text) !== text)).toEqual([])
  })
})
