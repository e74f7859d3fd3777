/** Protobuf bodies, right and wrong, for both protocols. */
import { readFileSync } from 'node:fs'

export interface WireCase {
  readonly name: string
  readonly path: string
  readonly body: Buffer
}

const RECORDED = readFileSync('test/fixtures/otlp/fastmcp/005_v1_traces.bin')

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}
const tag = (number: number, type: number): Buffer => varint(number * 8 + type)
const bytes = (number: number, content: Buffer | string): Buffer => Buffer.concat([tag(number, 2), varint(Buffer.byteLength(content)), Buffer.from(content)])
const number = (field: number, value: number): Buffer => Buffer.concat([tag(field, 0), varint(value)])
const fixed64 = (field: number): Buffer => Buffer.concat([tag(field, 1), Buffer.alloc(8, 1)])
const fixed32 = (field: number): Buffer => Buffer.concat([tag(field, 5), Buffer.alloc(4, 1)])

const IDS = Buffer.concat([bytes(1, Buffer.alloc(16, 1)), bytes(2, Buffer.alloc(8, 2)), bytes(5, 'tools/call')])
const ofSpan = (...fields: readonly Buffer[]): Buffer => bytes(1, bytes(2, bytes(2, Buffer.concat([IDS, ...fields]))))
const ofSpanAlone = (...fields: readonly Buffer[]): Buffer => bytes(1, bytes(2, bytes(2, Buffer.concat(fields))))
const ofLog = (...fields: readonly Buffer[]): Buffer => bytes(1, bytes(2, bytes(2, Buffer.concat(fields))))
const attribute = (key: string | Buffer, value: Buffer): Buffer => bytes(9, Buffer.concat([bytes(1, key), bytes(2, value)]))
const resource = (name: string): Buffer => bytes(1, bytes(1, Buffer.concat([bytes(1, name), bytes(2, bytes(1, name))])))

/** Lists in lists as a log's body. */
function nested(depth: number): Buffer {
  let value = bytes(1, 'x')
  for (let level = 0; level < depth; level++) value = bytes(5, bytes(1, value))
  return ofLog(bytes(5, value))
}
/** Groups in groups as an unknown field. */
const groups = (depth: number): Buffer => Buffer.concat([ofSpan(), Buffer.alloc(depth, tag(15, 3)), Buffer.alloc(depth, tag(15, 4))])

const spans = (name: string, body: Buffer): WireCase => ({ name, path: '/v1/traces', body })
const logs = (name: string, body: Buffer): WireCase => ({ name, path: '/v1/logs', body })
const metrics = (name: string, body: Buffer): WireCase => ({ name, path: '/v1/metrics', body })
const ofMetric = (...fields: readonly Buffer[]): Buffer => bytes(1, bytes(2, bytes(2, Buffer.concat([bytes(1, 'm'), ...fields]))))

