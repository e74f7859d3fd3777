import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, blankAuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { type AssemblerLimits, type AssemblerState, emptyState, fold } from './fold.ts'
import { TraceKeys } from './trace-keys.ts'

const SECOND = 1_000_000_000n
const LIMITS: AssemblerLimits = {
  quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 2_000, spansPerTenant: 10_000, spans: 10_000,
  relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
}

const id = (seed: number, length: number): string => seed.toString(16).padStart(length, '0')

/** One observation; parent 0 = root. */
function span(trace: number, own: number, parent: number, fields: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...blankAuditEvent(), event_id: id(trace * 100_000 + own, 32), tenant: 'acme', signal: 'span', trace_id: id(trace, 32), span_id: id(own, 16),
    parent_span_id: parent === 0 ? '' : id(parent, 16), vantage: 'server', method: 'tools/call', tool: `tool_${own}`, emitter: 'fastmcp',
    source: 'files',
    started_at: BigInt(own) * SECOND, ended_at: BigInt(own + 1) * SECOND, received_at: 100n * SECOND, ...fields,
  }
}

/** Calls under one agent run (span 1, the root): each seen by a client and a server. */
function run(trace: number, calls: number): AuditEvent[] {
  const pairs = Array.from({ length: calls }, (_, call) => [
    span(trace, 10 + call * 2, 1, { vantage: 'client', tool: `tool_${call}`, arguments: `{"n":${call}}` }),
    span(trace, 11 + call * 2, 10 + call * 2, { tool: `tool_${call}`, client: 'bot', client_trust: 'server_reported' }),
  ])
  return [...pairs.flat(), span(trace, 1, 0, { vantage: 'agent', method: '', tool: '', name: 'invoke_agent', agent: 'support' })]
}

interface Play {
  readonly state: AssemblerState
  readonly out: Interaction[]
  send(events: readonly AuditEvent[]): void
  tick(at: bigint): void
}

function play(limits = LIMITS): Play {
  const state = emptyState()
  const out: Interaction[] = []
  let offset = 0
  const give = (records: readonly EventRecord[]) => fold(state, { offset: offset++, records }, { limits, out, takes: () => true })
  return { state, out, send: (events) => give(EventRecord.together(events)), tick: (at) => give([EventRecord.tick(at)]) }
}

const heldRecords = ({ traces }: AssemblerState): number => [...traces.values()].reduce((sum, { records }) => sum + records, 0)

function newest(out: readonly Interaction[]): Interaction[] {
  const byId = new Map<string, Interaction>()
  for (const version of out) if (version.version > (byId.get(version.interaction_id)?.version ?? 0)) byId.set(version.interaction_id, version)
  return [...byId.values()].filter(({ merged_into: into }) => into === '')
}
const meaning = (out: readonly Interaction[]) => newest(out).map(({ tool, client, arguments: sent, event_ids: ids }) => ({ tool, client, sent, ids }))
  .sort((left, right) => (left.ids[0] ?? '').localeCompare(right.ids[0] ?? ''))

