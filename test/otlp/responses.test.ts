import { describe, expect, it } from 'vitest'
import { exportResponse, statusBody } from '../../services/collector/otlp/responses.ts'
import { referenceDecode } from './reference-schema.ts'

describe('exportResponse', () => {
  it('says nothing where everything was taken', () => {
    expect(exportResponse('traces', 'protobuf', { rejected: 0, message: '' })).toEqual(Buffer.alloc(0))
    expect(exportResponse('traces', 'json', { rejected: 0, message: '' }).toString()).toBe('{}')
  })

  it.each([1, 127, 128, 300, 200_000, 2 ** 40])('says how many were not taken: %i', (rejected) => {
    expect(referenceDecode('ExportResponse', exportResponse('logs', 'protobuf', { rejected, message: 'LogRecord: ü' })))
      .toEqual({ partialSuccess: { rejected: String(rejected), errorMessage: 'LogRecord: ü' } })
  })

  it('names the count by the signal in JSON, as a string', () => {
    const of = (signal: 'traces' | 'logs' | 'metrics') =>
      JSON.parse(exportResponse(signal, 'json', { rejected: 2, message: 'why' }).toString()) as unknown
    expect(of('traces')).toEqual({ partialSuccess: { rejectedSpans: '2', errorMessage: 'why' } })
    expect(of('logs')).toEqual({ partialSuccess: { rejectedLogRecords: '2', errorMessage: 'why' } })
    expect(of('metrics')).toEqual({ partialSuccess: { rejectedDataPoints: '2', errorMessage: 'why' } })
  })

  it('gives a warning with nothing rejected', () => {
    expect(
      referenceDecode('ExportResponse', exportResponse('traces', 'protobuf', { rejected: 0, message: 'old' })),
    ).toEqual({ partialSuccess: { errorMessage: 'old' } })
  })
})

describe('statusBody', () => {
  it('is a google.rpc.Status, with RetryInfo where there is a delay', () => {
    expect(referenceDecode('RpcStatus', statusBody('protobuf', { code: 3, message: 'bad' }))).toEqual({ code: 3, message: 'bad' })
    const { details } = referenceDecode(
      'RpcStatus', statusBody('protobuf', { code: 14, message: 'later', retryAfterSeconds: 2 }),
    ) as { details: { typeUrl: string; value: string }[] }
    expect(details[0]!.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo')
    expect(referenceDecode('RetryInfo', Buffer.from(details[0]!.value, 'base64'))).toEqual({ retryDelay: { seconds: '2' } })
  })

  it('is cut to a size that a sender reads', () => {
    expect(statusBody('protobuf', { code: 3, message: 'x'.repeat(10_000) }).length).toBeLessThan(4200)
  })

  it('speaks JSON', () => {
    expect(JSON.parse(statusBody('json', { code: 14, message: 'later', retryAfterSeconds: 1 }).toString()))
      .toEqual({ code: 14, message: 'later', details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }] })
  })
})
