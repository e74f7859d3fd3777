import { describe, expect, it } from 'vitest'
import { Failure } from '../../../../schemas/failure.ts'
import { AttributeList } from '../attribute-list.ts'
import { DECODE_LIMITS } from '../model.ts'
import { decodeTraces } from './traces.ts'

/** A varint of any size. */
function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}
const tag = (field: number, wire: number) => varint(BigInt((field << 3) | wire))
const block = (field: number, ...parts: readonly (Buffer | number[])[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from([...tag(field, 2), ...varint(BigInt(body.length))]), body])
}
const text = (field: number, value: string) => block(field, Buffer.from(value))
const request = (...span: readonly (Buffer | number[])[]) => block(1, block(2, block(2, ...span)))
const attribute = (key: string, ...value: readonly (Buffer | number[])[]) => block(9, text(1, key), block(2, ...value))
const span = (bytes: Buffer) => decodeTraces(bytes, DECODE_LIMITS)[0]!.items[0]!
const value = (...parts: readonly (Buffer | number[])[]) => span(request(attribute('k', ...parts))).attributes.get('k')

function refusal(bytes: Buffer, limits = DECODE_LIMITS): string {
  try {
    decodeTraces(bytes, limits)
  } catch (error) {
    if (error instanceof Failure && error.kind === 'rejected' && error.code === 'otlp.undecodable') return error.message
    throw error
  }
  return 'decoded'
}

/** An AnyValue in `depth` lists, made from the inside out. */
function nested(depth: number, field: 5 | 6): Buffer {
  const pieces: Buffer[] = []
  let size = 0
  const wrap = (number: number) => {
    const head = Buffer.from([...tag(number, 2), ...varint(BigInt(size))])
    pieces.push(head)
    size += head.length
  }
  for (let level = 1; level < depth; level++) {
    if (field === 6) wrap(2)
    wrap(1)
    wrap(field)
  }
  return Buffer.concat(pieces.toReversed())
}

describe('decodeTraces', () => {
  it('reads 64-bit integers exactly: numbers while they are, bigints beyond', () => {
    expect(value([...tag(3, 0), ...varint(5n)])).toBe(5)
    expect(value([...tag(3, 0), ...varint(-5n)])).toBe(-5)
    expect(value([...tag(3, 0), ...varint(2n ** 53n - 1n)])).toBe(Number.MAX_SAFE_INTEGER)
    expect(value([...tag(3, 0), ...varint(2n ** 53n)])).toBe(2n ** 53n)
    expect(value([...tag(3, 0), ...varint(-(2n ** 63n))])).toBe(-(2n ** 63n))
  })

  it('takes a resource and a scope that come after the spans', () => {
    const late = block(
      1, block(2, block(2, text(5, 'call')), block(1, text(1, 'mcp'))), block(1, block(1, text(1, 'service.name'), block(2, text(1, 'files')))),
    )
    const [scoped] = decodeTraces(late, DECODE_LIMITS)
    expect(scoped!.scope.name).toBe('mcp')
    expect(scoped!.resource.attributes).toEqual(AttributeList.of([['service.name', 'files']]))
  })

  it('knows no id in zeroes or in an id of another size', () => {
    expect(span(request(block(1, Buffer.alloc(16)), block(2, Buffer.alloc(8, 1)))).traceId).toBe('')
    expect(span(request(block(1, Buffer.alloc(15, 1)), block(2, Buffer.alloc(8, 1)))).traceId).toBe('')
    expect(span(request(block(2, Buffer.alloc(8, 0xab)))).spanId).toBe('abababababababab')
  })

  it('lets the last of a repeated key count, and holds keys that would harm an object', () => {
    expect(value(text(1, 'first'), text(1, 'last'))).toBe('last')
    const attributes = span(request(attribute('__proto__', text(1, 'a')), attribute('__proto__', text(1, 'b')))).attributes
    expect([...attributes]).toEqual([['__proto__', 'b']])
  })

  it('replaces what is no UTF-8', () => {
    expect(value(block(1, [0x61, 0xff, 0x62]))).toBe('a\ufffdb')
    expect(span(request(block(9, block(1, [0xc3]), block(2, text(1, 'x'))))).attributes.get('\ufffd')).toBe('x')
  })

  it('skips unknown fields and groups', () => {
    const group = [...tag(77, 3), ...tag(78, 3), ...tag(1, 0), 1, ...tag(78, 4), ...tag(79, 2), 1, 0x61, ...tag(77, 4)]
    expect(span(request(group, text(5, 'call'), [...tag(500, 5), 1, 2, 3, 4], [...tag(501, 1), 1, 2, 3, 4, 5, 6, 7, 8])).name).toBe('call')
  })
})

