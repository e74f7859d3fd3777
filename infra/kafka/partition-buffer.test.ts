import { expect, test } from 'vitest'
import type { FetchedMessage } from './client.ts'
import { PartitionBuffer } from './partition-buffer.ts'

const message = (offset: number, text = `value ${offset}`): FetchedMessage => ({ offset: String(offset), value: Buffer.from(text) })
const fetched = (messages: readonly FetchedMessage[], highWatermark = 1000, logStart = 0) =>
  ({ partition: 0, highWatermark: String(highWatermark), lastStartOffset: String(logStart), messages })

function open(at: number, limit = 1e9): PartitionBuffer {
  const buffer = new PartitionBuffer({ used: 0, limit }, 1e6)
  buffer.seek(at)
  return buffer
}

/** All that comes out: offsets, and gaps as `first-next cause`. */
function out(buffer: PartitionBuffer): (number | string)[] {
  const all: (number | string)[] = []
  for (let items = buffer.take(1e9); items.length > 0; items = buffer.take(1e9)) {
    for (const item of items) all.push(item.kind === 'message' ? item.message.offset : `${item.gap.first}-${item.gap.next} ${item.gap.cause}`)
  }
  return all
}

test('what comes before the asked offset is dropped, what is missing between is a gap, marks of transactions are none', () => {
  const buffer = open(5)
  buffer.add(fetched([message(3), message(4), message(5), { offset: '6', value: null, isControlRecord: true }, message(7), message(10)]), 5, true)
  expect(out(buffer)).toEqual([5, 7, '8-10 missing', 10])
  expect(buffer.expected).toBe(11)
})

test('an answer to an older question is no answer', () => {
  const buffer = open(5)
  buffer.add(fetched([message(5)]), 5, true)
  buffer.add(fetched([message(5), message(6)]), 5, true)
  expect(out(buffer)).toEqual([5])
})

test('a message without a value is none of ours; its neighbours are served', () => {
  const buffer = open(0)
  buffer.add(fetched([message(0), { offset: '1', value: null }, message(2)]), 0, true)
  expect(out(buffer)).toEqual([0, '1-2 undecodable', 2])
})

test('what retention took, and a start behind the end', () => {
  const behind = open(2)
  expect(behind.outOfRange({ first: 6, end: 9 })).toBe(true)
  expect([out(behind), behind.expected]).toEqual([['2-6 retention'], 6])
  const ahead = open(500)
  expect(ahead.outOfRange({ first: 3, end: 9 })).toBe(true)
  expect([out(ahead), ahead.expected]).toEqual([['9-500 missing'], 3])
  expect(open(5).outOfRange({ first: 3, end: 9 })).toBe(false)
})

test('a batch that cannot be read is looked past, first alone and then offset by offset, and is one gap', () => {
  const buffer = open(10)
  buffer.unreadable(false)
  expect(buffer.suspect).toBe(true)
  for (let at = 0; at < 2; at++) buffer.unreadable(true)
  expect(buffer.fetchAt).toBe(11)
  buffer.unreadable(true)
  buffer.add(fetched([]), 12, true)
  expect(buffer.fetchAt).toBe(13)
  buffer.add(fetched([message(13), message(14)]), 13, true)
  expect([out(buffer), buffer.suspect]).toEqual([['10-13 damaged', 13, 14], false])
})

test('nothing new is no damage; damage up to the end is a gap up to the end', () => {
  const quiet = open(10)
  for (let at = 0; at < 10; at++) quiet.add(fetched([], 10), 10, true)
  expect([quiet.suspect, quiet.fetchAt]).toEqual([false, 10])
  const end = open(10)
  for (let at = 0; at < 3; at++) end.unreadable(true)
  end.add(fetched([], 11), 11, true)
  expect([out(end), end.expected]).toEqual([['10-11 damaged'], 11])
})

test('room ends with its own limit and with the budget of all, but never for one that has nothing', () => {
  const budget = { used: 0, limit: 40 }
  const [full, empty] = [new PartitionBuffer(budget, 1e6), new PartitionBuffer(budget, 1e6)]
  expect(full.room()).toBe(0)
  full.seek(0)
  empty.seek(0)
  full.add(fetched([message(0, 'x'.repeat(50))]), 0, true)
  expect(full.room()).toBe(0)
  expect(empty.room()).toBeGreaterThan(0)
  expect(full.take(1)).toHaveLength(1)
  expect(budget.used).toBe(50)
  full.release(50)
  expect([budget.used, full.room() > 0]).toEqual([0, true])
})
