/** OTLP bodies through the product's own collector, assembler and detectors, in this process and without a disk. */
import { createKeyedHash } from '../../../infra/keys/keyed-hash.ts'
import type { Finding } from '../../../schemas/finding.ts'
import type { Interaction } from '../../../schemas/interaction.ts'
import type { Publisher } from '../../../schemas/ports.ts'
import { EventRecord, events } from '../../../schemas/topics.ts'
import { type AssemblerLimits, emptyState, fold } from '../../../services/assembler/fold.ts'
import { tokensOf } from '../../../services/assembler/tokens.ts'
import { createNormaliser } from '../../../services/collector/normalise/normaliser.ts'
import { decode } from '../../../services/collector/otlp/decode.ts'
import { DECODE_LIMITS, type Traces } from '../../../services/collector/otlp/model.ts'
import { createPipeline } from '../../../services/collector/pipeline.ts'
import { createRedactor } from '../../../services/collector/redact/redactor.ts'
import { armAll } from '../../../services/detector-list.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../../../services/worker/contracts.ts'
import { DefectGuard } from '../../../services/worker/defects.ts'
import { emptyFold, Fold } from '../../../services/worker/fold.ts'
import { Outbox } from '../../../services/worker/outbox.ts'
import { Recent } from '../../../services/worker/recent.ts'

const SECOND_NS = 1_000_000_000n
const LIMITS: AssemblerLimits = {
  quietNs: 10n * SECOND_NS, lineageNs: 900n * SECOND_NS, spansPerTrace: 5_000, spansPerTenant: 100_000, spans: 100_000, relatedCalls: 10_000, callsPerConversation: 200,
  conversationCharacters: 65_536,
}
const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })
const redactor = createRedactor(keyedHash)
const nothing = (): void => undefined
const SILENT: WorkerTelemetry = {
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, recordUndecodable: nothing, snapshotSaved: nothing,
  snapshotIgnored: nothing, gapSeen: nothing, warmedUp: nothing, statesReset: nothing, subscriptionFailed: nothing,
  detectorFailed(detector, _, error) {
    throw new Error(`${detector} failed: ${error}`)
  },
}

/** A text as it may be written. */
export const redacted = (text: string): string => redactor.text('default', text)

export interface Watched {
  /** Newest version of each, without those that were withdrawn. */
  readonly interactions: readonly Interaction[]
  /** All that any version raised. */
  readonly findings: readonly Finding[]
}

async function collected(body: Buffer, receivedAt: bigint): Promise<EventRecord[]> {
  const records: EventRecord[] = []
  const bus: Publisher = {
    async publish(topic, batch) {
      if (topic.name === events.name) for (const { record } of batch) records.push(record as EventRecord)
    },
    broadcast: () => Promise.resolve(),
  }
  const pipeline = createPipeline({ bus, normaliser, redactor, telemetry: { received: nothing, receivedMetrics: nothing } })
  const { data } = decode({ signal: 'traces', encoding: 'json', bytes: body }, DECODE_LIMITS)
  await pipeline.traces(data as Traces, { tenant: 'default', transport: 'otlp/http+json', peer: '127.0.0.1', receivedAt })
  return records
}

function newest(versions: readonly Interaction[]): Interaction[] {
  const byId = new Map<string, Interaction>()
  for (const version of versions) if (version.version > (byId.get(version.interaction_id)?.version ?? 0)) byId.set(version.interaction_id, version)
  return [...byId.values()].filter((interaction) => interaction.merged_into === '')
}

async function judged(versions: readonly Interaction[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const outbox = new Outbox(new Recent(10_000), SILENT)
  const parts = { armed: armAll({}), config: WORKER_DEFAULTS, keyedHash, telemetry: SILENT, guard: new DefectGuard(1, SILENT), outbox }
  const worker = new Fold(emptyFold(), parts)
  for (const [offset, interaction] of versions.entries()) {
    worker.apply({ interaction, keysFor: (detector) => detector.keysOf(interaction), reviews: true, lessons: [] }, { topic: 'interactions', partition: 0, offset })
  }
  await outbox.flush({ publish: async (topic, batch) => { if (topic.name === 'findings') for (const { record } of batch) findings.push(record as Finding) }, broadcast: () => Promise.resolve() })
  return findings
}

/** Everything that was seen of these bodies, five seconds of record time apart, by an assembler and a worker that know nothing else. */
export async function watch(bodies: readonly Buffer[]): Promise<Watched> {
  const state = emptyState()
  const versions: Interaction[] = []
  const options = { limits: LIMITS, out: versions, tokens: tokensOf(keyedHash), takes: () => true }
  let at = 1_790_000_000n * SECOND_NS
  let offset = 0
  for (const body of bodies) {
    fold(state, { offset: offset++, records: await collected(body, at) }, options)
    at += 5n * SECOND_NS
  }
  for (const wait of [20n, 20n]) fold(state, { offset: offset++, records: [EventRecord.tick(at += wait * SECOND_NS)] }, options)
  return { interactions: newest(versions), findings: await judged(versions) }
}
