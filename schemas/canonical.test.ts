import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuditEvent, blankAuditEvent, exampleAuditEvent } from './audit-event.ts'
import { CANONICAL_FIELDS, contentHash, decodeCanonical, encodeCanonical, recordHash } from './canonical.ts'
import { headOf, readHead } from './event-head.ts'

describe('canonical form of an audit event', () => {
  it('has an example that its own schema accepts', () => {
    expect(AuditEvent.parse(exampleAuditEvent)).toEqual(exampleAuditEvent)
  })

  it('gives back what it was given, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.string({ unit: 'binary-ascii' }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (long, short, int) => {
        const event = {
          ...exampleAuditEvent, name: long, links: [short, long], arguments_bytes: int, exporter_peer: long,
          attributes: new Map([[short, { type: 'json' as const, text: long }], ['__proto__', { type: 'string' as const, text: short }]]),
        }
        const canonical = encodeCanonical(event)
        expect(decodeCanonical(canonical.bytes)).toEqual(event)
        expect(readHead(canonical.bytes)).toEqual(headOf(event, canonical.contentLength))
      }),
    )
  })

  it('changes its record hash with every field, and its content hash with content alone', () => {
    const first = encodeCanonical(exampleAuditEvent)
    const later = encodeCanonical({ ...exampleAuditEvent, received_at: 1n })
    expect(contentHash(later)).toBe(contentHash(first))
    expect(recordHash(later)).not.toBe(recordHash(first))
    const forged = encodeCanonical({ ...exampleAuditEvent, tool: 'list_files' })
    expect(contentHash(forged)).not.toBe(contentHash(first))
  })

  it('tells an attribute of type int from the same text as a string', () => {
    const as = (type: 'int' | 'string') => encodeCanonical({ ...blankAuditEvent(), attributes: new Map([['n', { type, text: '5' }]]) })
    expect(contentHash(as('int'))).not.toBe(contentHash(as('string')))
  })

  it('writes and reads its fields in the order of the schema', () => {
    const source = readFileSync(new URL('./canonical-fields.ts', import.meta.url), 'utf8')
    const written = [...source.matchAll(/writer\.(\w+)\(event\.(\w+)\)/g)].map(([, kind, name]) => ({ name, kind: kind === 'sharedMap' ? 'map' : kind }))
    const read = [...source.matchAll(/(\w+): reader\.(\w+)\(\)/g)].map(([, name, kind]) => ({ name, kind: kind === 'id' ? 'text' : kind === 'repeatedMap' ? 'map' : kind }))
    expect(written).toEqual(CANONICAL_FIELDS)
    expect(read).toEqual(CANONICAL_FIELDS)
  })

  it('refuses bytes that are cut, changed in version, or continued', () => {
    const { bytes } = encodeCanonical(exampleAuditEvent)
    expect(() => decodeCanonical(bytes.subarray(0, bytes.length - 3))).toThrow(RangeError)
    expect(() => decodeCanonical(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(/after its end/)
    expect(() => decodeCanonical(Buffer.concat([Buffer.from([9]), bytes.subarray(1)]))).toThrow(/version 9/)
  })
})
