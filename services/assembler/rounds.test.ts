import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, blankAuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { type AssemblerLimits, emptyState, fold } from './fold.ts'

const SECOND = 1_000_000_000n
const LIMITS: AssemblerLimits = {
  quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 2_000, spans: 10_000, spansPerTenant: 10_000, relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
}
const ASK = JSON.stringify({ resultType: 'input_required', inputRequests: { a: { method: 'elicitation/create', params: {} } }, requestState: 'st' })

/** A story: its records, and which of them are one call each. */
interface Story {
  readonly events: readonly AuditEvent[]
  readonly calls: readonly (readonly AuditEvent[])[]
}

let next = 0
const digits = (length: number): string => (0x1000 + next++ * 7919).toString(16).padStart(length, '0')

type Fields = Partial<AuditEvent>
/** Made in seconds from `at` on; the parent is the last that is given. */
const maker = (trace: string) => (at: number, parent: string, fields: Fields): AuditEvent => ({
  ...blankAuditEvent(), event_id: `${digits(16)}${digits(16)}`, tenant: 'acme', signal: 'span', trace_id: trace, span_id: digits(16), parent_span_id: parent, vantage: 'server',
  method: 'tools/call', tool: 'drop', emitter: 'x', source: 'files', started_at: BigInt(at) * SECOND, ended_at: BigInt(at) * SECOND + SECOND / 2n, outcome: 'ok', ...fields,
})
type Make = ReturnType<typeof maker>
const run = (make: Make): AuditEvent => make(0, '', { vantage: 'agent', method: '', tool: '', name: 'invoke_agent', agent: 'a', ended_at: 600n * SECOND })
const story = (...calls: readonly (readonly AuditEvent[])[]): Story => ({ events: calls.flat(), calls })

/** Client and server of one request. */
function request(make: Make, at: number, parent: string, fields: Fields = {}, server: Fields = {}): AuditEvent[] {
  const client = make(at, parent, { vantage: 'client', source: 'app', jsonrpc_request_id: String(at), ...fields })
  return [client, make(at, client.span_id, { jsonrpc_request_id: String(at), tool: client.tool, result: client.result, ...server })]
}

const STORIES: Readonly<Record<string, (make: Make, root: string) => Story>> = {
  plain: (make, root) => story(request(make, 1, root), request(make, 3, root, { tool: 'list' })),
  'same call twice': (make, root) => story(request(make, 1, root, { arguments_hash: 'h' }), request(make, 3, root, { arguments_hash: 'h' })),
  'through HTTP': (make, root) => {
    const agent = make(1, root, { vantage: 'agent', tool_call_id: digits(16), ended_at: 5n * SECOND })
    const client = make(2, agent.span_id, { vantage: 'client' })
    const sent = make(2, client.span_id, { vantage: 'client', method: '', tool: '' })
    const received = make(2, sent.span_id, { method: '', tool: '', client_address: '203.0.113.9' })
    return story([agent, client, sent, received, make(2, received.span_id, {}), make(2, agent.span_id, { signal: 'log', vantage: 'log', span_id: '', parent_span_id: '', tool_call_id: agent.tool_call_id })])
  },
  'several in one HTTP request': (make, root) => {
    const http = make(1, root, { method: '', tool: '', client_address: '203.0.113.9', ended_at: 9n * SECOND })
    return story([http, make(2, http.span_id, { tool: 'a' })], [make(3, http.span_id, { tool: 'b' })], [make(4, http.span_id, { tool: 'a' })])
  },
  'rounds below an agent': (make, root) => {
    const agent = make(1, root, { vantage: 'agent', ended_at: 9n * SECOND, result: 'done' })
    return story([agent, ...request(make, 2, agent.span_id, { result: ASK }), ...request(make, 4, agent.span_id, { result: 'done' })])
  },
  'rounds side by side': (make, root) => story(
    [...request(make, 1, root, { arguments_hash: 'h', result: ASK }), ...request(make, 60, root, { arguments_hash: 'h', result: ASK }), ...request(make, 120, root, { arguments_hash: 'h', result: 'done' })],
    request(make, 200, root, { arguments_hash: 'h', result: 'done' }),
  ),
  'rounds of two at once': (make, root) => {
    const seen = (request_: object): Fields => ({ attributes: new Map([['request', { type: 'string', text: JSON.stringify({ params: { name: 'drop', ...request_ } }) }]]) })
    const ask = (state: string): Fields => ({ result: JSON.stringify({ result_type: 'input_required', request_state: state }), ...seen({}) })
    return story(
      [...request(make, 1, root, ask('one')), ...request(make, 9, root, { result: 'x', ...seen({ requestState: 'one' }) })],
      [...request(make, 3, root, ask('two')), ...request(make, 7, root, { result: 'y', ...seen({ request_state: 'two' }) })],
      request(make, 20, root, seen({})),
    )
  },
  'sent again on one session': (make, root) => {
    const again = (at: number, fields: Fields): AuditEvent => make(at, root, { wire_session: 'w', jsonrpc_request_id: '7', ...fields })
    return story([again(1, { outcome: 'protocol_error', error_code: '503' }), again(3, { result: 'done' })], [make(5, root, { wire_session: 'w', jsonrpc_request_id: '8' })], [make(7, root, { wire_session: 'v', jsonrpc_request_id: '7' })])
  },
  'sent again below its client': (make, root) => {
    const client = make(1, root, { vantage: 'client', ended_at: 9n * SECOND })
    const http = (count: number): AuditEvent => make(2 + count, client.span_id, { vantage: 'client', method: '', tool: '', attributes: new Map([['http.request.resend_count', { type: 'int', text: String(count) }]]) })
    const [first, second] = [http(0), http(2)]
    return story([client, first, second, make(4, second.span_id, { result: 'done' })])
  },
  'an agent that calls with other arguments': (make, root) => {
    const agent = make(1, root, { vantage: 'agent', ended_at: 9n * SECOND })
    return story([agent, ...request(make, 2, agent.span_id, { arguments_hash: 'h1' })], request(make, 4, agent.span_id, { arguments_hash: 'h2' }))
  },
  'people who do not agree': (make, root) => {
    const client = make(1, root, { vantage: 'client', principal: 'ann', principal_trust: 'client_reported', principal_source: 'user.email' })
    return story([client, make(1, client.span_id, { principal: 'bob', principal_trust: 'server_reported', principal_source: 'user.id' })])
  },
}

