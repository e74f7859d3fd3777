import { describe, expect, it } from 'vitest'
import { Failure } from '../../../../schemas/failure.ts'
import { DECODE_LIMITS, Double } from '../model.ts'
import { decodeTracesJson } from './traces.ts'

const request = (span: string) => Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`)
const span = (text: string) => decodeTracesJson(request(text), DECODE_LIMITS)[0]!.items[0]!
const value = (text: string) => span(`{"attributes":[{"key":"k","value":${text}}]}`).attributes.get('k')

function refusal(bytes: Buffer): string {
  try {
    decodeTracesJson(bytes, DECODE_LIMITS)
  } catch (error) {
    if (error instanceof Failure && error.kind === 'rejected' && error.code === 'otlp.undecodable') return error.message
    throw error
  }
  return 'decoded'
}

const nested = (depth: number) => `${'{"arrayValue":{"values":['.repeat(depth - 1)}{"intValue":1}${']}}'.repeat(depth - 1)}`

describe('decodeTracesJson', () => {
  it('takes ids in either case, and knows none in zeroes or of another size', () => {
    expect(span('{"traceId":"5B8EFFF798038103D269B633813FC60C"}').traceId).toBe('5b8efff798038103d269b633813fc60c')
    expect(span('{"traceId":"00000000000000000000000000000000","spanId":"EEE1"}')).toMatchObject({ traceId: '', spanId: '' })
  })

  it('takes 64-bit integers as strings or as numbers, exactly', () => {
    expect(span('{"startTimeUnixNano":"1795225724644000123"}').startedAt).toBe(1795225724644000123n)
    expect(span('{"startTimeUnixNano":1795225724644000123}').startedAt).toBe(1795225724644000123n)
    expect(value('{"intValue":-9223372036854775808}')).toBe(-(2n ** 63n))
    expect(value('{"intValue":"9007199254740993"}')).toBe(9007199254740993n)
    expect(value('{"intValue":9007199254740991}')).toBe(Number.MAX_SAFE_INTEGER)
    expect(value('{"intValue":7}')).toBe(7)
  })

  it('keeps long digits in texts and doubles what they are', () => {
    expect(value('{"stringValue":"say \\" 12345678901234567890, [1"}')).toBe('say " 12345678901234567890, [1')
    expect(value('{"doubleValue":12345678901234567890}')).toEqual(new Double(12345678901234567890))
    expect(value('{"doubleValue":1234567890.1234567890}')).toEqual(new Double(1234567890.123456789))
    expect(value('{"doubleValue":"-Infinity"}')).toEqual(new Double(-Infinity))
    for (const beyond of ['1e400', '"1e400"', '-1e400', '"inf"']) expect(() => value(`{"doubleValue":${beyond}}`)).toThrow(/doubleValue/)
  })

  it('ignores unknown fields, takes null as absent', () => {
    expect(span('{"name":"a","kind":null,"attributes":null,"parentSpanID":"eee19b7ec3c1b174","more":{"x":[1]}}')).toMatchObject({
      name: 'a', kind: 0, parentSpanId: '',
    })
    expect(decodeTracesJson(Buffer.from('{"RESOURCE_SPANS":[1]}'), DECODE_LIMITS)).toEqual([])
    expect(decodeTracesJson(Buffer.from('{}'), DECODE_LIMITS)).toEqual([])
  })

  it('harms no prototype', () => {
    const body = '{"__proto__":{"polluted":1},' +
      '"attributes":[{"key":"__proto__","value":{"kvlistValue":{"values":[{"key":"constructor","value":{"stringValue":"x"}}]}}}]}'
    expect([...span(body).attributes]).toEqual([['__proto__', new Map([['constructor', 'x']])]])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    // A field that only a prototype has is no field.
    expect(span('{"__proto__":{"name":"from the prototype"}}').name).toBe('')
  })

  it('replaces invalid UTF-8 and halves of characters', () => {
    const body = Buffer.concat([Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a'), Buffer.from([0xff]), Buffer.from('b"}]}]}]}')])
    expect(decodeTracesJson(body, DECODE_LIMITS)[0]!.items[0]!.name).toBe('a\ufffdb')
    expect(span('{"name":"\\ud83d \\ud83d\\ude00"}').name).toBe('\ufffd 😀')
  })

  it('takes bytes in both alphabets of base64', () => {
    expect(value('{"bytesValue":"+/8="}')).toEqual(new Uint8Array([0xfb, 0xff]))
    expect(value('{"bytesValue":"-_8"}')).toEqual(new Uint8Array([0xfb, 0xff]))
  })
})

describe('decodeTracesJson refuses, naming the field', () => {
  it.each([
    ['no JSON', Buffer.from('{"resourceSpans":['), /^The body is not JSON$/],
    ['a text without end', Buffer.from('{"a":"\\'), /^The body is not JSON$/],
    ['a list', Buffer.from('[]'), /^The body: is no object/],
    ['an object for a list', Buffer.from('{"resourceSpans":{}}'), /^resourceSpans: is no array/],
    ['an enum by name', request('{"kind":"SPAN_KIND_SERVER"}'), /^span\.kind: is no enum number/],
    ['an enum with a fraction', request('{"kind":1.5}'), /^span\.kind: is no enum number/],
    ['an id in base64', request('{"traceId":"W47/95gDgQPSabYzgT/GDA=="}'), /^span\.traceId: is not hexadecimal/],
    ['a time with a fraction', request('{"startTimeUnixNano":1.5}'), /^span\.startTimeUnixNano: is no integer/],
    ['a time before 1970', request('{"startTimeUnixNano":"-1"}'), /^span\.startTimeUnixNano: is negative/],
    [
      'an integer beyond 64 bits', request('{"attributes":[{"value":{"intValue":9223372036854775808}}]}'),
      /^AnyValue\.intValue: is no 64-bit integer/,
    ],
    ['a huge integer', request(`{"attributes":[{"value":{"intValue":"${'9'.repeat(100_000)}"}}]}`), /^AnyValue\.intValue: is no integer/],
    ['a number for a text', request('{"name":1}'), /^span\.name: is no string/],
    ['a text for a boolean', request('{"attributes":[{"value":{"boolValue":"true"}}]}'), /^AnyValue\.boolValue: is no boolean/],
    ['a word for a double', request('{"attributes":[{"value":{"doubleValue":"many"}}]}'), /^AnyValue\.doubleValue: is no number/],
    ['no base64', request('{"attributes":[{"value":{"bytesValue":"%"}}]}'), /^AnyValue\.bytesValue: is not base64/],
  ])('%s', (_name, bytes, sentence) => {
    expect(refusal(bytes)).toMatch(sentence)
  })

  it('values nested deeper than the limit, however deep', () => {
    const of = (depth: number) => refusal(request(`{"attributes":[{"key":"k","value":${nested(depth)}}]}`))
    expect(of(32)).toBe('decoded')
    expect(of(33)).toMatch(/^AnyValue: values nested deeper than 32 levels/)
    expect(of(100_000)).toMatch(/^The body is nested deeper than 152 levels/)
  })

  it('the body of `[` alone, and more values than memory is worth', () => {
    expect(refusal(Buffer.alloc(1_000_000, '['))).toMatch(/nested deeper/)
    expect(refusal(Buffer.from(`{"a":[${'[],'.repeat(4_000_001)}[]]}`))).toMatch(/^The body holds more than 8000000 JSON values/)
  })
})
