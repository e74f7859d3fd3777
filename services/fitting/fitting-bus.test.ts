import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exampleFinding } from '../../schemas/finding.ts'
import { blankInteraction, exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Bus, Keyed, Log } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import { RefusedRecords } from '../../schemas/refused-records.ts'
import type { Relay, Word } from '../../schemas/relay.ts'
import type { Step } from '../../schemas/step.ts'
import { correlations, events, EventRecord, findings, interactions, quarantine, steps, type Topic } from '../../schemas/topics.ts'
import { fittingBus } from './fitting-bus.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** A bus whose topics take no record above a limit, with what was published and broadcast, by topic. */
function narrow(limit: number, away: readonly string[] = []) {
  const published = new Map<string, Keyed<unknown>[]>()
  const keep = (topic: string, batch: readonly Keyed<unknown>[]): void => void published.set(topic, [...(published.get(topic) ?? []), ...batch])
  const inner: Bus = {
    async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]) {
      if (away.includes(topic.name)) throw new Failure('unavailable', 'test', 'away')
      const isLarge = ({ record }: Keyed<T>): boolean => topic.codec.encode([record]).length > limit
      keep(topic.name, batch.filter((one) => !isLarge(one)))
      const refused = batch.filter(isLarge).map(({ record }) => record)
      if (refused.length > 0) throw new RefusedRecords('test.too_large', 'it is too large', refused)
    },
    async broadcast(topic, record) {
      await inner.publish(topic, [{ key: '*', record }])
    },
    subscribe: () => Promise.reject(new Error('nobody reads here')), lag: async () => [], close: async () => undefined,
  }
  return { bus: fittingBus(inner, 'assembler', log), of: <T>({ name }: Topic<T>) => (published.get(name) ?? []) as Keyed<T>[] }
}

const LARGE = 65_536
const call = (more: Partial<Interaction>): Interaction => ({ ...exampleInteraction, ...more })
const keyed = <T>(...records: readonly T[]): Keyed<T>[] => records.map((record, at) => ({ key: `key ${at}`, record }))

it('what fits is as it was, and cut is only what does not, under its id, its key and with the name of what was cut', async () => {
  const { bus, of } = narrow(60_000)
  const [small, large] = [call({ interaction_id: 'a'.repeat(32) }), call({ arguments: '€'.repeat(LARGE), arguments_hash: 'h', redacted: ['result:jwt'] })]
  await bus.publish(interactions, keyed(small, large, small))
  const [first, second, cut] = of(interactions)
  expect([first!.record, second!.record]).toEqual([small, small])
  expect(cut).toEqual({ key: 'key 1', record: { ...large, arguments: '€'.repeat(16_384), redacted: ['arguments:truncated', 'result:jwt'] } })
  expect(of(quarantine)).toEqual([])
})

it('names are left out rather than halved, ids stay, and what does not fit however cut is in quarantine by its id', async () => {
  const large = call({ tool: 'x'.repeat(LARGE), conversation: 'c'.repeat(LARGE), actor: 'short', result: 'r'.repeat(LARGE) })
  const { bus, of } = narrow(10_000)
  await bus.publish(interactions, keyed(large))
  expect(of(interactions)[0]!.record).toMatchObject({
    interaction_id: large.interaction_id, tool: '', conversation: '', actor: 'short', result: 'r'.repeat(256), redacted: ['conversation:truncated', 'result:truncated', 'tool:truncated'],
  })
  const tiny = narrow(700)
  await tiny.bus.publish(interactions, keyed(large, call({})))
  await tiny.bus.publish(interactions, keyed(large))
  expect(tiny.of(interactions).map(({ record }) => record)).toEqual([call({})])
  const aside = tiny.of<Quarantined>(quarantine).map(({ record }) => record)
  expect(aside[0]).toMatchObject({
    tenant: large.tenant, stage: 'assembler', reason: 'refused_row', topic: 'interactions', payload: '', quarantined_at: large.received_at,
    detail: `record of topic interactions (interaction_id ${large.interaction_id}, version 1): it is too large`,
  })
  expect(aside[1]!.quarantine_id).toBe(aside[0]!.quarantine_id)
})

it('no column of an interaction is too large for the smallest room', async () => {
  const kept = new Set(['interaction_id', 'tenant', 'trace_id', 'token_fingerprint', 'arguments_hash', 'result_hash', 'merged_into', 'client_range', 'client_hosting', 'vantages'])
  const fill = (value: unknown): unknown => {
    if (value === '') return 'x'.repeat(LARGE)
    if (Array.isArray(value)) return Array(100).fill('x'.repeat(1_000))
    return value instanceof Map ? new Map(Array.from({ length: 100 }, (_, at) => [`${at}`, 'x'.repeat(1_000)])) : value
  }
  const filled = Object.entries(blankInteraction()).map(([name, value]) => [name, kept.has(name) ? value : fill(value)])
  const { bus, of } = narrow(60_000)
  await bus.publish(interactions, keyed(call(Object.fromEntries(filled) as Partial<Interaction>)))
  expect([of(interactions).length, of(quarantine).length]).toEqual([1, 0])
})

it('words of a conversation are told in several records, none of them cut', async () => {
  const { bus, of } = narrow(1_048_576 - 1024)
  const words = Array.from({ length: 256 }, (_, at): Word => ({ kind: 'turn', id: '', text: `${at} ${'語'.repeat(2_040)}`, at: BigInt(at) }))
  await bus.publish(correlations, keyed<Relay>({ kind: 'words', key: 'k', at: 1n, trace: 't', words }, { kind: 'tick', key: '', at: 2n }))
  const told = of(correlations).flatMap(({ record }) => (record.kind === 'words' ? record.words : []))
  expect(told).toEqual(words)
  expect(of(correlations).filter(({ key }) => key === 'key 0').every(({ record }) => record.kind === 'words' && record.key === 'k' && record.trace === 't')).toBe(true)
})

