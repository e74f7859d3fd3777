import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exampleAuditEvent } from './audit-event.ts'
import { encodeCanonical } from './canonical.ts'
import { BLANK_CASE, exampleFinding, type Finding } from './finding.ts'
import { EventRecord, events, findings } from './topics.ts'

const eventsOf = (names: readonly string[]) => names.map((name) => ({ ...exampleAuditEvent, name }))

/** The layout as it is documented, made the plain way. */
const envelopeOf = (records: readonly EventRecord[]): Buffer =>
  Buffer.concat(records.flatMap(({ bytes, tickAt }) => {
    const head = Buffer.alloc(4)
    head.writeUInt32LE(bytes?.length ?? 0xffff_ffff)
    const tick = Buffer.alloc(8)
    tick.writeBigInt64LE(tickAt)
    return [head, bytes ?? tick]
  }))

describe('codec of topic events', () => {
  it('writes the same envelope whatever memory the records stand in, and reads it back', () => {
    const name = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.nat(40_000).map((length) => 'n'.repeat(length)))
    const picks = fc.array(fc.tuple(fc.nat(), fc.constantFrom('together', 'alone', 'tick')), { maxLength: 30 })
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 20 }), picks, fc.boolean(), (names, picked, whole) => {
        const sent = eventsOf(names)
        const together = EventRecord.together(sent)
        for (const [i, { bytes }] of together.entries()) expect(bytes?.equals(encodeCanonical(sent[i]!).bytes)).toBe(true)
        const alone = sent.map((event) => EventRecord.of(encodeCanonical(event).bytes))
        const mixed = picked.map(([n, from]) => from === 'tick' ? EventRecord.tick(BigInt(n)) : (from === 'alone' ? alone : together)[n % names.length]!)
        const records = whole ? together : mixed
        const envelope = events.codec.encode(records)
        expect(envelope.equals(envelopeOf(records))).toBe(true)
        expect(events.codec.lend?.(records).equals(envelope)).toBe(true)
        const read = events.codec.decode(envelope)
        expect(envelopeOf(read).equals(envelope)).toBe(true)
        expect(read.map(({ event }) => event?.name)).toEqual(records.map(({ event }) => event?.name))
      }),
    )
  })

  it('takes records that came together as they stand, but keeps no memory that is mostly of others', () => {
    const records = EventRecord.together(eventsOf(['a', 'b', 'c', 'd']))
    expect(events.codec.encode(records).buffer).toBe(records[0]?.bytes?.buffer)
    expect(events.codec.encode(records.slice(0, 1)).buffer).not.toBe(records[0]?.bytes?.buffer)
  })

  it('lends an envelope in memory that the next one is in', () => {
    const alone = ['a', 'b'].map((name) => eventsOf([name])).map(([event]) => EventRecord.of(encodeCanonical(event!).bytes))
    const [first, second] = alone.map((record) => events.codec.lend!([record]))
    expect(first!.buffer).toBe(second!.buffer)
    expect(events.codec.encode([alone[0]!]).buffer).not.toBe(first!.buffer)
  })

  it('cuts the memory of many records, so that none keeps all of it', () => {
    const records = EventRecord.together(eventsOf(Array.from({ length: 1000 }, () => 'x'.repeat(1000))))
    const sizes = new Map(records.map(({ bytes }) => [bytes?.buffer, bytes?.buffer.byteLength ?? 0]))
    expect(sizes.size).toBeGreaterThan(5)
    expect(Math.max(...sizes.values())).toBeLessThan(140 * 1024)
  })
})

describe('codec of topic findings', () => {
  it('reads back what it wrote, and gives records of before they argued their case what they lack', () => {
    expect(findings.codec.decode(findings.codec.encode([exampleFinding]))).toEqual([exampleFinding])
    const older = Object.fromEntries(Object.entries(exampleFinding).filter(([name]) => !Object.hasOwn(BLANK_CASE, name)))
    expect(findings.codec.decode(findings.codec.encode([older as unknown as Finding]))).toEqual([{ ...exampleFinding, ...BLANK_CASE }])
  })
})
