import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFrame, encodeFrame, FrameMemory, payloadUnder } from './frame.ts'
import { commitsKey, envelopeKey, groupKey, LAST_KEY, parseKey, stateKey } from './keys.ts'
import { decodeBounds, decodeGroup, decodeLast, encodeBounds, encodeGroup, encodeLast } from './records.ts'

const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
const number = fc.nat({ max: 2 ** 40 })

test('a frame comes back as it was, wherever it lies; any flipped bit and any cut is found', () => {
  const memory = new FrameMemory()
  fc.assert(fc.property(number, fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 300 }), fc.nat(), (serial, key, payload, place) => {
    const frame = { serial, key: Buffer.from(key), payload: Buffer.from(payload) }
    const bytes = encodeFrame(frame, memory)
    expect(bytes.equals(encodeFrame(frame))).toBe(true)
    expect(decodeFrame(Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(3)]), 7)).toEqual(frame)
    const flipped = Buffer.from(bytes)
    flipped[place % bytes.length]! ^= 1 << (place % 8)
    expect(decodeFrame(flipped)).toBeUndefined()
    expect(decodeFrame(bytes.subarray(0, place % bytes.length))).toBeUndefined()
    expect(payloadUnder(Buffer.from('another key'), bytes)).toBeUndefined()
  }))
})

test('keys come back, and sort by offset within a partition', () => {
  fc.assert(fc.property(name, name, fc.nat(1000), number, (topic, group, partition, offset) => {
    expect(parseKey(envelopeKey(topic, partition, offset))).toEqual({ kind: 'envelope', topic, partition, offset })
    expect(parseKey(groupKey(topic, offset))).toEqual({ kind: 'group', topic, number: offset })
    expect(parseKey(commitsKey(topic, group))).toEqual({ kind: 'commits', topic, group })
    expect(parseKey(stateKey(topic))).toEqual({ kind: 'state', topic })
    expect(envelopeKey(topic, partition, offset).compare(envelopeKey(topic, partition, offset + 1))).toBe(-1)
    expect(envelopeKey(topic, partition, 2 ** 40).compare(envelopeKey(topic, partition + 1, 0))).toBe(-1)
  }))
  expect(parseKey(LAST_KEY)).toEqual({ kind: 'last', topic: '' })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void parseKey(Buffer.from(bytes))))
  expect(() => stateKey('')).toThrow(/1 to 200 bytes/)
  expect(() => stateKey('x'.repeat(201))).toThrow(/1 to 200 bytes/)
})

test('small records come back; other shapes are refused', () => {
  const group = { at: 1_795_225_725_000_000_000n, entries: [{ partition: 3, offset: 2 ** 41, length: 70_000, crc: 0xffff_ffff }] }
  expect(decodeGroup(encodeGroup(group))).toEqual(group)
  expect(decodeGroup(Buffer.alloc(9))).toBeUndefined()
  const bounds = { firstGroup: 4, nextGroup: 2 ** 33, partitions: [{ first: 1, next: 2 }, { first: 2 ** 41, next: 2 ** 42 }] }
  expect(decodeBounds(encodeBounds(bounds))).toEqual(bounds)
  expect(decodeBounds(Buffer.alloc(24))).toBeUndefined()
  const last = new Map([['events', 17], ['zażółć', 2 ** 40]])
  expect(decodeLast(encodeLast(last))).toEqual(last)
  expect(decodeLast(Buffer.from([200, 1]))).toBeUndefined()
})
