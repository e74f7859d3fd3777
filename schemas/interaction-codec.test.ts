import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { blankInteraction, exampleInteraction, Interaction } from './interaction.ts'
import { interactions, writtenInteractions } from './topics.ts'

const { codec } = interactions

const text = fc.string({ unit: 'grapheme', maxLength: 60 })
const count = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const record = fc.record({
  tool: text, arguments: fc.oneof(text, fc.nat(20_000).map((length) => 'ä'.repeat(length))), started_at: count, result_bytes: count, version: fc.integer({ min: 1 }),
  scopes: fc.array(text, { maxLength: 3 }), delegation: fc.array(text, { maxLength: 9 }), client_asn: fc.nat(4_294_967_295), rounds: fc.integer({ min: 1, max: 65_535 }), argument_sources: fc.array(fc.tuple(text, text), { maxLength: 4 }).map((entries) => new Map(entries)), server_internal: fc.boolean(),
}).map((some): Interaction => ({ ...blankInteraction(), ...some }))

describe('codec of topic interactions', () => {
  it('gives back what it was given', () => {
    expect(codec.decode(codec.encode([exampleInteraction]))).toEqual([exampleInteraction])
    fc.assert(fc.property(fc.array(record, { maxLength: 5 }), (records) => {
      expect(codec.decode(codec.encode(records))).toEqual(records)
    }))
  })

  it('writes and reads its fields in the order of the schema', () => {
    const source = readFileSync(new URL('./interaction-fields.ts', import.meta.url), 'utf8')
    const written = [...source.matchAll(/record\.(\w+)/g)].map(([, name]) => name)
    const read = [...source.matchAll(/^ {4}(\w+): .*reader/gm)].map(([, name]) => name)
    expect(written).toEqual(Object.keys(Interaction.shape))
    expect(read).toEqual(Object.keys(Interaction.shape))
  })

  it('reads envelopes of before this format', () => {
    const older = new Packr({ useRecords: true, mapsAsObjects: false, int64AsType: 'bigint' }).pack([exampleInteraction, exampleInteraction])
    expect(codec.decode(older)).toEqual([exampleInteraction, exampleInteraction])
    expect(writtenInteractions.codec.decode(older)[1]).toEqual({ interaction: exampleInteraction, bytes: undefined })
  })

  it('reads envelopes of the format before, whose records end with merged_into', () => {
    const whole = codec.encode([{ ...exampleInteraction, merged_into: 'last of the first format' }])
    const older = Buffer.from(whole.subarray(0, whole.indexOf('last of the first format') + 'last of the first format'.length))
    older[0] = 1
    const read = { ...exampleInteraction, merged_into: 'last of the first format' }
    expect(codec.decode(older)).toEqual([read])
    // Their bytes are not what is written today.
    expect(writtenInteractions.codec.decode(older)).toEqual([{ interaction: read, bytes: undefined }])
  })

  it('refuses bytes that are cut or continued', () => {
    const whole = codec.encode([exampleInteraction])
    for (let length = 1; length < whole.length; length++) expect(() => codec.decode(whole.subarray(0, length)), `${length}`).toThrow(RangeError)
    expect(() => codec.decode(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow(RangeError)
  })
})
