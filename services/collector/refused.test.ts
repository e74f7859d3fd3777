import { expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { Keyed, Publisher } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import { RefusedRecords } from '../../schemas/refused-records.ts'
import { EventRecord, type Topic } from '../../schemas/topics.ts'
import type { Arrival, Counted, CountedPoints } from './contracts.ts'
import { createNormaliser } from './normalise/normaliser.ts'
import type { Traces } from './otlp/model.ts'
import { createPipeline } from './pipeline.ts'

const arrival: Arrival = { tenant: 't', transport: 'test', peer: '', receivedAt: 7n }
const LARGE = 20_000

/** A bus whose topics take no record above a limit. */
function narrow(quarantineAway = false) {
  const published = new Map<string, unknown[]>()
  const told: Counted[] = []
  const points: CountedPoints[] = []
  const bus: Publisher = {
    async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]) {
      if (topic.name === 'quarantine' && quarantineAway) throw new Failure('unavailable', 'test', 'away')
      const isLarge = ({ record }: Keyed<T>): boolean => topic.codec.encode([record]).length > LARGE
      published.set(topic.name, [...(published.get(topic.name) ?? []), ...batch.filter((one) => !isLarge(one)).map(({ record }) => record)])
      const refused = batch.filter(isLarge).map(({ record }) => record)
      if (refused.length > 0) throw new RefusedRecords('test.too_large', 'a record is larger than the topic takes', refused)
    },
    broadcast: async () => undefined,
  }
  const ingest = createPipeline({
    bus, normaliser: createNormaliser({ mcpPaths: [] }), redactor: { redact: () => undefined, text: (_tenant, text) => text, point: (point) => point },
    telemetry: { received: (counted) => void told.push(counted), receivedMetrics: (counted) => void points.push(counted) },
  })
  return { published, told, points, ingest }
}

const span = (n: number, tool: string) => ({
  traceId: '7'.repeat(32), spanId: n.toString(16).padStart(16, '0'), parentSpanId: '', traceState: '', name: 'tools/call', kind: 2, startedAt: 1n, endedAt: 2n,
  attributes: new Map([['mcp.method.name', 'tools/call'], ['gen_ai.tool.name', tool]]), events: [], links: [], statusCode: 0, statusMessage: '',
})
const from = (source: string, ...items: ReturnType<typeof span>[]): Traces =>
  [{ resource: { attributes: new Map([['service.name', source]]) }, scope: { name: 'test', version: '', attributes: new Map() }, items }]
const sent: Traces = [...from('one', span(1, 'read'), span(2, 'x'.repeat(50_000))), ...from('two', span(3, 'read'), span(0, 'no id'))]

it('only what is too large is rejected: the rest is taken, the account adds up by source, and the quarantine names it', async () => {
  const { published, told, ingest } = narrow()
  const result = await ingest.traces(sent, arrival)
  const heads = (published.get('events') as EventRecord[]).map(({ head }) => head)
  const isRejected = told[0]!.rejected.length
  expect(heads.map((head) => head?.source)).toEqual(Array.from({ length: result.accepted }, (_, i) => (i === 0 ? 'one' : 'two')))
  expect(result).toMatchObject({ accepted: heads.length, rejected: isRejected, message: expect.stringContaining('larger than the topic takes') })
  for (const { received, accepted, skipped, rejected } of told[0]!.bySource) expect(received).toBe(accepted + skipped + rejected)
  expect(told[0]!.bySource[0]).toMatchObject({ source: 'one', received: 2, accepted: 1, rejected: 1 })
  const [entry] = published.get('quarantine') as Quarantined[]
  expect(entry).toMatchObject({ tenant: 't', source: 'one', stage: 'collector', reason: 'refused_row', topic: 'events', payload: '', quarantined_at: 7n })
  expect(entry!.detail).toMatch(/^event [0-9a-f]{32} with content hash [0-9a-f]{64}: a record/)
})

it('the same again is the same entry, and without a quarantine the sender is asked to come again', async () => {
  const { published, ingest } = narrow()
  await ingest.traces(sent, arrival)
  await ingest.traces(sent, { ...arrival, receivedAt: 8n })
  const [first, second] = published.get('quarantine') as Quarantined[]
  expect(second!.quarantine_id).toBe(first!.quarantine_id)
  const away = narrow(true)
  await expect(away.ingest.traces(sent, arrival)).rejects.toMatchObject({ kind: 'unavailable' })
  expect(away.told).toEqual([])
})

it('metric points that are too large are rejected alone, and their account adds up too', async () => {
  const { published, points, ingest } = narrow()
  const point = (at: bigint, note: string) => ({ attributes: new Map([['note', note]]), startedAt: 1n, at, value: 1, count: 1n })
  const [group] = from('one') as [Traces[number]]
  const items = [{ name: 'mcp.server.operation.duration', unit: 's', kind: 'histogram', temporality: 1, points: [point(1n, 'a'), point(2n, 'x'.repeat(50_000))] }] as const
  expect(await ingest.metrics([{ ...group, items }], arrival)).toMatchObject({ accepted: 1, rejected: 1 })
  expect(published.get('metrics')).toHaveLength(1)
  expect(points).toEqual([{ accepted: 1, skipped: 0, bySource: [{ source: 'one', received: 2, accepted: 1, skipped: 0, rejected: 1 }] }])
})
