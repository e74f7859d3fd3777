/** Requests that both receivers are asked: what specifications speak of, and what senders and proxies get wrong. */
import { readFileSync } from 'node:fs'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { JSON_TEXTS } from './otelcol-json-cases.ts'
import type { HttpCase } from './otelcol-http.ts'
import { MAX_MIB } from './otelcol-pair.ts'
import { RECORDINGS } from './otelcol-recordings.ts'
import { WIRE_BODIES } from './otelcol-wire-cases.ts'

const RECORDED = readFileSync('test/fixtures/otlp/fastmcp/005_v1_traces.bin')
const EMPTY = Buffer.alloc(0)
const JSON_TYPE = 'application/json'
/** A span that is taken. */
const JSON_BODY = Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"tools/call"}]}]}]}')
/** More than one request may have, before and after inflating. */
const LARGE = Buffer.concat([RECORDED, Buffer.alloc(MAX_MIB * 1024 * 1024)])
/** Skipped as an unknown field, so that only its size is against it. */
const padded = (size: number): Buffer => {
  const length: number[] = []
  let rest = size - RECORDED.length - 4
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([RECORDED, Buffer.from([0x7a, ...length, rest]), Buffer.alloc(size - RECORDED.length - 4)])
}

const recordings: readonly HttpCase[] = RECORDINGS.flatMap(({ name, signal, type, body }) => [
  { name: `recorded: ${name}`, path: `/v1/${signal}`, type, body },
  { name: `recorded: ${name}, gzip`, path: `/v1/${signal}`, type, body: gzipSync(body), headers: { 'content-encoding': 'gzip' } },
])

const TYPES: readonly (readonly [type: string, body: Buffer])[] = [
  ['application/x-protobuf; charset=utf-8', RECORDED], ['application/x-protobuf;', RECORDED],
  ['application/x-protobuf; proto=x; messageType="a;b"', RECORDED], ['APPLICATION/X-PROTOBUF', RECORDED],
  ['application/json; charset=utf-8', JSON_BODY], ['application/json;charset=UTF-8', JSON_BODY], ['application/json; charset=latin1', JSON_BODY],
  ['Application/JSON', JSON_BODY],
  ['application/json; =', JSON_BODY], ['application/json, application/json', JSON_BODY], ['application/protobuf', RECORDED],
  ['application/vnd.google.protobuf', RECORDED],
  ['application/x-protobuf-x', RECORDED], ['application/octet-stream', RECORDED], ['application/grpc', RECORDED], ['text/plain', RECORDED],
  ['text/json', JSON_BODY], ['*/*', RECORDED], ['x', RECORDED], ['', RECORDED],
]
const types: readonly HttpCase[] = TYPES.map(([type, body]) => ({ name: type === '' ? 'no content-type' : `content-type ${type}`, type, body }))

const coded = (name: string, coding: string, body: Buffer): HttpCase => ({ name: `content-encoding ${name}`, headers: { 'content-encoding': coding }, body })
const zipped = gzipSync(RECORDED)
const codings: readonly HttpCase[] = [
  coded('identity', 'identity', RECORDED), coded('gzip in capitals', 'GZIP', zipped),
  coded('gzip, of two files', 'gzip', Buffer.concat([gzipSync(RECORDED.subarray(0, 100)), gzipSync(RECORDED.subarray(100))])),
  coded('gzip, cut off', 'gzip', zipped.subarray(0, zipped.length - 100)),
  coded('gzip, without its last bytes', 'gzip', zipped.subarray(0, zipped.length - 4)),
  coded('gzip, wrong checksum', 'gzip', Buffer.concat([zipped.subarray(0, zipped.length - 8), Buffer.alloc(4), zipped.subarray(zipped.length - 4)])),
  coded('gzip, with rubbish behind', 'gzip', Buffer.concat([zipped, Buffer.from('rubbish')])), coded('gzip, not zipped', 'gzip', RECORDED),
  coded('gzip, empty body', 'gzip', EMPTY),
  coded('gzip, of nothing', 'gzip', gzipSync(EMPTY)), coded('gzip twice', 'gzip, gzip', gzipSync(zipped)),
  coded('deflate', 'deflate', deflateSync(RECORDED)), coded('deflate, raw', 'deflate', deflateRawSync(RECORDED)),
  coded('zlib', 'zlib', deflateSync(RECORDED)), coded('br', 'br', brotliCompressSync(RECORDED)), coded('of no known name', 'x-none', RECORDED),
  coded('gzip, inflated over the limit', 'gzip', gzipSync(LARGE)),
]

const sizes: readonly HttpCase[] = [
  { name: 'exactly the limit', body: padded(MAX_MIB * 1024 * 1024) },
  { name: 'over the limit', body: LARGE },
  { name: 'over the limit, chunked', body: LARGE, chunked: true },
  { name: 'chunked', body: RECORDED, chunked: true },
  { name: 'chunked, JSON', type: JSON_TYPE, body: JSON_BODY, chunked: true },
  { name: 'chunked and empty', body: EMPTY, chunked: true },
  { name: 'empty protobuf', body: EMPTY },
  { name: 'empty protobuf, logs', path: '/v1/logs', body: EMPTY },
  { name: 'empty protobuf, metrics', path: '/v1/metrics', body: EMPTY },
  { name: 'empty JSON', type: JSON_TYPE, body: EMPTY },
]

const places: readonly HttpCase[] = ['/', '/v1/traces/', '/V1/TRACES', '/v1/trace', '/v1/traces?x=1', '//v1/traces', '/v1/./traces', '/v1/%74races', '/v1/profiles', '/v1/metric', '/opentelemetry.proto.collector.trace.v1.TraceService/Export']
  .map((path) => ({ name: `path ${path}`, path, body: RECORDED }))
const methods: readonly HttpCase[] = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'].map((method) => ({ name: `method ${method}`, method, body: method === 'PUT' ? RECORDED : EMPTY }))
const pages: readonly HttpCase[] = [
  { name: 'from a web page (origin)', headers: { origin: 'https://example.test' }, body: RECORDED },
  { name: 'preflight of a web page', method: 'OPTIONS', headers: { origin: 'https://example.test', 'access-control-request-method': 'POST' }, body: EMPTY },
]
/** One signal's request at the door of another, or in the other encoding. */
const mistaken: readonly HttpCase[] = [
  { name: 'JSON said to be protobuf', body: JSON_BODY },
  { name: 'protobuf said to be JSON', type: JSON_TYPE, body: RECORDED },
  { name: 'spans to /v1/logs', path: '/v1/logs', body: RECORDED },
  { name: 'spans to /v1/metrics', path: '/v1/metrics', body: RECORDED },
  { name: 'JSON spans to /v1/logs', path: '/v1/logs', type: JSON_TYPE, body: JSON_BODY },
]

export const HTTP_CASES: readonly HttpCase[] = [
  ...recordings, ...types, ...codings, ...sizes, ...places, ...methods, ...pages, ...mistaken,
  ...WIRE_BODIES.map(({ name, path, body }) => ({ name: `protobuf: ${name}`, path, body })),
  ...JSON_TEXTS.map(({ name, path, text }) => ({ name: `JSON: ${name}`, path, type: JSON_TYPE, body: Buffer.isBuffer(text) ? text : Buffer.from(text) })),
]
