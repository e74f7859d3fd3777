import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, blankAuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import { CANONICAL_FIELDS } from '../../schemas/canonical-order.ts'
import { NOTHING_SAID, SAID_KEY, saidAttribute } from '../../schemas/said-identity.ts'
import { observationOf } from './observation.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.replaceAll(/\p{Surrogate}/gu, ''))
const attributes = fc.array(fc.tuple(text, fc.record({ type: fc.constantFrom('string' as const, 'int' as const), text })), { maxLength: 6 }).map((entries) => new Map(entries))
const OF_KIND = { text, int: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), flag: fc.boolean(), texts: fc.array(text, { maxLength: 3 }), map: attributes }

/** Every field has a value of its own, so that reading one in the place of another shows. */
const event = fc.record(Object.fromEntries(CANONICAL_FIELDS.map(({ name, kind }) => [name, OF_KIND[kind]]))).map((fields) => ({ ...blankAuditEvent(), ...fields }) as AuditEvent)

const comparable = (fields: Partial<AuditEvent>) => ({
  ...fields, attributes: [...(fields.attributes ?? [])], resource_attributes: [...(fields.resource_attributes ?? [])],
})

describe('observationOf', () => {
  it('says of a record what the record says', () => {
    fc.assert(fc.property(event, (whole) => {
      const observation = observationOf(encodeCanonical(whole).bytes)
      const expected = Object.fromEntries(Object.keys(observation).map((name) => [name, { ...whole, ...NOTHING_SAID }[name as keyof AuditEvent]]))
      expect(comparable(observation)).toEqual(comparable(expected))
    }))
  })

  it('says what the collector wrote down beside its fields', () => {
    const attributes = new Map([[SAID_KEY, saidAttribute({ delegation: ['b', 'a'], delegation_source: 'jwt.act', delegation_trust: 'verified' })]])
    expect(observationOf(encodeCanonical({ ...exampleAuditEvent, attributes }).bytes)).toMatchObject({ delegation: ['b', 'a'], delegation_trust: 'verified', caller_tenant: '' })
    for (const text of ['', 'null', '[]', '{"delegation":', '{"delegation":"a","delegation_trust":"much","caller_tenant":7}']) {
      expect(observationOf(encodeCanonical({ ...exampleAuditEvent, attributes: new Map([[SAID_KEY, { type: 'json' as const, text }]]) }).bytes)).toMatchObject(NOTHING_SAID)
    }
  })

  it('finds attributes without making them all, and makes them all when asked', () => {
    const sent = new Map([['a', { type: 'string' as const, text: '1' }], ['gen_ai.tool.name', { type: 'string' as const, text: 'x'.repeat(300) }], ['n', { type: 'int' as const, text: '5' }]])
    const { attributes: read } = observationOf(encodeCanonical({ ...exampleAuditEvent, attributes: sent }).bytes)
    expect([read.size, read.has('n'), read.has('m'), read.get('gen_ai.tool.name')?.text.length, read.get('n')]).toEqual([3, true, false, 300, { type: 'int', text: '5' }])
    expect([...read]).toEqual([...sent])
    expect([[...read.keys()], [...read.values()].length, read.get('a')?.text]).toEqual([['a', 'gen_ai.tool.name', 'n'], 3, '1'])
    const seen: string[] = []
    read.forEach((_, key) => seen.push(key))
    expect(seen).toEqual(['a', 'gen_ai.tool.name', 'n'])
  })

  it('refuses bytes that are cut, changed in version, or continued', () => {
    const { bytes } = encodeCanonical(exampleAuditEvent)
    for (let length = 0; length < bytes.length; length++) expect(() => observationOf(bytes.subarray(0, length)), `${length}`).toThrow(RangeError)
    expect(() => observationOf(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(RangeError)
  })
})
