import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuditEvent } from '../../../schemas/audit-event.ts'
import { decodeCanonical, encodeCanonical } from '../../../schemas/canonical.ts'
import { saidIn, SAID_KEY } from '../../../schemas/said-identity.ts'
import { type AnyValue, Double, type Metrics } from '../otlp/model.ts'
import { EMITTERS } from './emitters/list.ts'
import { createNormaliser } from './normaliser.ts'
import { ARRIVAL, eventOf, normaliseLogs, normaliseSpans, spanOf } from './sample-telemetry.ts'

const MCP = { 'mcp.method.name': 'tools/list' }

describe('what is kept', () => {
  it('counts what has nothing to do with MCP', () => {
    const { events, counted: { skipped } } = normaliseSpans([
      { name: 'SELECT' },
      { name: 'GET /', kind: 2, attributes: { 'http.request.method': 'GET', 'url.path': '/' } },
      { attributes: MCP },
    ])
    expect(events).toHaveLength(1)
    expect(skipped).toEqual(new Map([['not_mcp', 2]]))
    expect(normaliseLogs([{ body: 'started' }]).counted.skipped).toEqual(new Map([['not_mcp', 1]]))
  })

  it.each([[true], ['true']])('counts our own telemetry (%o)', (mark) => {
    const around = { resource: { 'watchkeeper.telemetry': mark } }
    expect(normaliseSpans([{ attributes: MCP }, { attributes: MCP }], around)).toMatchObject({ events: [], counted: { skipped: new Map([['own_telemetry', 2]]) } })
    expect(normaliseLogs([{ attributes: MCP }], around).counted.skipped).toEqual(new Map([['own_telemetry', 1]]))
  })

  it('keeps logs that carry MCP attributes, with body and severity', () => {
    const [event] = normaliseLogs([
      { attributes: MCP, body: 'served', severityText: 'INFO', eventName: 'access', traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'short' },
    ]).events
    expect(event).toMatchObject({
      name: 'access',
      vantage: 'log',
      emitter: 'semconv',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: '',
      outcome: 'unknown',
      observed_at: 5_000_000_100n,
    })
    expect(event?.attributes.get('log.body')).toEqual({ type: 'string', text: 'served' })
  })
})

describe('identity', () => {
  it.each([
    ['', ''],
    ['0af7', 'b7ad6b7169203331'],
    ['0'.repeat(32), 'b7ad6b7169203331'],
    ['0af7651916cd43dd8448eb211c80319c', '0'.repeat(16)],
    ['0AF7651916CD43DD8448EB211C80319C', 'b7ad6b7169203331'],
  ])('refuses a span with ids %o %o', (traceId, spanId) => {
    const { events, counted: { rejected } } = normaliseSpans([{ traceId, spanId, attributes: MCP, name: 'x\u001b[31m' + 'y'.repeat(200) }, { attributes: MCP }])
    expect(events).toHaveLength(1)
    expect(rejected).toHaveLength(1)
    expect(rejected[0]?.why).toMatch(/(trace_id must be 16|span_id must be 8) bytes/)
    expect(rejected[0]?.what).not.toContain('\u001b')
    expect(rejected[0]?.what.length).toBeLessThan(120)
  })

  it('depends on tenant, trace and span, and on nothing else', () => {
    const one = eventOf({ attributes: MCP })
    expect(eventOf({ attributes: MCP, name: 'forged', startedAt: 7n }).event_id).toBe(one.event_id)
    expect(eventOf({ attributes: MCP, spanId: 'b7ad6b7169203332' }).event_id).not.toBe(one.event_id)
    const other = createNormaliser({ mcpPaths: [] }).traces(
      [{ resource: { attributes: new Map() }, scope: { name: '', version: '', attributes: new Map() }, items: [spanOf({ attributes: MCP })] }],
      { ...ARRIVAL, tenant: 'other' },
    )
    expect(other.events[0]?.event_id).not.toBe(one.event_id)
  })

  it('never takes the exporter for the client', () => {
    expect(eventOf({ kind: 2, attributes: MCP })).toMatchObject({ client_address: '', exporter_peer: ARRIVAL.peer })
  })
})

