import { describe, expect, it } from 'vitest'
import { addSeen, nothingSeen, type Seen } from '../../detectors/stats/seen.ts'
import { type AuditEvent, exampleAuditEvent, type KnownEvent } from '../../schemas/audit-event.ts'
import { decodeCanonical, encodeCanonical, HASH_DIGITS } from '../../schemas/canonical.ts'
import type { Envelope, StoredEvent } from '../../schemas/ports.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { judge as judgePrepared, prepared, type Verdicts } from './gate.ts'

const id = (digit: string): string => digit.repeat(32)
let salts = 0
/** Each has a salt of its own, as each delivery has. */
const event = (changes: Partial<AuditEvent> = {}): AuditEvent => ({ ...exampleAuditEvent, salt: String(++salts).padStart(32, '0'), ...changes })
const record = (value: AuditEvent): EventRecord => EventRecord.of(encodeCanonical(value).bytes)
const envelope = (offset: number, ...events: AuditEvent[]): Envelope<EventRecord> => ({ partition: 0, offset, records: events.map(record) })

/** Digits of content hash and record hash. */
const hashesOf = ({ hashes, hashesAt }: StoredEvent): string => hashes.toString('latin1', hashesAt, hashesAt + 2 * HASH_DIGITS)

const judge = (envelopes: readonly Envelope<EventRecord>[], seen: Seen, store: Parameters<typeof judgePrepared>[2]) =>
  judgePrepared(envelopes.map(prepared), seen, store)

/** A table of what is stored, asked as the store is. */
function table() {
  const rows = new Map<string, KnownEvent>()
  const asked: string[][] = []
  return {
    rows, asked,
    keep({ rows: stored, ids }: Verdicts, seen: Seen) {
      stored.forEach((row, index) => rows.set(ids[index] ?? '', {
        ...decodeCanonical(row.bytes), erasure: '',
        partition: row.partition, offset: row.offset, offset_index: row.offsetIndex, content_hash: hashesOf(row).slice(0, HASH_DIGITS), record_hash: hashesOf(row).slice(HASH_DIGITS),
      }))
      for (const one of ids) addSeen(seen, one)
    },
    places: async (_tenant: string, ids: readonly string[]) => {
      asked.push([...ids])
      return new Map(ids.flatMap((one) => (rows.has(one) ? [[one, rows.get(one) as KnownEvent] as const] : [])))
    },
  }
}

describe('identity gate', () => {
  it('stores what is new without asking the store', async () => {
    const store = table()
    const verdicts = await judge([envelope(0, event({ event_id: id('a') }), event({ event_id: id('b') }))], nothingSeen(), store)
    expect(verdicts.ids).toEqual([id('a'), id('b')])
    expect(store.asked).toEqual([])
  })

  it('counts the same record again, in one batch or later, as a duplicate', async () => {
    const store = table()
    const seen = nothingSeen()
    const first = await judge([envelope(0, event(), event({ received_at: 9n }))], seen, store)
    expect([first.rows.length, first.duplicates.length]).toEqual([1, 1])
    store.keep(first, seen)
    const again = await judge([envelope(1, event({ received_at: 7n, exporter_peer: '10.0.0.9' }))], seen, store)
    expect([again.rows.length, again.duplicates.length, again.conflicts.length]).toEqual([0, 1, 0])
  })

  it('keeps another content under an id of its own, once, and leaves the first alone', async () => {
    const store = table()
    const seen = nothingSeen()
    store.keep(await judge([envelope(0, event())], seen, store), seen)
    const forged = event({ arguments: 'ls' })
    const verdicts = await judge([envelope(1, forged)], seen, store)
    expect(verdicts.conflicts).toMatchObject([{ conflict_with: exampleAuditEvent.event_id, arguments: 'ls' }])
    expect(verdicts.ids).not.toContain(exampleAuditEvent.event_id)
    store.keep(verdicts, seen)
    const repeated = await judge([envelope(2, forged, { ...forged, salt: 'f'.repeat(32), received_at: 5n })], seen, store)
    expect([repeated.rows.length, repeated.conflicts.length, repeated.duplicates.length]).toEqual([0, 0, 2])
  })

  it('compares with a record of version 1 as that version does, and never stores again what was erased', async () => {
    const store = table()
    const seen = nothingSeen()
    store.keep(await judge([envelope(0, event({ salt: '' }))], seen, store), seen)
    const again = await judge([envelope(1, event({ received_at: 3n }), event({ tool: 'other' }))], seen, store)
    expect([again.duplicates.length, again.conflicts.length]).toEqual([1, 1])
    store.rows.set(exampleAuditEvent.event_id, { ...(store.rows.get(exampleAuditEvent.event_id) as KnownEvent), salt: '', arguments: '', erasure: 'r' } as KnownEvent)
    const erased = await judge([envelope(2, event({ arguments: 'ls' }))], seen, store)
    expect([erased.rows.length, erased.duplicates.length, erased.conflicts.length]).toEqual([0, 1, 0])
  })

  it('tells a change of what is public from a repetition', async () => {
    const verdicts = await judge([envelope(0, event(), event({ tool: 'other' }), event({ outcome: 'denied' }))], nothingSeen(), table())
    expect([verdicts.rows.length, verdicts.conflicts.length, new Set(verdicts.ids).size]).toEqual([3, 2, 3])
  })

  it('makes the same batch again after a crash in the middle of it', async () => {
    const store = table()
    const seen = nothingSeen()
    const batch = [envelope(4, event({ event_id: id('a') }), event({ event_id: id('b') }), event({ event_id: id('a'), tool: 'other' }))]
    const before = await judge(batch, seen, store)
    store.keep(before, seen)
    store.rows.delete(id('b'))
    const after = await judge(batch, seen, store)
    expect(after.rows.map(hashesOf)).toEqual(before.rows.map(hashesOf))
  })

  it('asks and is not misled when the filter only thinks that it has seen an id', async () => {
    const store = table()
    const seen = nothingSeen()
    addSeen(seen, exampleAuditEvent.event_id)
    const verdicts = await judge([envelope(0, event())], seen, store)
    expect(store.asked).toEqual([[exampleAuditEvent.event_id]])
    expect(verdicts.rows.length).toBe(1)
  })

  it('sets bytes apart that are no record, and passes over ticks', async () => {
    const verdicts = await judge(
      [{ partition: 0, offset: 3, records: [EventRecord.tick(1n), EventRecord.of(Buffer.from([1, 2, 3])), record(event())] }], nothingSeen(), table(),
    )
    expect(verdicts.unreadable).toMatchObject([{ offset: 3, offsetIndex: 1 }])
    expect(verdicts.rows).toMatchObject([{ offset: 3, offsetIndex: 2 }])
  })
})
