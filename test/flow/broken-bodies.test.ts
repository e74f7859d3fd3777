/**
 * Bodies of every emitter with what nobody would send in them: nothing throws, every record is counted as taken, passed over or refused, and what is taken is
 * a whole record that comes out of its bytes as it went in, is joined, and is written.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import { AuditEvent, type AuditEventFields } from '../../schemas/audit-event.ts'
import { Failure } from '../../schemas/failure.ts'
import { Interaction } from '../../schemas/interaction.ts'
import { EventRecord, interactions } from '../../schemas/topics.ts'
import type { Normalised } from '../../services/collector/contracts.ts'
import { LAST_TIME } from '../../services/collector/normalise/clock.ts'
import { EMITTERS } from '../../services/collector/normalise/emitters/list.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { everyBody, normalised, type Observed, observedFolders } from '../../services/collector/normalise/sample-telemetry.ts'
import { decode } from '../../services/collector/otlp/decode.ts'
import { type AnyValue, DECODE_LIMITS, Double, type LogRecord, type Scoped, type Span } from '../../services/collector/otlp/model.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { assemble } from './assembling.ts'

/** WATCHKEEPER_RUNS looks longer. */
const RUNS = Number(process.env['WATCHKEEPER_RUNS'] ?? 2)
const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })
const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 1)))