describe('names that we write ourselves', () => {
  const ours = ['log.body', 'log.severity', 'log.severity_number', 'events.dropped', 'watchkeeper.sent.tracestate', 'watchkeeper.sent.started_at', 'watchkeeper.said']

  it('stay ours in a log, and what the emitter calls so stays its own', () => {
    const sent = Object.fromEntries([...ours, 'sent.log.body', 'sent.sent.log.body', 'log.bodyguard', 'sent.x'].map((name) => [name, `theirs ${name}`]))
    const [event] = normaliseLogs([{ attributes: { ...MCP, ...sent }, body: 'served', severityText: 'INFO', severityNumber: 9, eventName: 'access' }]).events
    const texts = Object.fromEntries([...(event?.attributes ?? [])].map(([name, { text }]) => [name, text]))
    expect(texts).toMatchObject({
      'log.body': 'served', 'log.severity': 'INFO', 'log.severity_number': '9',
      'sent.log.body': 'theirs log.body', 'sent.sent.log.body': 'theirs sent.log.body', 'sent.sent.sent.log.body': 'theirs sent.sent.log.body',
      'log.bodyguard': 'theirs log.bodyguard', 'sent.x': 'theirs sent.x',
    })
    for (const name of ours) expect(texts[`sent.${name}`]).toBe(`theirs ${name}`)
  })

  it('stay ours in a span: nobody says a trace state, a time or a count of events that was none', () => {
    const sent = Object.fromEntries(ours.map((name) => [name, 'theirs']))
    const forged = eventOf({ attributes: { ...MCP, ...sent } }).attributes
    expect(ours.filter((name) => forged.has(name))).toEqual([])
    expect(ours.map((name) => forged.get(`sent.${name}`)?.text)).toEqual(ours.map(() => 'theirs'))
    const at = 10_413_792_000_000_000_000n
    const both = eventOf({ attributes: { ...MCP, ...sent }, traceState: 'ot=th:8', startedAt: at, endedAt: at }).attributes
    expect([both.get('watchkeeper.sent.tracestate')?.text, both.get('watchkeeper.sent.started_at')?.text]).toEqual(['ot=th:8', String(at)])
    expect(both.get('sent.watchkeeper.sent.started_at')?.text).toBe('theirs')
  })

  it('stay ours within an event of a span', () => {
    const event = { at: 3n, name: 'note', attributes: new Map<string, AnyValue>([['time_unix_nano', 'theirs'], ['sent.time_unix_nano', 'too']]) }
    expect(JSON.parse(eventOf({ attributes: MCP, events: [event] }).attributes.get('event.note')?.text ?? '')).toEqual({
      time_unix_nano: 3, 'sent.time_unix_nano': 'theirs', 'sent.sent.time_unix_nano': 'too',
    })
  })
})

describe('a wild clock', () => {
  it.each([
    ['none', 0n, 0n],
    ['1970', 1n, 0n],
    ['end before start', 1_795_225_724_644_000_000n, 1_700_000_000_000_000_000n],
  ])('is kept (%s), with no duration', (_what, startedAt, endedAt) => {
    expect(eventOf({ attributes: MCP, startedAt, endedAt })).toMatchObject({ started_at: startedAt, ended_at: endedAt, duration_ns: 0n })
  })

  it('beyond 64 bits is cut, with what was sent beside it', () => {
    const sent = 10_413_792_000_000_000_000n
    const event = eventOf({ attributes: MCP, startedAt: sent, endedAt: sent + 5n })
    expect(event).toMatchObject({ started_at: 2n ** 63n - 1n, ended_at: 2n ** 63n - 1n, duration_ns: 0n })
    expect(event.attributes.get('watchkeeper.sent.started_at')).toEqual({ type: 'int', text: String(sent) })
    expect(decodeCanonical(encodeCanonical(event).bytes)).toEqual(event)
  })
})