interface Arrival {
  readonly event: AuditEvent
  /** Seconds of quiet before it. */
  readonly after: number
}

function played(arrivals: readonly Arrival[]): readonly Interaction[] {
  const state = emptyState()
  const out: Interaction[] = []
  let offset = 0
  let now = 1_000n * SECOND
  for (const { event, after } of arrivals) {
    for (let left = after; left > 0; left -= 15) fold(state, { offset: offset++, records: [EventRecord.tick(now += BigInt(Math.min(left, 15)) * SECOND)] }, { limits: LIMITS, out, takes: () => true })
    fold(state, { offset: offset++, records: EventRecord.together([{ ...event, received_at: now }]) }, { limits: LIMITS, out, takes: () => true })
  }
  fold(state, { offset, records: [EventRecord.tick(now + 3_000n * SECOND)] }, { limits: LIMITS, out, takes: () => true })
  const byId = new Map<string, Interaction>()
  for (const version of out) if (version.version > (byId.get(version.interaction_id)?.version ?? 0)) byId.set(version.interaction_id, version)
  return [...byId.values()].filter(({ merged_into: into }) => into === '')
}

/** What an interaction says apart from its ids and what tells when its parts arrived. */
const meaning = (interactions: readonly Interaction[]) => interactions
  .map(({ interaction_id: _, version: _v, sort_at: _s, received_at: _r, ...rest }) => rest)
  .sort((one, other) => ((one.event_ids[0] as string) < (other.event_ids[0] as string) ? -1 : 1))

const idsOf = (calls: readonly (readonly { readonly event_id: string }[])[]): readonly string[] => calls.map((call) => call.map(({ event_id: id }) => id).sort().join()).sort()
const told = (name: string): readonly Interaction[] => {
  const make = maker(digits(32))
  const root = run(make)
  const { events } = (STORIES[name] as (typeof STORIES)[string])(make, root.span_id)
  return played([...events, root].map((event) => ({ event, after: 0 }))).toSorted((one, other) => (one.started_at < other.started_at ? -1 : 1))
}