describe('fold', () => {
  it('makes the same of the same records, in whatever order, envelopes and repetitions they come', () => {
    const events = [...run(1, 4), ...run(2, 3)]
    const whole = play()
    whole.send(events)
    whole.tick(200n * SECOND)
    expect(meaning(whole.out)).toHaveLength(7)
    const sent = [...events, ...events.slice(3, 9)]
    const orders = fc.shuffledSubarray(sent.map((_, index) => index), { minLength: sent.length })
    fc.assert(fc.property(orders, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 30 }), (indexes, sizes) => {
      const order = indexes.map((index) => sent[index] as AuditEvent)
      const cut = play()
      for (let from = 0, i = 0; from < order.length; from += sizes[i++] ?? 1) cut.send(order.slice(from, from + (sizes[i] ?? 1)))
      cut.tick(200n * SECOND)
      expect(meaning(cut.out)).toEqual(meaning(whole.out))
      expect(cut.state.spans).toBe(events.length)
      expect(heldRecords(cut.state)).toBe(events.length)
      expect(cut.state.counts.duplicates).toBe(6)
    }))
  })

  it('publishes a call as soon as all of it and the root are there, and says nothing again when nothing is new', () => {
    const { out, send, tick } = play()
    send(run(1, 2))
    expect(out.map(({ version, tool, client }) => [version, tool, client])).toEqual([[1, 'tool_0', 'bot'], [1, 'tool_1', 'bot']])
    tick(150n * SECOND)
    send(run(1, 2))
    tick(200n * SECOND)
    expect(out).toHaveLength(2)
  })

  it('adds a part that comes after the wait as a second version of the same interaction', () => {
    const { out, send, tick } = play()
    const [client, server] = run(1, 1) as [AuditEvent, AuditEvent]
    send([client])
    tick(111n * SECOND)
    expect(out.map(({ version, client: by }) => [version, by])).toEqual([[1, '']])
    send([{ ...server, received_at: 300n * SECOND }])
    tick(311n * SECOND)
    expect(out.map(({ interaction_id: own }) => own)).toEqual([out[0]?.interaction_id, out[0]?.interaction_id])
    expect(out[1]).toMatchObject({ version: 2, client: 'bot', sort_at: out[0]?.sort_at })
  })

  it('withdraws what proves to be a part of another call', () => {
    const { out, send, tick } = play()
    const parts = [span(1, 20, 30, { tool: 'x' }), span(1, 40, 30, { tool: 'x', vantage: 'client' })]
    send(parts)
    tick(111n * SECOND)
    expect(out).toHaveLength(2)
    send([span(1, 30, 1, { tool: 'x', vantage: 'client', received_at: 112n * SECOND })])
    tick(130n * SECOND)
    expect(newest(out)).toHaveLength(1)
    expect(out.filter(({ merged_into: into }) => into !== '')).toHaveLength(1)
  })

  it('publishes all calls of a long trace whose root came first, without opening it for every record', () => {
    const { out, send, tick, state } = play()
    const events = run(1, 700)
    send(events.slice(-1))
    for (const event of events.slice(0, -1)) send([event])
    expect(newest(out).length).toBeGreaterThan(600)
    tick(200n * SECOND)
    expect(newest(out)).toHaveLength(700)
    expect(out.length).toBeLessThan(1_500)
    expect(state.pending.size).toBe(0)
  })

  it('lets the oldest go when there are too many, published as it is, and counts it', () => {
    const { out, send, state } = play({ ...LIMITS, spans: 20 })
    for (let trace = 1; trace <= 30; trace++) send([{ ...span(trace, 10, 5), received_at: BigInt(100 + trace) * SECOND / 10n }])
    expect(state.spans).toBe(20)
    expect(state.counts.overflowed).toBe(10)
    expect(out.map(({ trace_id: trace }) => Number.parseInt(trace, 16))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('keeps traces of the same id apart by tenant, in whatever order their records come', () => {
    const names = new TraceKeys()
    const keyOf = (tenant: string, trace: number): string => names.of(EventRecord.together([{ ...span(trace, 2, 1), tenant }])[0]!.head!)
    const keys = [['acme', 1], ['globex', 1], ['acme', 1], ['acme', 2], ['globex', 2], ['acme', 1]] as const
    expect(keys.map(([tenant, trace]) => keyOf(tenant, trace))).toEqual(keys.map(([tenant, trace]) => `${tenant}\u0000t${id(trace, 32)}`))
  })

  it('makes the tenant that has most pay for the limit of all, and no tenant go over its own', () => {
    const { send, state } = play({ ...LIMITS, spans: 20, spansPerTenant: 18 })
    const at = (trace: number, tenant: string): AuditEvent => ({ ...span(trace, 10, 5), tenant, received_at: BigInt(100 + trace) * SECOND / 10n })
    const heldBy = (tenant: string): number => [...state.traces.keys()].filter((key) => key.startsWith(`${tenant}\u0000`)).length
    for (let trace = 1; trace <= 8; trace++) send([at(trace, 'small')])
    for (let trace = 9; trace <= 40; trace++) send([at(trace, 'flood')])
    expect([heldBy('small'), heldBy('flood'), state.spans]).toEqual([8, 12, 20])
    expect(state.counts).toMatchObject({ overflowed: 20, tenantOverflowed: 0 })
    for (let trace = 41; trace <= 80; trace++) send([at(trace, 'other')])
    expect([heldBy('small'), state.spans]).toEqual([6, 20])
    const alone = play({ ...LIMITS, spans: 20, spansPerTenant: 18 })
    for (let trace = 1; trace <= 30; trace++) alone.send([at(trace, 'flood')])
    expect(alone.state.spans).toBe(18)
    expect(alone.state.counts).toMatchObject({ overflowed: 0, tenantOverflowed: 12 })
    expect(alone.state.holdings.get('flood')).toMatchObject({ spans: 18 })
  })

  it('forgets whose traces they were when they are gone, and counts as many spans as it holds', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom('a', 'b', 'c')), { maxLength: 60 }), (steps) => {
      const { send, state, tick } = play({ ...LIMITS, spans: 12, spansPerTenant: 8, spansPerTrace: 4 })
      for (const [i, [trace, own, tenant]] of steps.entries()) {
        send([{ ...span(trace, own + 10, 5), tenant, received_at: BigInt(100 + i) * SECOND / 10n }])
        expect([...state.holdings.values()].reduce((sum, { spans }) => sum + spans, 0)).toBe(state.spans)
        expect([...state.holdings.values()].reduce((sum, { traces }) => sum + traces.size, 0)).toBe(state.traces.size)
      }
      expect(heldRecords(state)).toBe(state.spans)
      tick(5_000n * SECOND)
      expect([state.holdings.size, state.spans, state.traces.size]).toEqual([0, 0, 0])
    }))
  })

  it('does not take repetitions for length', () => {
    const { out, send, tick, state } = play({ ...LIMITS, spansPerTrace: 20 })
    for (let again = 0; again < 50; again++) send(run(1, 5).slice(0, -1))
    tick(200n * SECOND)
    expect(state.counts).toEqual({ duplicates: 490, overflowed: 0, tenantOverflowed: 0, traceOverflowed: 0 })
    expect(state.spans).toBe(10)
    expect(newest(out)).toHaveLength(5)
  })
})
