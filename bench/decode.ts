/**
 * Speed of OTLP decoding: `node dist/bench/decode.js`. Prints CPU-µs per span of our readers beside protobufjs and plain JSON.parse, on
 * the recorded bodies and on a made one (100 spans, 12 attributes each). Rounds are interleaved, so that a busy machine harms all alike.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { decode } from '../services/collector/otlp/decode.ts'
import type { Encoding } from '../services/collector/otlp/decode.ts'
import { DECODE_LIMITS } from '../services/collector/otlp/model.ts'
import type { Signal } from '../services/collector/otlp/model.ts'
import { referenceDecode, referenceEncode } from '../test/otlp/reference-schema.ts'

const ROUNDS = 12
const ROUND_MS = 150

interface Case {
  readonly name: string
  readonly items: number
  readonly bytes: number
  run(): unknown
}

const FIXTURES = ['test/fixtures/otlp', '../test/fixtures/otlp']
  .map((path) => new URL(`../${path}/`, import.meta.url)).find((url) => existsSync(url))

function recorded(folder: string, signal: Signal): readonly Buffer[] {
  if (FIXTURES === undefined) return []
  const directory = new URL(`${folder}/`, FIXTURES)
  return readdirSync(directory).filter((file) => file.endsWith(`_v1_${signal}.bin`)).map((file) => readFileSync(new URL(file, directory)))
}

const hexBytes = (seed: number, bytes: number) => Buffer.alloc(bytes, `${seed}span`)

function madeMessage() {
  const items = Array.from({ length: 100 }, (_, index) => ({
    traceId: hexBytes(index >> 2, 16), spanId: hexBytes(index, 8), parentSpanId: hexBytes(index - 1, 8), name: 'tools/call read_file', kind: 3,
    startTimeUnixNano: '1795225724644000123', endTimeUnixNano: '1795225724659818158', flags: 257, status: {},
    attributes: madeAttributes(index),
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'agent' } }] }
  return { groups: [{ resource, scoped: [{ scope: { name: 'mcp' }, items }] }] }
}

function madeAttributes(index: number) {
  const texts = {
    'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'read_file', 'gen_ai.operation.name': 'execute_tool', 'mcp.protocol.version': '2026-07-28',
    'mcp.session.id': `0e55c4b2-7d52-4f07-9d0c-${index}`, 'jsonrpc.request.id': String(index), 'enduser.id': 'claude-desktop', 'network.transport': 'tcp',
    'gen_ai.tool.call.arguments': JSON.stringify({ path: `/srv/reports/q${index}.xlsx`, note: 'x'.repeat(150) }), 'server.address': 'files.example.test',
  }
  return [
    ...Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    { key: 'server.port', value: { intValue: '8443' } }, { key: 'mcp.tool.result.ok', value: { boolValue: true } },
  ]
}

function madeJson(): Buffer {
  const { groups: [group] } = madeMessage()
  const spans = group!.scoped[0]!.items.map((span) => ({
    ...span, traceId: span.traceId.toString('hex'), spanId: span.spanId.toString('hex'), parentSpanId: span.parentSpanId.toString('hex'),

  }))
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource: group!.resource, scopeSpans: [{ scope: { name: 'mcp' }, spans }] }] }))
}

function ours(name: string, bodies: readonly Buffer[], signal: Signal, encoding: Encoding): Case {
  const run = () => bodies.map((bytes) => decode({ signal, encoding, bytes }, DECODE_LIMITS).data)
  const items = run().flat().reduce((sum, scoped) => sum + scoped.items.length, 0)
  return { name, items, bytes: bodies.reduce((sum, body) => sum + body.length, 0), run }
}

function cases(): readonly Case[] {
  const made = referenceEncode('TracesRequest', madeMessage())
  const json = madeJson()
  return [
    ours('made, protobuf, ours', [made], 'traces', 'protobuf'),
    { name: 'made, protobuf, protobufjs + toObject', items: 100, bytes: made.length, run: () => referenceDecode('TracesRequest', made) },
    ours('made, JSON, ours', [json], 'traces', 'json'),
    { name: 'made, JSON, JSON.parse alone', items: 100, bytes: json.length, run: () => JSON.parse(json.toString()) as unknown },
    ours('fastmcp, protobuf, ours', recorded('fastmcp', 'traces'), 'traces', 'protobuf'),
    ours('pydantic-ai, protobuf, ours', recorded('pydantic-ai', 'traces'), 'traces', 'protobuf'),
    ours('shinzo-ts traces, JSON, ours', recorded('shinzo-ts', 'traces'), 'traces', 'json'),
    ours('shinzo-ts metrics, JSON, ours', recorded('shinzo-ts', 'metrics'), 'metrics', 'json'),
  ].filter(({ items }) => items > 0)
}

/** CPU-µs per item over one round. */
function round({ items, run }: Case): number {
  const from = process.cpuUsage()
  const until = performance.now() + ROUND_MS
  let calls = 0
  for (; performance.now() < until; calls++) run()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / calls / items
}

const measured = cases().map((one) => ({ one, rounds: [] as number[] }))
for (const { one } of measured) round(one)
for (let count = 0; count < ROUNDS; count++) for (const { one, rounds } of measured) rounds.push(round(one))

const text = (value: number, digits = 1) => value.toFixed(digits).padStart(9)
console.log(`${'body'.padEnd(40)}    items  B/item  µs/item: best   median    MB/s`)
for (const { one, rounds } of measured) {
  const sorted = rounds.toSorted((a, b) => a - b)
  const median = sorted[sorted.length >> 1]!
  const perItem = one.bytes / one.items
  const size = `${text(one.items, 0)}${perItem.toFixed(0).padStart(8)}`
  console.log(`${one.name.padEnd(40)}${size}${text(sorted[0]!).padStart(15)}${text(median)}${text(perItem / median, 0)}`)
}
