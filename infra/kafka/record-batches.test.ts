import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../schemas/crc32c.ts'
import { checkRecordBatches } from './record-batches.ts'

/** A batch as it lies on a broker's disk; only what is behind the checksum counts here: its attributes, which end with the number of a codec, and the rest. */
function batch(rest: Buffer, codec = 0): Buffer {
  const body = Buffer.concat([Buffer.from([0, codec]), rest])
  const header = Buffer.alloc(21)
  header.writeInt32BE(9 + body.length, 8)
  header.writeInt8(2, 16)
  header.writeUInt32BE(crc32c(body), 17)
  return Buffer.concat([header, body])
}

/** An answer to a fetch, version 11, with one aborted transaction in every partition. */
function answer(partitions: readonly (readonly Buffer[])[]): Buffer {
  const int32 = (value: number): Buffer => {
    const out = Buffer.alloc(4)
    out.writeInt32BE(value)
    return out
  }
  const parts = partitions.map((batches) => {
    const records = Buffer.concat(batches)
    return Buffer.concat([Buffer.alloc(30), int32(1), Buffer.alloc(16), int32(-1), int32(records.length), records])
  })
  return Buffer.concat([Buffer.alloc(10), int32(1), Buffer.from([0, 1, 0x74]), int32(parts.length), ...parts])
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((array) => Buffer.from(array))

test('whole batches pass, also when the last is cut off; one changed byte of a batch does not', () => {
  fc.assert(fc.property(fc.array(fc.array(bytes, { maxLength: 3 }), { minLength: 1, maxLength: 3 }), bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (bodies, last, at, by) => {
    const partitions = bodies.map((each) => each.map((rest) => batch(rest)))
    const cut = batch(last).subarray(0, 21 + (at % (last.length + 2)))
    expect(() => checkRecordBatches(answer([...partitions, [cut]]))).not.toThrow()
    const damaged = batch(last)
    const place = 17 + (at % (damaged.length - 17))
    damaged[place] = damaged[place]! ^ by
    expect(() => checkRecordBatches(answer([...partitions, [damaged]]))).toThrow(RangeError)
  }))
})

test('an answer that ends early, or a batch that says it has no length, is no answer', () => {
  const whole = answer([[batch(Buffer.from('abc'))]])
  expect(() => checkRecordBatches(whole.subarray(0, whole.length - 1))).toThrow(RangeError)
  expect(() => checkRecordBatches(whole.subarray(0, 12))).toThrow(RangeError)
  const empty = batch(Buffer.from('abc'))
  empty.writeInt32BE(0, 8)
  expect(() => checkRecordBatches(answer([[empty, batch(Buffer.from('abc'))]]))).toThrow(RangeError)
})

test('what is compressed in a way that is not known here is no damage', () => {
  expect(() => checkRecordBatches(answer([[batch(Buffer.from('abc'), 1)]]))).not.toThrow()
  for (const [codec, name] of [[2, 'snappy'], [3, 'lz4'], [5, 'number 5']] as const) {
    expect(() => checkRecordBatches(answer([[batch(Buffer.from('abc')), batch(Buffer.from('abc'), codec)]])))
      .toThrow(expect.objectContaining({ kind: 'misconfigured', message: expect.stringContaining(`compressed with ${name}`) as string }) as Error)
  }
})
