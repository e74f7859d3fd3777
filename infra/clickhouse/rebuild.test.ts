import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ATTRIBUTE_TYPES, type AuditEvent, blankAuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { contentHash, encodeCanonical, recordHash, writeHashes } from '../../schemas/canonical.ts'
import { CANONICAL_FIELDS, COMMITTED_FIELDS } from '../../schemas/canonical-order.ts'
import { EVENT_COLUMNS } from './native-events.ts'
import { isErased, recordFromRow } from './rebuild.ts'
import { openStore } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-rebuild-'))
const store = openStore({ directory, readers: 1 })
beforeAll(() => store.migrate())
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 10 }), fc.constant('x'.repeat(300)), fc.constant('\0\\N'))
const int = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)))
const attributes = fc.array(fc.tuple(text, fc.record({ type: fc.constantFrom(...ATTRIBUTE_TYPES), text })), { maxLength: 5 }).map((entries) => new Map(entries))
const byKind = { text, int, flag: fc.boolean(), texts: fc.array(text, { maxLength: 4 }), map: attributes } as const
const anyEvent = fc.record(Object.fromEntries(CANONICAL_FIELDS.map(({ name, kind }) => [name, byKind[kind] as fc.Arbitrary<unknown>]))) as unknown as fc.Arbitrary<AuditEvent>

it('gives back the canonical bytes and both hashes of whatever was stored, from its columns alone', async () => {
  let batch = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(anyEvent, fc.constantFrom(blankAuditEvent(), exampleAuditEvent)), { minLength: 1, maxLength: 12 }), async (events) => {
      const partition = ++batch
      const stored = events.map((event, offset) => {
        const canonical = encodeCanonical(event)
        return { bytes: canonical.bytes, partition, offset: offset * 2 ** 40, offsetIndex: offset, hashes: writeHashes(canonical), hashesAt: 0 }
      })
      await store.insertEvents(stored, `batch ${batch}`)
      const rows = await store.query('SELECT * FROM watchkeeper.audit_events WHERE partition = {partition:UInt32} ORDER BY offset', { partition })
      expect(rows.length).toBe(stored.length)
      for (const [i, row] of rows.entries()) {
        const rebuilt = recordFromRow(row)
        expect(rebuilt.bytes.equals(stored[i]?.bytes ?? Buffer.alloc(0))).toBe(true)
        expect(recordHash(rebuilt)).toBe(row['record_hash'])
        expect(contentHash(rebuilt)).toBe(row['content_hash'])
      }
    }),
    { numRuns: 25 },
  )
})

it('finds a row that was altered in any single column', async () => {
  const canonical = encodeCanonical({ ...exampleAuditEvent, resource_attributes: exampleAuditEvent.attributes })
  const hash = recordHash(canonical)
  await store.insertEvents([{ bytes: canonical.bytes, partition: 0, offset: 0, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 }], 'altered')
  const [row] = await store.query('SELECT * FROM watchkeeper.audit_events WHERE partition = 0')
  const alter = (column: string): unknown => {
    const value = row?.[column]
    if (typeof value === 'bigint') return value + 1n
    if (typeof value === 'boolean') return !value
    if (Array.isArray(value)) return value.map(() => 'int').concat(column.endsWith('types') ? [] : ['x'])
    if (value instanceof Map) return new Map([...(value as Map<string, string>)].map(([key, text]) => [key, `${text}!`]))
    return `${String(value)}!`
  }
  expect(recordHash(recordFromRow(row ?? {}))).toBe(hash)
  for (const column of EVENT_COLUMNS.slice(0, -5)) expect(recordHash(recordFromRow({ ...row, [column]: alter(column) }))).not.toBe(hash)
})

it('gives an erased row the hashes that it had, and a changed one others', async () => {
  const canonical = encodeCanonical({ ...exampleAuditEvent, event_id: 'e'.repeat(32), resource_attributes: exampleAuditEvent.attributes })
  await store.insertEvents([{ bytes: canonical.bytes, partition: 9999, offset: 0, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 }], 'erased')
  const [row = {}] = await store.query('SELECT * FROM watchkeeper.audit_events WHERE partition = 9999')
  expect(isErased(row)).toBe(false)
  const blank: Record<string, unknown> = { ...blankAuditEvent(), attribute_types: [], resource_attribute_types: [] }
  const names = COMMITTED_FIELDS.flatMap(({ name, kind }) => (kind === 'map' ? [name, name.replace(/s$/, '_types')] : [name]))
  const erased = { ...row, ...Object.fromEntries(names.map((name) => [name, blank[name]])), erasure: 'r' }
  expect([recordHash(recordFromRow(erased)), contentHash(recordFromRow(erased))]).toEqual([row['record_hash'], row['content_hash']])
  expect(recordHash(recordFromRow({ ...erased, tool: 'another' }))).not.toBe(row['record_hash'])
  expect(recordHash(recordFromRow({ ...erased, erasure: '' }))).not.toBe(row['record_hash'])
})
