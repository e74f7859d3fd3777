/**
 * Our doors and those of the official Collector, side by side. The Collector sends on, without a queue, to doors of ours that keep what comes: so its
 * answer says what became of a request there too, and what it understood can be compared with what we understood of the same bytes.
 */
import { isDeepStrictEqual } from 'node:util'
import { startOtelcol, stopOtelcol } from '../../bench/otelcol-process.ts'
import type { IngestResult } from '../../services/collector/ingest-port.ts'
import { DECODE_LIMITS } from '../../services/collector/otlp/model.ts'
import { plain } from './otlp-plain.ts'
import { openOtlp } from './otlp-rig.ts'
import type { OtlpRig } from './otlp-rig.ts'

/** One side: where to send to, and where what it took ends up. */
export interface Side {
  readonly http: string
  readonly grpc: string
  readonly rig: OtlpRig
}

export interface Pair {
  readonly ours: Side
  readonly theirs: Side
  stop(): Promise<void>
}

/** Of one request, both sides. */
export const MAX_MIB = 1
const MAX_BYTES = MAX_MIB * 1024 * 1024

/** `answer`: what ingest does, behind us and behind the Collector. */
export async function openPair(program: string, answer: () => IngestResult): Promise<Pair> {
  const own = await openOtlp({ answer, maxBytes: MAX_BYTES })
  // What stands behind must not be what refuses.
  const behind = await openOtlp({ answer, limits: { ...DECODE_LIMITS, depth: 2_000 } })
  const pipeline = { exporters: ['otlp_http'] }
  const otelcol = await startOtelcol(program, {
    exporters: { otlp_http: { endpoint: behind.http, compression: 'none', sending_queue: { enabled: false }, retry_on_failure: { enabled: false } } },
    pipelines: { traces: pipeline, logs: pipeline, metrics: pipeline },
    maxRequestMib: MAX_MIB,
  })
  return {
    ours: { http: own.http, grpc: own.grpc, rig: own },
    theirs: { http: otelcol.http, grpc: otelcol.grpc, rig: behind },
    stop: async () => void await Promise.all([stopOtelcol(otelcol), own.stop(), behind.stop()]),
  }
}

/** What a side answered and what it took, in words that can be compared and shown. */
export interface Outcome {
  /** `200, success`, `400, status 3, application/json`; texts for people are not part of it. */
  readonly answer: string
  /** Items with their resource and scope, however they were grouped. */
  readonly took: readonly unknown[]
}

/** Both outcomes in words that are equal only where the outcomes are. */
export function inWords(ours: Outcome, theirs: Outcome): readonly [ours: string, theirs: string] {
  const word = (took: readonly unknown[]): string => (took.length === 0 ? 'nothing taken' : 'taken')
  const otherwise = ours.took.length > 0 && theirs.took.length > 0 && !isDeepStrictEqual(plain(ours.took), plain(theirs.took))
  return [`${ours.answer}; ${word(ours.took)}`, `${theirs.answer}; ${otherwise ? 'taken otherwise' : word(theirs.took)}`]
}

/** What `send` makes this side take. One request at a time. */
export async function watched({ rig }: Side, send: () => Promise<string>): Promise<Outcome> {
  const before = [rig.traces.length, rig.logs.length, rig.metrics.length] as const
  const answer = await send()
  const fresh = [...rig.traces.slice(before[0]), ...rig.logs.slice(before[1]), ...rig.metrics.slice(before[2])]
  return { answer, took: fresh.flatMap(({ data }) => data.flatMap(({ resource, scope, items }) => items.map((item) => ({ resource, scope, item })))) }
}
