/** gRPC calls that both receivers are asked. */
import { readFileSync } from 'node:fs'
import { deflateSync, gzipSync } from 'node:zlib'
import type { GrpcCase } from './otelcol-grpc.ts'
import { framed } from './otelcol-grpc.ts'
import { MAX_MIB } from './otelcol-pair.ts'
import { RECORDINGS } from './otelcol-recordings.ts'
import { WIRE_BODIES } from './otelcol-wire-cases.ts'

const RECORDED = readFileSync('test/fixtures/otlp/fastmcp/005_v1_traces.bin')
const SERVICES: Readonly<Record<string, string>> = { traces: 'trace.v1.TraceService', logs: 'logs.v1.LogsService', metrics: 'metrics.v1.MetricsService' }
const exportOf = (signal: string): string => `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`
const coded = (name: string, coding: string, message: Buffer): GrpcCase => ({ name: `grpc-encoding ${name}`, headers: { 'grpc-encoding': coding }, body: framed(message, 1) })

const recordings: readonly GrpcCase[] = RECORDINGS.filter(({ type }) => type === 'application/x-protobuf').map(({ name, signal, body }) =>
  ({ name: `recorded: ${name}`, path: exportOf(signal), body: framed(body) }))

const frames: readonly GrpcCase[] = [
  { name: 'an empty message', body: framed(Buffer.alloc(0)) },
  { name: 'an empty message, logs', path: exportOf('logs'), body: framed(Buffer.alloc(0)) },
  { name: 'no message at all', body: Buffer.alloc(0) },
  { name: 'a message cut off', body: framed(RECORDED, 0, RECORDED.length + 10) },
  { name: 'a length cut off', body: Buffer.from([0, 0, 0]) },
  { name: 'two messages', body: Buffer.concat([framed(RECORDED), framed(RECORDED)]) },
  { name: 'a flag of 7', body: framed(RECORDED, 7) },
  { name: 'said to be compressed, without a coding', body: framed(RECORDED, 1) },
  { name: 'not compressed, though a coding is named', headers: { 'grpc-encoding': 'gzip' }, body: framed(RECORDED) },
  { name: 'a length over the limit', body: framed(Buffer.alloc(16), 0, MAX_MIB * 1024 * 1024 + 1) },
  { name: 'over the limit', body: framed(Buffer.concat([RECORDED, Buffer.alloc(MAX_MIB * 1024 * 1024)])) },
]

const codings: readonly GrpcCase[] = [
  coded('gzip', 'gzip', gzipSync(RECORDED)), coded('gzip, not zipped', 'gzip', RECORDED),
  coded('gzip, cut off', 'gzip', gzipSync(RECORDED).subarray(0, 500)),
  coded('gzip, inflated over the limit', 'gzip', gzipSync(Buffer.concat([RECORDED, Buffer.alloc(MAX_MIB * 1024 * 1024)]))),
  coded('deflate', 'deflate', deflateSync(RECORDED)), coded('of no known name', 'x-none', RECORDED),
]

const places: readonly GrpcCase[] = [
  '/opentelemetry.proto.collector.trace.v1.TraceService/Import', '/opentelemetry.proto.collector.trace.v1.NoService/Export', '/Export', '/', '/opentelemetry.proto.collector.trace.v1.TraceService/Export/',
  '/grpc.health.v1.Health/Check', '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
].map((path) => ({ name: `path ${path}`, path, body: framed(RECORDED) }))

const heads: readonly GrpcCase[] = [
  { name: 'content-type application/grpc+proto', headers: { 'content-type': 'application/grpc+proto' }, body: framed(RECORDED) },
  { name: 'content-type application/grpc+json', headers: { 'content-type': 'application/grpc+json' }, body: framed(Buffer.from('{}')) },
  { name: 'content-type application/x-protobuf', headers: { 'content-type': 'application/x-protobuf' }, body: framed(RECORDED) },
  { name: 'no content-type', headers: { 'content-type': '' }, body: framed(RECORDED) },
  { name: 'without te: trailers', headers: { te: '' }, body: framed(RECORDED) },
  { name: 'method GET', headers: { ':method': 'GET' }, body: Buffer.alloc(0) },
  { name: 'method PUT', headers: { ':method': 'PUT' }, body: framed(RECORDED) },
  { name: 'a deadline that is over', headers: { 'grpc-timeout': '0n' }, body: framed(RECORDED) },
  { name: 'a deadline of no form', headers: { 'grpc-timeout': 'soon' }, body: framed(RECORDED) },
  { name: 'from a web page (origin)', headers: { origin: 'https://example.test' }, body: framed(RECORDED) },
]

export const GRPC_CASES: readonly GrpcCase[] = [
  ...recordings, ...frames, ...codings, ...places, ...heads,
  ...WIRE_BODIES.map(({ name, path, body }) => ({ name: `protobuf: ${name}`, path: exportOf(path.slice('/v1/'.length)), body: framed(body) })),
]