describe('requests that are one call', () => {
  it('with rounds: how many, what was asked for, and the last answer', () => {
    for (const name of ['rounds below an agent', 'rounds side by side']) {
      expect(told(name)[0]).toMatchObject({ result: 'done', outcome: 'ok', attempts: 1, input_requests: ['elicitation/create'] })
    }
    expect(told('rounds below an agent')[0]).toMatchObject({ rounds: 2, vantages: ['agent', 'client', 'server'] })
    expect(told('rounds side by side').map(({ rounds }) => rounds)).toEqual([3, 1])
    expect(told('rounds side by side')[0]?.duration_ns).toBe(119n * SECOND + SECOND / 2n)
    expect(told('rounds of two at once').map(({ rounds, result }) => [rounds, result])).toEqual([[2, 'x'], [2, 'y'], [1, '']])
  })

  it('with attempts: the last one tells how it ended', () => {
    expect(told('sent again on one session').map(({ rounds, attempts, outcome, error_code: code, result }) => [rounds, attempts, outcome, code, result]))
      .toEqual([[1, 2, 'ok', '', 'done'], [1, 1, 'ok', '', ''], [1, 1, 'ok', '', '']])
    expect(told('sent again below its client')).toMatchObject([{ rounds: 1, attempts: 3, result: 'done' }])
  })

  it('that was asked and never repeated stays one call with the question as its result', () => {
    const make = maker(digits(32))
    const [only] = played(request(make, 1, '', { result: ASK }).map((event) => ({ event, after: 0 })))
    expect(only).toMatchObject({ rounds: 1, input_requests: ['elicitation/create'], result: ASK })
  })

  it.each<[string, string]>([
    ['is cut', ASK.slice(0, 60)], ['is inside a response', `{"jsonrpc":"2.0","id":1,"result":${ASK}}`],
  ])('whose question %s are asked all the same', (_what, result) => {
    const make = maker(digits(32))
    const root = run(make)
    const events = [root, ...request(make, 1, root.span_id, { result, arguments_hash: 'h' }), ...request(make, 5, root.span_id, { arguments_hash: 'h' })]
    expect(played(events.map((event) => ({ event, after: 0 }))).map(({ rounds }) => rounds)).toEqual([2])
  })

  it.each<[string, Fields, Fields]>([
    ['a text that only speaks of it', { result: '{"content":[{"text":"{\\"resultType\\":\\"input_required\\"}"}]}', arguments_hash: 'h' }, { arguments_hash: 'h' }],
    ['other arguments', { result: ASK, arguments_hash: 'h' }, { arguments_hash: 'i' }], ['arguments that nobody saw', { result: ASK }, {}],
    ['another tool', { result: ASK, arguments_hash: 'h' }, { arguments_hash: 'h', tool: 'other' }],
    ['another call of the model', { result: ASK, arguments_hash: 'h', tool_call_id: 'one' }, { arguments_hash: 'h', tool_call_id: 'two' }],
    ['a request before the answer', { result: ASK, arguments_hash: 'h', ended_at: 99n * SECOND }, { arguments_hash: 'h' }],
  ])('are not joined by %s', (_what, first, second) => {
    const make = maker(digits(32))
    const root = run(make)
    const pair = [...request(make, 1, root.span_id, first), ...request(make, 5, root.span_id, second)]
    expect(played([root, ...pair].map((event) => ({ event, after: 0 })))).toHaveLength(2)
  })

  it('come to the same in any order, with any repetition and any delay', () => {
    const names = fc.array(fc.constantFrom(...Object.keys(STORIES)), { minLength: 1, maxLength: 3 })
    fc.assert(fc.property(names, fc.boolean(), fc.infiniteStream(fc.nat(1_000_000)), fc.infiniteStream(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 240 }))), (chosen, withRoot, keys, delays) => {
      const whole = chosen.map((name) => {
        const make = maker(digits(32))
        const root = run(make)
        const told = (STORIES[name] as (typeof STORIES)[string])(make, root.span_id)
        return { ...told, events: withRoot ? [...told.events, root] : told.events }
      })
      const events = whole.flatMap((one) => one.events)
      const base = played(events.map((event) => ({ event, after: 0 })))
      expect(idsOf(base.map(({ event_ids: ids }) => ids.map((id) => ({ event_id: id }))))).toEqual(idsOf(whole.flatMap(({ calls }) => calls)))
      const copies = events.flatMap((event) => ((keys.next().value as number) % 4 === 0 ? [event, event] : [event]))
      const shuffled = copies.map((event) => ({ event, key: keys.next().value as number })).sort((one, other) => one.key - other.key)
      let left = 800
      const arrivals = shuffled.map(({ event }): Arrival => {
        const after = Math.min(left, delays.next().value as number)
        left -= after
        return { event, after }
      })
      expect(meaning(played(arrivals))).toEqual(meaning(base))
    }), { numRuns: 300 })
  })
})
