import { expect, it } from 'vitest'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import { PackedCursor, packRecord } from '../../schemas/packed-record.ts'
import { BLANKED_PEER, Origins } from './origins.ts'

const packed = (fields: Partial<typeof exampleAuditEvent>, erasure = ''): Buffer => {
  const canonical = encodeCanonical({ ...exampleAuditEvent, salt: 'a'.repeat(32), ...fields })
  return packRecord({ bytes: canonical.bytes, partition: 0, offset: 7, offsetIndex: 1, hashes: writeHashes(canonical), hashesAt: 0 }, erasure)
}

function counted(...rows: readonly Buffer[]): Record<string, number> {
  const bytes = Buffer.concat(rows)
  const cursor = new PackedCursor(bytes)
  const origins = new Origins()
  while (cursor.next()) origins.add(cursor, bytes)
  return Object.fromEntries(origins.counts())
}

it('counts rows by tenant, transport and credential, and by address where there is none', () => {
  const known = packed({ tenant: 'a', transport: 't', credential: 'token:x', exporter_peer: '10.0.0.1' })
  const moved = packed({ tenant: 'a', transport: 't', credential: 'token:x', exporter_peer: '10.0.0.2' })
  const unknown = packed({ tenant: 'a', transport: 't', credential: '', exporter_peer: '10.0.0.1' })
  const blanked = packed({ tenant: 'a', transport: 't', credential: '', exporter_peer: '' }, 'removal')
  const old = packed({ tenant: 'a', transport: 't', salt: '', exporter_peer: 'token:x' })
  expect(counted(known, unknown, known, moved, old, unknown, blanked)).toEqual({ 'a\nt\ntoken:x\n': 3, 'a\nt\n\n10.0.0.1': 2, 'a\nt\n\ntoken:x': 1, [`a\nt\n\n${BLANKED_PEER}`]: 1 })
})

it('proves with the same hashes as are made of texts, and sees any stored digit that is another', () => {
  for (const row of [packed({}), packed({ salt: '' }), packed({ salt: '' }, 'removal'), packed({ arguments: 'x'.repeat(9_000), tool: 'ü'.repeat(80) })]) {
    const cursor = new PackedCursor(row)
    expect(cursor.next()).toBe(true)
    const into = Buffer.alloc(40)
    const said = cursor.prove(into, 8)
    expect(into.toString('hex', 8)).toBe(cursor.hashes().record)
    expect(said).toBe(cursor.hashes().record === cursor.storedRecordHash && cursor.hashes().content === cursor.storedContentHash)
    for (const at of [17, 80, 82, 145]) {
      const other = Buffer.from(row)
      other[at] = other[at] === 48 ? 49 : 48
      const changed = new PackedCursor(other)
      changed.next()
      expect(changed.prove(into, 8), String(at)).toBe(false)
    }
  }
})