describe('events within a span', () => {
  it('explain a failure only where there is one, and are kept under names of their own', () => {
    const exception = {
      at: 3n,
      name: 'exception',
      attributes: new Map<string, AnyValue>([
        ['exception.type', 'ValueError'],
        ['exception.message', 'no'],
      ]),
    }
    const failed = eventOf({
      kind: 2,
      statusCode: 2,
      attributes: { 'mcp.method.name': 'tools/call' },
      events: [exception, exception, { at: 4n, name: 'x', attributes: new Map() }],
    })
    expect(failed).toMatchObject({ error_type: 'ValueError', status_message: 'no', outcome: 'tool_error' })
    expect([...failed.attributes.keys()]).toEqual(['event.exception', 'event.exception#2', 'event.x'])
    expect(eventOf({ attributes: MCP, events: [exception] })).toMatchObject({ error_type: '', outcome: 'ok' })
  })

  it('are bounded in number and size', () => {
    const big = { at: 1n, name: 'big', attributes: new Map<string, AnyValue>([['text', 'x'.repeat(100_000)]]) }
    const { attributes } = eventOf({ attributes: MCP, events: Array.from({ length: 70 }, () => big) })
    expect(attributes.get('events.dropped')).toEqual({ type: 'int', text: '6' })
    expect(attributes.get('event.big')?.type).toBe('string')
    expect(attributes.get('event.big')?.text.length).toBe(32_769)
  })

  it('keeps links', () => {
    expect(eventOf({ attributes: MCP, links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }] }).links).toEqual([
      `${'a'.repeat(32)}:${'b'.repeat(16)}`,
    ])
  })
})

