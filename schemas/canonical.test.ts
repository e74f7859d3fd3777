import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuditEvent, blankAuditEvent, exampleAuditEvent } from './audit-event.ts'
import { contentHash, decodeCanonical, encodeCanonical, encodeCanonicals, encodeErased, recordHash, writeHashes } from './canonical.ts'
import { CANONICAL_FIELDS, CANONICAL_ORDERS, COMMITTED_FIELDS, PUBLIC_FIELDS } from './canonical-order.ts'
import { headOf, readHead } from './event-head.ts'

describe('canonical form of an audit event', () => {
  it('has an example that its own schema accepts', () => {
    expect(AuditEvent.parse(exampleAuditEvent)).toEqual(exampleAuditEvent)
  })

  it('gives back what it was given, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.string({ unit: 'binary-ascii' }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom('', 'a'.repeat(32)), (long, short, int, salt) => {
        const event = {
          ...exampleAuditEvent, salt, name: long, links: [short, long], arguments_bytes: int, exporter_peer: long,
          attributes: new Map([[short, { type: 'json' as const, text: long }], ['__proto__', { type: 'string' as const, text: short }]]),
        }
        const canonical = encodeCanonical(event)
        expect(decodeCanonical(canonical.bytes)).toEqual(event)
        expect(readHead(canonical.bytes)).toEqual(headOf(event, canonical.split))
      }),
    )
  })

  it.each(['', exampleAuditEvent.salt])('changes its record hash with the time it was received, and its content hash with content alone (salt %s)', (salt) => {
    const first = encodeCanonical({ ...exampleAuditEvent, salt })
    const later = encodeCanonical({ ...exampleAuditEvent, salt, received_at: 1n })
    expect(contentHash(later)).toBe(contentHash(first))
    expect(recordHash(later)).not.toBe(recordHash(first))
    const forged = encodeCanonical({ ...exampleAuditEvent, salt, arguments: 'forged' })
    expect(contentHash(forged)).not.toBe(contentHash(first))
    expect(recordHash(forged)).not.toBe(recordHash(first))
  })

  it('tells an attribute of type int from the same text as a string', () => {
    const as = (type: 'int' | 'string') => encodeCanonical({ ...exampleAuditEvent, attributes: new Map([['n', { type, text: '5' }]]) })
    expect(contentHash(as('int'))).not.toBe(contentHash(as('string')))
  })

  it('gives records of version 1 the hashes that they were stored with', () => {
    const old = encodeCanonical({ ...exampleAuditEvent, salt: '' })
    expect(old.bytes[0]).toBe(1)
    expect(contentHash(old)).toBe('b60906865642724fe0b180187870b74858bec36e4404940986744972f0147acd')
    expect(recordHash(old)).toBe('a372e4fd6851c3acd1488c872b8eb859c8a0ac4e2b5bffa2703c51218e7e3694')
  })

  it('has the same hashes as digits in bytes, in every version and when it was erased', () => {
    const whole = encodeCanonical(exampleAuditEvent)
    const long = encodeCanonical({ ...exampleAuditEvent, links: Array<string>(400).fill('a link that makes the public part long'), name: 'ü'.repeat(9_000) })
    const old = encodeCanonical({ ...exampleAuditEvent, salt: '' })
    for (const canonical of [whole, long, old, encodeErased(exampleAuditEvent, contentHash(whole))]) {
      expect(writeHashes(canonical).toString('latin1')).toBe(contentHash(canonical) + recordHash(canonical))
      expect(writeHashes(canonical, Buffer.alloc(300, '.'), 100).toString('latin1')).toBe('.'.repeat(100) + contentHash(canonical) + recordHash(canonical) + '.'.repeat(72))
    }
  })

  it('still proves itself when what is personal was blanked, and shows a change of anything else', () => {
    const whole = encodeCanonical(exampleAuditEvent)
    const blank = blankAuditEvent()
    const erased = { ...exampleAuditEvent, ...Object.fromEntries(COMMITTED_FIELDS.map(({ name }) => [name, blank[name]])) }
    expect(recordHash(encodeErased(erased, contentHash(whole)))).toBe(recordHash(whole))
    expect(recordHash(encodeErased(erased, 'f'.repeat(64)))).not.toBe(recordHash(whole))
    for (const { name, kind } of PUBLIC_FIELDS) {
      const value = { text: 'x', int: 77n, flag: !exampleAuditEvent.server_internal, texts: ['x'], map: new Map() }[kind]
      expect(recordHash(encodeErased({ ...erased, [name]: value }, contentHash(whole))), name).not.toBe(recordHash(whole))
    }
  })

  it('hides what it commits to behind a salt that is new for every record, and keeps one that is there', () => {
    const unsalted = { ...exampleAuditEvent, salt: '' }
    const made = encodeCanonicals(Array.from({ length: 3000 }, () => unsalted))
    expect(new Set(made.map((one) => contentHash(one))).size).toBe(3000)
    expect(decodeCanonical(made[0]!.bytes).salt).toMatch(/^[0-9a-f]{32}$/)
    expect(encodeCanonicals([exampleAuditEvent])[0]!.bytes.equals(encodeCanonical(exampleAuditEvent).bytes)).toBe(true)
  })

  it('writes and reads its fields in the order of the version', () => {
    const names = CANONICAL_ORDERS[2].filter(({ name }) => name !== 'salt')
    const source = readFileSync(new URL('./canonical-fields.ts', import.meta.url), 'utf8')
    const written = [...source.matchAll(/writer\.(\w+)\(event\.(\w+)\)/g)].map(([, kind, name]) => ({ name, kind }))
    const read = [...source.matchAll(/(\w+): reader\.(\w+)\(\)/g)].map(([, name, kind]) => ({ name, kind: kind === 'id' ? 'text' : kind === 'repeatedMap' ? 'map' : kind }))
    expect(written).toEqual(names)
    expect(read).toEqual(CANONICAL_ORDERS[2])
    expect([...PUBLIC_FIELDS, ...COMMITTED_FIELDS].map(({ name }) => name).sort()).toEqual(CANONICAL_FIELDS.map(({ name }) => name).sort())
  })

  it('writes every field of an event that differs from the event before in that field alone', () => {
    const other = { text: 'another', int: 77n, flag: !exampleAuditEvent.server_internal, texts: ['files:write'], map: new Map([['key', { type: 'string', text: 'a' }]]) }
    for (const { name, kind } of CANONICAL_FIELDS) {
      const events = [exampleAuditEvent, { ...exampleAuditEvent, [name]: other[kind] }, exampleAuditEvent, exampleAuditEvent]
      expect(encodeCanonicals(events).map(({ bytes }) => bytes), name).toEqual(events.map((event) => encodeCanonical(event).bytes))
    }
  })

  it('writes maps that share some of their keys with the event before, and goes on doing so in further memory', () => {
    const key = (at: number, event: number): string => (at % 3 === 0 ? `${'k'.repeat(at * 3)}${event}` : `${'ü'.repeat(at)}key`)
    const events = Array.from({ length: 200 }, (_, event) => ({
      ...exampleAuditEvent,
      attributes: new Map(Array.from({ length: event % 41 }, (_, at) => [key(at, event % 5), { type: 'string' as const, text: 't'.repeat(at) }])),
    }))
    expect(encodeCanonicals(events).map(({ bytes }) => bytes)).toEqual(events.map((event) => encodeCanonical(event).bytes))
  })

  it('refuses bytes that are cut, changed in version, or continued', () => {
    const { bytes } = encodeCanonical(exampleAuditEvent)
    expect(() => decodeCanonical(bytes.subarray(0, bytes.length - 3))).toThrow(RangeError)
    expect(() => decodeCanonical(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(/after its end/)
    expect(() => decodeCanonical(Buffer.concat([Buffer.from([9]), bytes.subarray(1)]))).toThrow(/version 9/)
  })
})