it('parts, steps, findings and lessons are cut in what they carry', async () => {
  const { bus, of } = narrow(50_000)
  const interaction = call({ result: '語'.repeat(LARGE) })
  const part = { interaction, trace: 't', conversation: 'c', rooted: true, bridged: false, asked: '', answered: '', turns: ['x'.repeat(LARGE)], results: [{ id: 'one', text: 'y'.repeat(LARGE) }] }
  const step: Step = { interaction, keys: [{ detector: 'd', key: 'k' }], lessons: [], notices: [] }
  await bus.publish(correlations, keyed<Relay>({ kind: 'part', key: 'k', at: 1n, home: 'call', part }))
  await bus.publish(steps, keyed(step))
  await bus.broadcast(steps, { ...step, keys: [], lessons: [{ detector: 'd', key: 'k', lesson: 1 }] })
  await bus.publish(findings, keyed({ ...exampleFinding, observed: 'o'.repeat(LARGE), tool: 't'.repeat(LARGE) }))
  const id = { interaction_id: interaction.interaction_id, redacted: ['result:truncated'] }
  expect(of(correlations)[0]!.record).toMatchObject({ kind: 'part', key: 'k', part: { interaction: id, trace: 't', conversation: 'c', rooted: true } })
  expect(of(steps).map(({ record }) => record)).toMatchObject([{ interaction: id, keys: step.keys }, { interaction: id, lessons: [{ lesson: 1 }] }])
  const [{ record: finding }] = of(findings) as [Keyed<typeof exampleFinding>]
  expect(finding).toMatchObject({ finding_id: exampleFinding.finding_id, severity: 'critical', actor: exampleFinding.actor, tool: '' })
  expect(finding.observed).toBe(`${'o'.repeat(256)} [truncated]`)
})

it('a quarantined record loses its bytes and says so; where even that fits nowhere, the publisher hears it', async () => {
  const record: Quarantined = {
    quarantine_id: 'q', tenant: 't', source: '', stage: 'worker', reason: 'defect', detector: 'd', detail: 'it threw', topic: 'events', partition: 0, offset: 1, offset_index: -1,
    payload: 'A'.repeat(LARGE), quarantined_at: 1n,
  }
  const { bus, of } = narrow(2_000)
  await bus.publish(quarantine, keyed(record))
  expect(of(quarantine)[0]!.record).toEqual({ ...record, payload: '', detail: 'it threw; its bytes (65536 in base64) fit in no record of topic quarantine and were not kept' })
  await expect(narrow(50).bus.publish(quarantine, keyed(record))).rejects.toBeInstanceOf(RefusedRecords)
})

it('an absent bus is no refusal, also where only the quarantine is away; observations are refused to their sender', async () => {
  const large = call({ arguments: 'x'.repeat(LARGE) })
  await expect(narrow(700, ['interactions']).bus.publish(interactions, keyed(large))).rejects.toMatchObject({ kind: 'unavailable' })
  await expect(narrow(100, ['quarantine']).bus.publish(interactions, keyed(large))).rejects.toMatchObject({ kind: 'unavailable' })
  await expect(narrow(100).bus.publish(events, keyed(EventRecord.of(Buffer.alloc(200))))).rejects.toBeInstanceOf(RefusedRecords)
})

it('whatever an interaction holds and however little the topic takes, it is there once: as it was, cut, or in quarantine', async () => {
  const length = fc.constantFrom(0, 1, 255, 256, 257, 5_000, 40_000)
  const text = fc.tuple(fc.constantFrom('a', '語', '😀'), length).map(([one, count]) => one.repeat(count))
  const made = fc.record({
    arguments: text, result: text, tool: text, actor: text, conversation: text, user_agent: text,
    event_ids: length.map((count) => Array.from({ length: Math.min(count, 3_000) }, (_, at) => at.toString(16).padStart(32, '0'))),
    argument_sources: fc.tuple(length, text).map(([count, path]) => new Map(Array.from({ length: Math.min(count, 300) }, (_, at) => [`$.${at}${path.slice(0, 300)}`, 'model']))),
  })
  await fc.assert(fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: 4 }), fc.constantFrom(600, 3_000, 30_000, 300_000), async (all, limit) => {
    const { bus, of } = narrow(limit)
    const calls = all.map((more, at) => call({ ...more, interaction_id: at.toString(16).padStart(32, '0') }))
    await bus.publish(interactions, keyed(...calls))
    const kept = new Map(of(interactions).map(({ key, record }) => [record.interaction_id, { key, record }]))
    for (const [at, one] of calls.entries()) {
      const { key, record } = kept.get(one.interaction_id) ?? {}
      const asides = of<Quarantined>(quarantine).filter((aside) => aside.record.detail.includes(one.interaction_id))
      expect(asides).toHaveLength(record === undefined ? 1 : 0)
      if (record === undefined) continue
      expect([key, record.tenant, record.arguments_hash]).toEqual([`key ${at}`, one.tenant, one.arguments_hash])
      if (interactions.codec.encode([one]).length <= limit) expect(record).toEqual(one)
      else expect(record.redacted.some((mark) => mark.endsWith(':truncated'))).toBe(true)
      expect(one.arguments.startsWith(record.arguments)).toBe(true)
      expect(['', one.tool]).toContain(record.tool)
    }
    expect(of(interactions).length + of(quarantine).length).toBe(calls.length)
  }), { numRuns: 60 })
})