describe('hostile telemetry', () => {
  const keys = EMITTERS.flatMap((table) =>
    Object.values(table.fields)
      .flat()
      .map(({ key }) => key),
  )
  const leaf = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double().map((value) => new Double(value)),
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom('[REDACTED]', '{', '{}', '=?base64?', '://', '[', 'tools/call', '401', '-32603', '{"mcp_tool_name":1}'),
  ) as fc.Arbitrary<AnyValue>
  const value: fc.Arbitrary<AnyValue> = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.array(fc.tuple(fc.string(), leaf), { maxLength: 3 }).map((entries) => new Map(entries)),
  )
  const name = fc.oneof(fc.constantFrom(...keys, '__proto__', 'constructor', 'toString', 'event.exception', 'hasOwnProperty'), fc.string())
  const attributes = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((entries) => new Map(entries))
  const scopes = fc.constantFrom('', 'fastmcp', 'mcp-python-sdk', 'pydantic-ai', 'com.anthropic.claude_code.events', '__proto__', 'constructor')

  it('always gives whole records that survive the canonical form, or says why not', () => {
    const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })
    fc.assert(
      fc.property(attributes, attributes, scopes, fc.integer({ min: -1, max: 7 }), name, (own, resource, scope, kind, spanName) => {
        const span = { ...spanOf({ kind, name: spanName, statusCode: 2, events: [{ at: 1n, name: spanName, attributes: own }] }), attributes: own }
        const log = {
          at: 1n,
          observedAt: 2n,
          severityNumber: 9,
          severityText: spanName,
          body: [...own.values()],
          eventName: spanName,
          attributes: own,
          traceId: spanName,
          spanId: '',
        }
        const around = { resource: { attributes: resource }, scope: { name: scope, version: '', attributes: own } }
        const spans = normaliser.traces([{ ...around, items: [span] }], ARRIVAL)
        const logs = normaliser.logs([{ ...around, items: [log] }], ARRIVAL)
        for (const result of [spans, logs]) {
          expect(result.events.length + result.counted.rejected.length + [...result.counted.skipped.values()].reduce((sum, count) => sum + count, 0)).toBe(1)
          for (const event of result.events) {
            expect(AuditEvent.parse(event)).toEqual(event)
            expect(decodeCanonical(encodeCanonical(event).bytes).event_id).toBe(event.event_id)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('loses no attribute: each is a field whole or still an attribute', () => {
    fc.assert(
      fc.property(attributes, (own) => {
        const [event] = createNormaliser({ mcpPaths: [] }).traces(
          [
            {
              resource: { attributes: new Map() },
              scope: { name: 'fastmcp', version: '', attributes: new Map() },
              items: [{ ...spanOf({}), attributes: own }],
            },
          ],
          ARRIVAL,
        ).events
        const fields = event === undefined ? [] : Object.values(event)
        const said = saidIn(event?.attributes.get(SAID_KEY))
        for (const [key, sent] of own) {
          const whole =
            (typeof sent === 'string' && (fields.includes(sent) || event?.scopes.join(' ') === sent || said.caller_tenant_source === key || said.delegation_source === key)) ||
            (typeof sent === 'object' && key.startsWith('gen_ai.tool.call.'))
          expect(whole || event?.attributes.has(key)).toBe(true)
        }
      }),
    )
  })
})

describe('metrics', () => {
  const metrics = (name: string, unit: string, kind: 'sum' | 'histogram' = 'histogram'): Metrics => [
    {
      resource: { attributes: new Map([['service.name', 'shop']]) },
      scope: { name: 'any', version: '', attributes: new Map() },
      items: [
        {
          name,
          unit,
          kind,
          temporality: 2,
          points: [{ attributes: new Map([['mcp.method.name', 'tools/call']]), startedAt: 1n, at: 2n, value: 6, count: kind === 'sum' ? 0n : 3n }],
        },
      ],
    },
  ]
  const read = (input: Metrics) => createNormaliser({ mcpPaths: [] }).metrics(input, ARRIVAL)

  it('are those of MCP', () => {
    expect(read(metrics('http.server.request.duration', 's'))).toEqual({
      points: [], counted: { accepted: 0, skipped: 1, bySource: [{ source: 'shop', received: 1, accepted: 0, skipped: 1, rejected: 0 }] },
    })
    expect(read(metrics('kong.gen_ai.mcp.acl.denied', '1', 'sum')).points).toHaveLength(1)
    expect(read(metrics('pingpong', '1', 'sum')).points).toEqual([])
  })

  it('are taken once where a request has one twice, and the second is skipped', () => {
    const [sent] = metrics('mcp.server.operation.duration', 's') as [Metrics[number]]
    const { points, counted } = read([sent, { ...sent, items: sent.items.map((metric) => ({ ...metric, points: [...metric.points, { ...metric.points[0]!, at: 3n }] })) }])
    expect(points.map(({ at }) => at)).toEqual([2n, 3n])
    expect(counted).toMatchObject({ accepted: 2, skipped: 1, bySource: [{ received: 1, accepted: 1, skipped: 0 }, { received: 2, accepted: 1, skipped: 1 }] })
  })

  it.each([
    ['s', 2],
    ['ms', 0.002],
    ['us', 0.000002],
  ])('in %s become seconds', (unit, seconds) => {
    expect(read(metrics('mcp.client.operation.duration', unit)).points[0]?.value_seconds).toBeCloseTo(seconds, 12)
  })

  it('that are no durations have no seconds', () => {
    expect(read(metrics('mcp.tool.calls', '{call}', 'sum')).points[0]).toMatchObject({ value_seconds: Number.NaN, sum: 6, temporality: 'cumulative' })
  })

  it('have an identity by stream and time', () => {
    const [first] = read(metrics('mcp.x', 's')).points
    expect(read(metrics('mcp.x', 's')).points[0]?.point_id).toBe(first?.point_id)
    expect(read(metrics('mcp.y', 's')).points[0]?.point_id).not.toBe(first?.point_id)
  })
})

it('keeps what samplers say in the trace state, and no other trace state', () => {
  const stateOf = (traceState: string): string | undefined => eventOf({ traceState, attributes: { 'mcp.method.name': 'ping' } }).attributes.get('watchkeeper.sent.tracestate')?.text
  expect([stateOf('vendor=1,ot=th:8'), stateOf('vendor=1'), stateOf('')]).toEqual(['vendor=1,ot=th:8', undefined, undefined])
})