const KEYS = [...new Set([
  ...EMITTERS.flatMap(({ fields }) => Object.values(fields).flatMap((sources) => sources.map(({ key }) => key))),
  'gen_ai.input.messages', 'gen_ai.output.messages', 'pydantic_ai.all_messages', 'prompt', 'model_request_parameters', 'gen_ai.tool.definitions',
  'watchkeeper.said', 'sent.watchkeeper.said', 'log.body', '__proto__', 'constructor', '', '\0', '\ud800',
])]
const DEPTH = 20_000
const nested = (levels: number): AnyValue => (levels === 0 ? 'x' : levels % 2 === 0 ? [nested(levels - 1)] : new Map([['x', nested(levels - 1)]]))
const ODD: readonly AnyValue[] = [
  null, '', '\0', 'a\0b', '\ud800', '\udc00x', 'x\ud83d', '\ufeff', '\u202e', '-1', '1e999', 'NaN', '-0', '9'.repeat(400), 'unknown', 'constructor',
  '__proto__', 2n ** 63n - 1n, -(2n ** 63n), -1, 0, 2 ** 53, true, false, new Double(Number.NaN), new Double(-Infinity),
  new Double(1e308), new Double(-0), new Uint8Array(), new Uint8Array([0xff, 0xfe, 0]),
  new Uint8Array([0, 0, 0]), [], [[]], [null], new Map(), new Map([['', null]]), new Map([['__proto__', 'x']]), nested(30),
  '['.repeat(DEPTH), `${'['.repeat(DEPTH)}1${']'.repeat(DEPTH)}`, `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
  '{"a":', '{"a":1}x', '{"a":"\\ud800"}', '"\\u0000"', '[1,', '{}', '[]', 'null', 'x'.repeat(70_000),
]
const odd = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...ODD) }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) as fc.Arbitrary<AnyValue> })
const time = fc.constantFrom(0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 1_795_300_000_000_000_000n)
const id = fc.constantFrom('', '0'.repeat(16), 'f'.repeat(16), 'f'.repeat(32), 'xyz', 'A'.repeat(16))

/** What may be done to one record. */
const harm = fc.record({
  at: fc.nat(9),
  attributes: fc.array(fc.tuple(fc.constantFrom(...KEYS), odd), { maxLength: 4 }),
  /** The value of an attribute that is there. */
  other: fc.array(fc.tuple(fc.nat(30), odd), { maxLength: 3 }),
  times: fc.option(fc.tuple(time, time), { nil: undefined }),
  ids: fc.option(fc.tuple(id, id, id), { nil: undefined }),
  name: fc.option(fc.constantFrom('', '\0', '\ud800', 'tools/call', 'x'.repeat(70_000), 'tools/call \ud800'), { nil: undefined }),
  kind: fc.option(fc.constantFrom(-1, 0, 3, 99), { nil: undefined }),
})
type Harm = typeof harm extends fc.Arbitrary<infer H> ? H : never

function harmed(item: Span | LogRecord, { attributes, other, times, ids, name, kind }: Harm): Span | LogRecord {
  const own = new Map(item.attributes)
  const keys = [...own.keys()]
  for (const [nth, value] of other) if (keys.length > 0) own.set(keys[nth % keys.length] as string, value)
  for (const [key, value] of attributes) own.set(key, value)
  const [at, until] = times ?? []
  const [traceId, spanId, parentSpanId] = ids ?? []
  const changed: Record<string, unknown> = 'kind' in item
    ? { startedAt: at, endedAt: until, traceId, spanId, parentSpanId, name, kind }
    : { at, observedAt: until, traceId, spanId, eventName: name, body: other[0]?.[1] }
  return { ...item, ...Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)), attributes: own }
}

function broken(body: Observed, harms: readonly Harm[]): Observed {
  let nth = 0
  const data = (body.data as readonly Scoped<Span | LogRecord>[]).map((scoped) => ({
    ...scoped,
    items: scoped.items.map((item) => {
      const place = nth++
      return harms.filter(({ at }) => at === place % 10).reduce(harmed, item)
    }),
  }))
  return { ...body, data } as Observed
}

const received = (body: Observed): number => (body.data as readonly Scoped<unknown>[]).reduce((sum, { items }) => sum + items.length, 0)

function checkCounts({ events, counted }: Normalised, sent: number): void {
  expect(events.length).toBe(counted.accepted)
  expect(counted.accepted + counted.rejected.length + [...counted.skipped.values()].reduce((sum, one) => sum + one, 0)).toBe(sent)
  expect(counted.bySource.reduce((sum, one) => sum + one.received, 0)).toBe(sent)
  for (const one of counted.bySource) expect(one.accepted + one.skipped + one.rejected).toBe(one.received)
}

/** UTF-8 has no half of a surrogate pair. */
const wellFormed = (value: unknown): unknown => {
  if (typeof value === 'string') return Buffer.from(value).toString()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (value instanceof Map) return [...value].map(([key, each]) => [wellFormed(key), wellFormed(each)])
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, wellFormed(each)])) : value
}
const TIMES = ['started_at', 'ended_at', 'observed_at', 'duration_ns', 'received_at'] as const

function checkRecord(record: EventRecord, event: AuditEventFields): void {
  const stored = record.event as AuditEvent
  expect(AuditEvent.parse(stored)).toEqual(stored)
  const { salt: _salt, ...rest } = stored as AuditEvent & { salt?: unknown }
  expect(wellFormed(rest)).toEqual(wellFormed({ ...event, ...('salt' in event ? { salt: undefined } : {}) }))
  for (const field of TIMES) expect(stored[field] >= 0n && stored[field] <= LAST_TIME, `${field} ${stored[field]}`).toBe(true)
  expect(record.head?.event_id).toBe(stored.event_id)
}

/** Everything that happens to a request behind its decoding. */
function checkAll(taken: Normalised, sent: number): void {
  checkCounts(taken, sent)
  for (const event of taken.events) redactor.redact(event)
  expect(taken.events.filter(({ redacted }) => redacted.includes('event:unscanned'))).toEqual([])
  const records = EventRecord.together(taken.events)
  records.forEach((record, at) => checkRecord(record, taken.events[at] as AuditEventFields))
  const whole = assemble(taken.events)
  for (const call of whole) expect(Interaction.parse(call)).toEqual(call)
  expect(interactions.codec.decode(interactions.codec.encode(whole))).toHaveLength(whole.length)
  const told = whole.flatMap(({ event_ids: ids }) => ids)
  expect(new Set(told).size).toBe(told.length)
  const calls = taken.events.filter(({ method }) => method !== '').map(({ event_id: one }) => one)
  expect(calls.filter((one) => !told.includes(one))).toEqual([])
}

const mutation = fc.record({ at: fc.nat(), with: fc.uint8Array({ minLength: 1, maxLength: 4 }) })

describe.each(observedFolders())('$folder', ({ folder, bodies }) => {
  it('with odd values, times, ids and names in records', () => {
    fc.assert(fc.property(fc.array(harm, { minLength: 1, maxLength: 6 }), (harms) => {
      for (const body of bodies) {
        const changed = broken(body, harms)
        checkAll(normalised(normaliser, changed), received(changed))
      }
    }), { numRuns: RUNS })
  })

  it('with bytes changed', () => {
    fc.assert(fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      for (const { bytes, ...as } of everyBody(folder)) {
        const changed = Buffer.from(bytes)
        for (const { at, with: piece } of mutations) changed.set(piece.subarray(0, changed.length - (at % changed.length)), at % changed.length)
        let body
        try {
          body = decode({ ...as, bytes: changed }, DECODE_LIMITS)
        } catch (error) {
          // Refused as a whole, in words.
          expect(error instanceof Failure && error.kind === 'rejected', String(error)).toBe(true)
          continue
        }
        if (body.signal !== 'metrics') checkAll(normalised(normaliser, body), received(body))
      }
    }), { numRuns: RUNS })
  })
})
