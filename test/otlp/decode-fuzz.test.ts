/** Our readers against protobufjs and JSON: the same meaning for whatever is well formed, an ordinary refusal for whatever is not. */
import { readFileSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { decode } from '../../services/collector/otlp/decode.ts'
import type { Encoding } from '../../services/collector/otlp/decode.ts'
import { DECODE_LIMITS } from '../../services/collector/otlp/model.ts'
import type { Signal } from '../../services/collector/otlp/model.ts'
import { logsRequest, metricsRequest, tracesRequest } from './arbitrary-otlp.ts'
import type { Forms } from './arbitrary-otlp.ts'
import { referenceEncode } from './reference-schema.ts'

const RUNS = 300
const CASES: readonly (readonly [Signal, 'TracesRequest' | 'LogsRequest' | 'MetricsRequest', fc.Arbitrary<Forms<unknown>>])[] = [
  ['traces', 'TracesRequest', tracesRequest], ['logs', 'LogsRequest', logsRequest], ['metrics', 'MetricsRequest', metricsRequest],
]

/** The decoded data, or the Failure; anything else that is thrown escapes and fails the test. */
function attempt(signal: Signal, encoding: Encoding, bytes: Buffer): unknown {
  try {
    return decode({ signal, encoding, bytes }, DECODE_LIMITS).data
  } catch (error) {
    if (error instanceof Failure && error.kind === 'rejected' && error.code === 'otlp.undecodable') return error
    throw error
  }
}

describe.each(CASES)('%s', (signal, name, requests) => {
  it('protobuf: means what the reference encoder wrote', () => {
    fc.assert(fc.property(requests, ({ message, model }) => {
      expect(attempt(signal, 'protobuf', referenceEncode(name, message))).toEqual(model)
    }), { numRuns: RUNS })
  })

  it('JSON: means the same', () => {
    fc.assert(fc.property(requests, ({ json, model }) => {
      expect(attempt(signal, 'json', Buffer.from(JSON.stringify(json)))).toEqual(model)
    }), { numRuns: RUNS })
  })

  it('protobuf: two messages one after the other are one request', () => {
    fc.assert(fc.property(requests, requests, (one, two) => {
      const both = Buffer.concat([referenceEncode(name, one.message), referenceEncode(name, two.message)])
      expect(attempt(signal, 'protobuf', both)).toEqual([...(one.model as unknown[]), ...(two.model as unknown[])])
    }), { numRuns: RUNS / 3 })
  })

  it('protobuf: a body that is cut off is refused or is the beginning', () => {
    fc.assert(fc.property(requests, fc.nat(), ({ message }, at) => {
      const whole = referenceEncode(name, message)
      attempt(signal, 'protobuf', whole.subarray(0, whole.length === 0 ? 0 : at % whole.length))
    }), { numRuns: RUNS })
  })
})

const mutation = fc.record({
  at: fc.nat(), with: fc.uint8Array({ minLength: 1, maxLength: 6 }), how: fc.constantFrom('overwrite', 'insert', 'delete'),
})
type Mutation = { readonly at: number; readonly with: Uint8Array; readonly how: string }

function mutate(body: Buffer, mutations: readonly Mutation[]): Buffer {
  return mutations.reduce((bytes, { at, with: piece, how }) => {
    const place = at % (bytes.length + 1)
    const after = how === 'insert' ? place : Math.min(bytes.length, place + piece.length)
    return Buffer.concat([bytes.subarray(0, place), how === 'delete' ? Buffer.alloc(0) : piece, bytes.subarray(after)])
  }, body)
}

const ROOT = new URL('../fixtures/otlp/', import.meta.url)
const RECORDED = ['fastmcp', 'pydantic-ai', 'shinzo-ts'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, ROOT)).filter((file) => file.endsWith('.bin')).map((file) => ({
    signal: (file.includes('metrics') ? 'metrics' : 'traces') as Signal,
    encoding: (folder === 'shinzo-ts' ? 'json' : 'protobuf') as Encoding,
    body: readFileSync(new URL(`${folder}/${file}`, ROOT)),
  })))

describe('recorded bodies with bytes changed', () => {
  it('are decoded or refused, in every signal and encoding', () => {
    fc.assert(fc.property(fc.constantFrom(...RECORDED), fc.array(mutation, { minLength: 1, maxLength: 5 }), (recorded, mutations) => {
      const body = mutate(recorded.body, mutations)
      for (const signal of ['traces', 'logs', 'metrics'] as const) attempt(signal, recorded.encoding, body)
      attempt(recorded.signal, recorded.encoding === 'json' ? 'protobuf' : 'json', body)
    }), { numRuns: 3000 })
  })

  it('are decoded whole when nothing is changed', () => {
    for (const { signal, encoding, body } of RECORDED) expect(attempt(signal, encoding, body)).toBeInstanceOf(Array)
  })
})

describe('noise', () => {
  it('is decoded or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      for (const signal of ['traces', 'logs', 'metrics'] as const) {
        attempt(signal, 'protobuf', Buffer.from(noise))
        attempt(signal, 'json', Buffer.from(noise))
      }
    }), { numRuns: 3000 })
  })

  it('as JSON values of any shape is decoded or refused', () => {
    fc.assert(fc.property(fc.json(), fc.constantFrom('resourceSpans', 'resourceLogs', 'resourceMetrics'), (value, key) => {
      for (const signal of ['traces', 'logs', 'metrics'] as const) {
        attempt(signal, 'json', Buffer.from(value))
        attempt(signal, 'json', Buffer.from(`{"${key}":[{"resource":${value},"scopeSpans":[{"spans":[${value}]}],"scopeLogs":[${value}]}]}`))
      }
    }), { numRuns: 1000 })
  })
})
