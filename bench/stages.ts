/**
 * CPU-µs a span of each stage from bytes to interactions, on recorded traces: `npm run bench -- stages [EMITTER] [RUNS]`. Each run has traces and call ids
 * of its own, as agents have; nothing is published. To compare two builds, run `node dist/bench/stages.js` of each in turn.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createKeyedHash } from '../infra/keys/keyed-hash.ts'
import type { Interaction } from '../schemas/interaction.ts'
import { EventRecord } from '../schemas/topics.ts'
import { type AssemblerLimits, emptyState, fold } from '../services/assembler/fold.ts'
import { createNormaliser } from '../services/collector/normalise/normaliser.ts'
import { createRedactor } from '../services/collector/redact/redactor.ts'
import { decode } from '../services/collector/otlp/decode.ts'
import { DECODE_LIMITS, type Traces } from '../services/collector/otlp/model.ts'

const EMITTER = process.argv[2] ?? 'pydantic-ai'
const RUNS = Number(process.argv[3] ?? 1_600)
const WARM_UP = 800
const TOGETHER = 40
const ROUNDS = 3
const SECOND = 1_000_000_000n
const LIMITS: AssemblerLimits = {
  quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 20_000, spansPerTenant: 500_000, spans: 500_000,
  relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
}
/** pydantic-ai's call ids; of others the trace tells calls apart. */
const CALL_ID = 'pyd_ai_'

const folder = `test/fixtures/otlp/${EMITTER}`
const bodies = readdirSync(folder).filter((file) => file.endsWith('_v1_traces.bin')).sort().map((file) => readFileSync(`${folder}/${file}`))
const read = (bytes: Buffer): Traces => decode({ signal: 'traces', encoding: bytes[0] === 0x7b ? 'json' : 'protobuf', bytes }, DECODE_LIMITS).data as Traces
const traceIds = new Set(bodies.flatMap((body) => read(body).flatMap(({ items }) => items.map(({ traceId }) => traceId))))
const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })
const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 7)))
const state = emptyState()
const used = { decode: 0, normalise: 0, redact: 0, encode: 0, assemble: 0 }
let offset = 0

/** Overwrites the end of `known` in all of its places. */
function rename(body: Buffer, known: Buffer, end: Buffer): void {
  for (let at = body.indexOf(known); at >= 0; at = body.indexOf(known, at + known.length)) end.copy(body, at + known.length - end.length)
}

function bodyOf(body: Buffer, run: number): Buffer {
  const own = Buffer.from(body)
  const digits = run.toString(16).padStart(8, '0')
  for (const id of traceIds) {
    if (own[0] === 0x7b) rename(own, Buffer.from(id), Buffer.from(digits))
    else rename(own, Buffer.from(id, 'hex'), Buffer.from(digits, 'hex'))
  }
  for (let at = own.indexOf(CALL_ID); at >= 0; at = own.indexOf(CALL_ID, at + CALL_ID.length)) own.write(digits, at + CALL_ID.length)
  return own
}

function measured<T>(stage: keyof typeof used, work: () => T): T {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  used[stage] += user + system
  return result
}

/** Plays runs up to `to`; gives how many spans there were. */
function play(from: number, to: number): number {
  let spans = 0
  for (let run = from; run < to; run += TOGETHER) {
    const sent = Array.from({ length: TOGETHER }, (_, i) => bodies.map((body) => bodyOf(body, run + i))).flat()
    const traces = measured('decode', () => sent.map(read))
    const arrival = { tenant: 'default', transport: 'bench', peer: '127.0.0.1', receivedAt: 1_795_225_800n * SECOND + BigInt(run) * SECOND / 10n }
    const events = measured('normalise', () => traces.map((each) => normaliser.traces(each, arrival).events))
    measured('redact', () => events.forEach((each) => each.forEach((event) => redactor.redact(event))))
    const records = measured('encode', () => events.map((each) => EventRecord.together(each)))
    const out: Interaction[] = []
    measured('assemble', () => records.forEach((each) => fold(state, { offset: offset++, records: each }, { limits: LIMITS, out, takes: () => true })))
    spans += events.reduce((sum, each) => sum + each.length, 0)
  }
  return spans
}

play(0, WARM_UP)
for (let round = 0; round < ROUNDS; round++) {
  for (const stage of Object.keys(used)) used[stage as keyof typeof used] = 0
  const spans = play(WARM_UP + round * RUNS, WARM_UP + (round + 1) * RUNS)
  const all = Object.values(used).reduce((sum, each) => sum + each, 0)
  console.log(`${EMITTER}: ${Object.entries(used).map(([stage, micros]) => `${stage} ${(micros / spans).toFixed(1)}`).join(', ')}; all ${(all / spans).toFixed(1)} CPU-µs/span`)
}
