import { expect, it } from 'vitest'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import type { EvidenceSource, Places } from '../../schemas/evidence.ts'
import { packLeaf } from '../../schemas/packed-leaf.ts'
import { FIELD, PackedCursor } from '../../schemas/packed-record.ts'
import { events, EventRecord } from '../../schemas/topics.ts'
import { logEvidence } from './log-evidence.ts'

const idOf = (number: number): string => number.toString(16).padStart(32, '0')
const bytesOf = (number: number): Buffer => encodeCanonical({ ...exampleAuditEvent, salt: 'a'.repeat(32), event_id: idOf(number) }).bytes
const none = async function* (): AsyncGenerator<never> {}

interface Made {
  /** Records of the envelope at each offset. */
  readonly envelopes: readonly (readonly Buffer[])[]
  /** offset, place and id of each leaf. */
  readonly leaves: readonly (readonly [number, number, string])[]
  readonly first?: number
}

/** The log of one partition, and the ranges of which leaves were asked for. */
function made({ envelopes, leaves, first = 0 }: Made): { readonly source: EvidenceSource; readonly asked: string[] } {
  const asked: string[] = []
  const packed = (from: number, next: number): Buffer[] => leaves.flatMap(([offset, offsetIndex, id], index) => (offset < from || offset >= next ? []
    : [packLeaf({ index, offset, offsetIndex, eventId: Buffer.from(id, 'hex'), recordHash: Buffer.alloc(32), tenant: 't' })]))
  const tables: EvidenceSource = {
    name: 'made', tenants: undefined, keeps: 'all', mostRanges: 9, notes: () => [], faults: () => [], close: async () => undefined, find: async () => undefined, anchored: async () => [],
    removals: async () => [], gaps: async () => [], checkpoints: none, rows: none, dropped: none, rowsWithin: none, pieces: async () => [],
    partitions: async () => new Map([[0, leaves.length]]),
    async* leaves() { asked.push('all'); yield* packed(0, envelopes.length) },
    async* leavesWithin({ first: from, next }: Places) { asked.push(`${from}-${next}`); yield* packed(from, next) },
  }
  const log = {
    bounds: async () => new Map([[0, { first, next: envelopes.length }]]),
    async* envelopes(_: number, from: number, next: number) {
      for (let offset = from; offset < next; offset++) yield { offset, payload: events.codec.encode((envelopes[offset] ?? []).map((bytes) => EventRecord.of(bytes))) }
    },
  }
  return { source: logEvidence({ tables, log, directory: 'here', decode: (payload) => events.codec.decode(payload) }), asked }
}

async function recordsOf(source: EvidenceSource): Promise<{ readonly chunks: number; readonly records: string[] }> {
  const records: string[] = []
  let chunks = 0
  for (const piece of await source.pieces()) {
    for await (const chunk of source.rows(piece)) {
      chunks++
      const cursor = new PackedCursor(chunk)
      while (cursor.next()) records.push(`${cursor.offset}/${cursor.offsetIndex} ${Number(`0x${cursor.text(FIELD.event_id)}`)} ${cursor.text(FIELD.conflict_with).replace(/^0+/, '')}`)
      expect(cursor.rest).toBe(chunk.length)
    }
  }
  return { chunks, records }
}

it('gives what has a leaf under the identity of that leaf, and nothing of what is no record', async () => {
  const cut = bytesOf(5).subarray(0, -3)
  const { source } = made({
    envelopes: [[bytesOf(1), bytesOf(2), bytesOf(1)], [cut, bytesOf(3)], [bytesOf(2)], [Buffer.concat([bytesOf(4), Buffer.from('x')]), Buffer.from([9])]],
    leaves: [[0, 0, idOf(1)], [0, 1, idOf(2)], [1, 0, idOf(5)], [1, 1, idOf(3)], [2, 0, idOf(7)], [3, 0, idOf(4)], [3, 1, idOf(8)]],
  })
  // The third of the first envelope is a repetition without a leaf; that at offset 2 claimed the identity of another, and was stored under its own.
  expect((await recordsOf(source)).records).toEqual(['0/0 1 ', '0/1 2 ', '1/1 3 ', '2/0 7 2'])
})

it('gives small envelopes together, and asks for few leaves once', async () => {
  const envelopes = Array.from({ length: 3_000 }, (_, offset) => [bytesOf(offset + 1)])
  const { source, asked } = made({ envelopes, leaves: envelopes.map((_, offset) => [offset, 0, idOf(offset + 1)]) })
  const { chunks, records } = await recordsOf(source)
  expect(records).toHaveLength(3_000)
  expect(chunks).toBeLessThan(30)
  expect(asked).toEqual(['0-400', '400-2000', '2000-2400', '2400-3000'])
})

it('looks for leaves of what the log let go of only where it let go of something', async () => {
  const shape = { envelopes: [[bytesOf(1)], [bytesOf(2)]], leaves: [[0, 0, idOf(1)], [1, 0, idOf(2)]] as const }
  for (const [first, dropped] of [[0, 0], [1, 1]] as const) {
    const { source, asked } = made({ ...shape, first })
    let bytes = 0
    for await (const chunk of source.dropped()) bytes += chunk.length
    expect([bytes > 0 ? 1 : 0, asked.length]).toEqual([dropped, dropped])
  }
})