describe('decodeTraces refuses, naming the field', () => {
  it.each([
    ['text longer than its message', request([...tag(5, 2), 50, 0x61]), /^Span\.name: says 50 bytes where 1 are left/],
    ['a message longer than the body', Buffer.from([0x0a, 0x7f]), /^ResourceSpans: says 127 bytes/],
    ['a length of 2^63', Buffer.from([0x0a, ...varint(2n ** 63n)]), /^ResourceSpans: says 9223372036854776000 bytes/],
    ['a varint without end', Buffer.from([0x0a, ...Array<number>(20).fill(0xff)]), /^ResourceSpans: has a number of more than ten bytes/],
    ['a varint that is cut off', Buffer.from([0x0a, 0x80]), /^ResourceSpans: is cut off/],
    ['a time that is cut off', request([...tag(7, 1), 1, 2, 3]), /^Span\.start_time_unix_nano: is cut off/],
    ['a wrong wire type', request([...tag(5, 0), 1]), /^Span\.name: has wire type 0/],
    ['a wrong wire type of an attribute value', request(attribute('k', [...tag(1, 0), 1])), /^AnyValue\.string_value: has wire type 0/],
    ['field number 0', Buffer.from([0x02, 0x00]), /a field has a number that cannot be/],
    ['a field number beyond 2^29', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f]), /a field has a number that cannot be/],
    ['wire type 6', request([...tag(99, 6), 1]), /^Span field 99: has wire type 6/],
    ['an end of a group that was not begun', request(tag(99, 4)), /^Span field 99: has wire type 4/],
    ['a group ended by another', request([...tag(98, 3), ...tag(99, 4)]), /^Span field 99: ends a group that was not begun/],
    ['a group that is not ended', request(tag(98, 3)), /^Span: is cut off/],
    ['a nested attribute that is cut off', request(block(9, [...tag(2, 2), 2, ...tag(5, 2), 9])), /^AnyValue\.array_value: says 9 bytes/],
  ])('%s', (_name, bytes, sentence) => {
    expect(refusal(bytes)).toMatch(sentence)
  })

  it.each([5, 6] as const)('values nested deeper than the limit (field %i), however deep', (field) => {
    expect(refusal(request(attribute('k', nested(32, field))))).toBe('decoded')
    expect(refusal(request(attribute('k', nested(33, field))))).toMatch(/values nested deeper than 32 levels/)
    expect(refusal(request(attribute('k', nested(100_000, field))))).toMatch(/values nested deeper than 32 levels/)
  })

  it('groups nested deeper than the limit', () => {
    expect(refusal(request(Array.from({ length: 100_000 }, () => tag(99, 3)).flat()))).toMatch(/nested deeper than 32 levels/)
  })

  it('more spans than the limit, and more list elements than memory is worth', () => {
    const spans = block(1, block(2, Buffer.alloc(40, Buffer.from([0x12, 0x00]))))
    expect(refusal(spans, { depth: 32, items: 20 })).toBe('decoded')
    expect(refusal(spans, { depth: 32, items: 19 })).toMatch(/^Span: more than 19 spans/)
    const elements = Buffer.alloc(2 * 2_000_001, Buffer.from([0x0a, 0x00]))
    expect(refusal(request(attribute('k', block(5, elements))))).toMatch(/^ArrayValue\.values: more than 2000000/)
  })
})