export const WIRE_BODIES: readonly WireCase[] = [
  spans('cut off after 1 byte', RECORDED.subarray(0, 1)), spans('cut off after 700 bytes', RECORDED.subarray(0, 700)),
  spans('without its last byte', RECORDED.subarray(0, -1)),
  spans('zeroes', Buffer.alloc(100)), spans('ones', Buffer.alloc(100, 0xff)), spans('text', Buffer.from('<html><body>hello</body></html>')),
  spans('a length beyond the end', Buffer.from([0x0a, 0x7f])),
  spans('a length of nearly 2^64', Buffer.from([0x0a, ...Array<number>(9).fill(0xff), 0x01])), spans('a varint without end', Buffer.alloc(40, 0x8a)),
  spans('a varint of eleven bytes', Buffer.concat([ofSpan(), tag(15, 0), Buffer.alloc(10, 0x80), Buffer.from([0])])),
  spans('a length written longer than needed', Buffer.concat([Buffer.from([0x0a, 0x80, 0x80, 0x00])])),
  spans('field number 0', Buffer.concat([ofSpan(), Buffer.from([0x00, 0x00])])),
  spans('wire type 6', Buffer.concat([ofSpan(), Buffer.from([0x7e, 0x00])])),
  spans('wire type 7', Buffer.concat([ofSpan(), Buffer.from([0x7f, 0x00])])),
  spans('unknown fields of every wire type', Buffer.concat([ofSpan(number(99, 5), fixed64(99), bytes(99, 'x'), fixed32(99)), number(99, 5), bytes(99, 'x')])),
  spans('an unknown group', Buffer.concat([ofSpan(), tag(15, 3), number(1, 7), tag(15, 4)])),
  spans('a group that does not end', Buffer.concat([ofSpan(), tag(15, 3)])),
  spans('a group that ends as another', Buffer.concat([ofSpan(), tag(15, 3), tag(14, 4)])),
  spans('a group that was not begun', Buffer.concat([ofSpan(), tag(15, 4)])),
  spans('20 groups one in another', groups(20)), spans('100,000 groups one in another', groups(100_000)),
  spans('resource_spans as a varint', number(1, 7)), spans('a span as a varint', bytes(1, bytes(2, number(2, 7)))),
  spans('a name as a varint', ofSpan(number(5, 7))), spans('a kind as a text', ofSpan(bytes(6, 'SERVER'))),
  spans('a time as a varint', ofSpan(number(7, 7))), spans('attributes as fixed64', ofSpan(fixed64(9))),
  spans('an id as a varint', ofSpanAlone(number(1, 7))),
  spans('an unknown kind', ofSpan(number(6, 77))), spans('a name twice', ofSpan(bytes(5, 'second'))),
  spans('a name that is not UTF-8', ofSpan(bytes(5, Buffer.from([0x61, 0xff, 0xfe, 0x62])))),
  spans('an attribute key that is not UTF-8', ofSpan(attribute(Buffer.from([0xc3, 0x28]), bytes(1, 'x')))),
  spans('a value that is not UTF-8', ofSpan(attribute('k', bytes(1, Buffer.from([0xed, 0xa0, 0x80]))))),
  spans('a NUL in a name', ofSpan(bytes(5, 'a\0b'))),
  spans('a trace id of 15 bytes', ofSpanAlone(bytes(1, Buffer.alloc(15, 1)), bytes(2, Buffer.alloc(8, 2)))),
  spans('a trace id of 17 bytes', ofSpanAlone(bytes(1, Buffer.alloc(17, 1)), bytes(2, Buffer.alloc(8, 2)))),
  spans('a span id of 9 bytes', ofSpanAlone(bytes(1, Buffer.alloc(16, 1)), bytes(2, Buffer.alloc(9, 2)))),
  spans('a parent id of 3 bytes', ofSpan(bytes(4, Buffer.alloc(3, 1)))),
  spans('ids of zeroes', ofSpanAlone(bytes(1, Buffer.alloc(16)), bytes(2, Buffer.alloc(8)))), spans('a span without anything', ofSpanAlone()),
  spans('a resource in two parts', bytes(1, Buffer.concat([resource('one'), resource('two'), bytes(2, bytes(2, IDS))]))),
  spans('a value of two kinds', ofSpan(attribute('k', Buffer.concat([bytes(1, 'text'), number(3, 7)])))),
  spans('an attribute without a value', ofSpan(bytes(9, bytes(1, 'k')))),
  spans('an attribute twice', ofSpan(attribute('k', bytes(1, 'one')), attribute('k', bytes(1, 'two')))),
  spans('a value in two parts', ofSpan(bytes(9, Buffer.concat([bytes(1, 'k'), bytes(2, bytes(1, 'one')), bytes(2, number(3, 2))])))),
  spans('an integer of ten bytes', ofSpan(attribute('k', Buffer.concat([tag(3, 0), Buffer.alloc(9, 0xff), Buffer.from([1])])))),
  spans('an integer of ten bytes with bits beyond 64', ofSpan(attribute('k', Buffer.concat([tag(3, 0), Buffer.alloc(9, 0xff), Buffer.from([0x7f])])))),
  spans('a boolean of 2', ofSpan(attribute('k', number(2, 2)))),
  spans('a status code of 9', ofSpan(bytes(15, number(3, 9)))),
  spans('the deprecated status field', ofSpan(bytes(15, Buffer.concat([number(1, 2), bytes(2, 'm')])))),
  spans('the removed InstrumentationLibrarySpans', bytes(1, bytes(1000, bytes(2, IDS)))),
  logs('values nested 20 deep', nested(20)), logs('values nested 30 deep', nested(30)), logs('values nested 33 deep', nested(33)),
  logs('values nested 60 deep', nested(60)), logs('values nested 1,000 deep', nested(1_000)),
  logs('a severity of 99', ofLog(number(2, 99), bytes(5, bytes(1, 'x')))), logs('no body', ofLog(bytes(3, 'INFO'))),
  metrics('a metric without data', ofMetric()), metrics('a sum without points', ofMetric(bytes(7, Buffer.alloc(0)))),
  metrics('a point without a value', ofMetric(bytes(7, bytes(1, Buffer.alloc(0))))),
  metrics('data of two kinds', ofMetric(bytes(5, bytes(1, fixed64(4))), bytes(7, bytes(1, fixed64(4))))),
  metrics('bucket counts not packed', ofMetric(bytes(9, bytes(1, Buffer.concat([fixed64(4), fixed64(6), fixed64(6)]))))),
  metrics('bucket counts packed, cut off', ofMetric(bytes(9, bytes(1, bytes(6, Buffer.alloc(12)))))),
]
