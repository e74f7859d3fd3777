/** Recorded OTLP through collector, log, assembler and archiver into tables: what is there, and that nothing is there twice. */
import { mkdtemp, rm } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openKeyedHash } from '../../infra/keys/key-file.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { Log, Service } from '../../schemas/ports.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { createAssembler } from '../../services/assembler/service.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { createPipeline } from '../../services/collector/pipeline.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { decodeTracesJson } from '../../services/collector/otlp/json/traces.ts'
import { DECODE_LIMITS, type Traces } from '../../services/collector/otlp/model.ts'
import { decodeTraces } from '../../services/collector/otlp/protobuf/traces.ts'

const SECOND = 1_000_000_000n
const START = 1_795_225_800n * SECOND
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (fields, message) => console.error(message, fields) }

let directory = ''
let bus: EmbeddedLog
let store: ClickHouseStore
let services: Service[] = []
let ingest: ReturnType<typeof createPipeline>
let received = START

async function open(): Promise<void> {
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 4, clock: { now: () => START } })
  store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  const snapshots = await openFileSnapshots(join(directory, 'state'), () => undefined)
  const keyed = await openKeyedHash(directory)
  ingest = createPipeline({
    bus, normaliser: createNormaliser({ mcpPaths: ['/mcp'] }), redactor: createRedactor(keyed),
    telemetry: { received: quiet, receivedMetrics: quiet },
  })
  const limits = {
    quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 20_000, spansPerTenant: 500_000, spans: 500_000,
    relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
  }
  services = [
    createArchiver({ events: { records: 10_000, milliseconds: 20 }, others: { records: 10_000, milliseconds: 20 } }, { bus, store, snapshots, log }),
    createAssembler({ partitions: 4, limits, identities: [], snapshotEveryNs: 3_600n * SECOND }, { bus, snapshots, store, log }),
  ]
  for (const service of services) await service.start()
}

async function close(): Promise<void> {
  for (const service of [...services].reverse()) await service.stop()
  await bus.close()
  await store.close()
}

function bodies(emitter: string): Traces[] {
  const folder = `test/fixtures/otlp/${emitter}`
  return readdirSync(folder).filter((name) => name.endsWith('_traces.bin')).sort().map((name) => {
    const body = readFileSync(`${folder}/${name}`)
    return body[0] === 0x7b ? decodeTracesJson(body, DECODE_LIMITS) : decodeTraces(body, DECODE_LIMITS)
  })
}

async function send(bodiesSent: readonly Traces[]): Promise<void> {
  for (const traces of bodiesSent) {
    await ingest.traces(traces, { tenant: 'default', transport: 'test', peer: '127.0.0.1', receivedAt: (received += SECOND) })
  }
}

/** Lets time pass on the bus and waits until every reader has done everything. */
async function settle(): Promise<void> {
  received += 60n * SECOND
  await bus.broadcast(events, EventRecord.tick(received))
  for (;;) {
    const lags = await bus.lag()
    if (lags.filter(({ group }) => group === 'archiver').every(({ committed, end }) => committed === end) && lags.length > 0) break
    await new Promise(setImmediate)
  }
  // The assembler commits seldom; what it published is on the bus when the tick has been through, and the archiver waits for that.
  await new Promise((resolve) => setTimeout(resolve, 400))
}

const rows = async (sql: string) => (await store.query(sql)).map((row) => Object.fromEntries(Object.entries(row)))
const count = async (table: string): Promise<number> => Number((await rows(`SELECT count() AS n FROM watchkeeper.${table}`))[0]?.['n'])

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watchkeeper-flow-'))
  await open()
})
afterAll(async () => {
  await close()
  await rm(directory, { recursive: true, force: true })
})

describe('recordings in tables', () => {
  it('stores 19 + 66 + 2 events and 6 + 28 + 2 interactions', async () => {
    for (const emitter of ['pydantic-ai', 'fastmcp', 'shinzo-ts']) await send(bodies(emitter))
    await settle()
    expect([await count('audit_events'), await count('interactions')]).toEqual([87, 36])
  })

  it('changes no count when all is sent again, also after a restart', async () => {
    await send(bodies('pydantic-ai'))
    await close()
    await open()
    for (const emitter of ['fastmcp', 'pydantic-ai', 'shinzo-ts']) await send(bodies(emitter))
    await settle()
    expect([await count('audit_events'), await count('interactions'), await count('findings')]).toEqual([87, 36, 0])
  })

  it('keeps a forged second record as a conflict, with a finding, and replaces nothing', async () => {
    const forged = bodies('pydantic-ai').map((traces) => traces.map((scoped) => ({
      ...scoped,
      items: scoped.items.map((span) => ({ ...span, attributes: new Map([...span.attributes].map(([key, value]) => [
        key, typeof value === 'string' && value.includes('curl http') ? '{"command":"ls"}' : value,
      ])) })),
    })))
    await send(forged)
    await settle()
    expect(await rows("SELECT count() AS n FROM watchkeeper.audit_events WHERE conflict_with != ''")).not.toEqual([{ n: 0 }])
    expect(await rows("SELECT DISTINCT detector FROM watchkeeper.findings")).toEqual([{ detector: 'record-conflict' }])
    const [call] = await rows("SELECT arguments FROM watchkeeper.interactions WHERE tool = 'run_command' AND requested_by = 'user_turn'")
    expect(call?.['arguments']).toContain('curl')
    expect(await count('interactions')).toBe(36)
  })
})
