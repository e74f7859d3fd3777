/** Calls and conversations that span traces: the same interactions whatever the partitions, the order and the crashes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { Cluster, finish, LIMITS } from './across-traces/cluster.ts'
import { normaliseSpans, type SpanLike } from '../../services/collector/normalise/sample-telemetry.ts'
import { agentRun, meaning, newest, observed, SECOND, START, story, string } from './across-traces/stories.ts'

const STORIES = [1, 2, 3].map(story)
const EVENTS = STORIES.flat()

function onOne(events: readonly AuditEvent[]): Cluster {
  const cluster = new Cluster(1)
  cluster.send(events)
  finish(cluster, () => 0)
  return cluster
}

/** First versions of what was published: what a detector counts. */
const firsts = (versions: readonly Interaction[]): number => new Set(versions.filter(({ version, merged_into: into }) => version === 1 && into === '').map((one) => one.interaction_id)).size

describe('calls of several traces', () => {
  const whole = newest(onOne(EVENTS).out)

  it('become one: agent and log and server by tool call id, client and server by link', () => {
    expect(whole.map(({ tool }) => tool).sort()).toEqual(['fetch_page', 'read_file', 'send_mail'].flatMap((tool) => [tool, tool, tool]))
    const mail = whole.find(({ tool, conversation }) => tool === 'send_mail' && conversation === 'conv-1')
    expect(mail).toMatchObject({
      vantages: ['agent', 'log', 'server'], server: 'mail', client: 'claude', principal: 'kim-1', decision: 'accept', agent: 'support', outcome: 'ok', actor: 'kim-1',
    })
    expect(whole.find(({ tool, conversation }) => tool === 'fetch_page' && conversation === 'conv-2')).toMatchObject({ vantages: ['client', 'server'], server: 'wiki' })
  })

  it('know the turn and the results of earlier traces of their conversation', () => {
    const mail = whole.find(({ tool, conversation }) => tool === 'send_mail' && conversation === 'conv-1')
    expect(mail).toMatchObject({ requested_by: 'user_turn', request_text: 'Send the invoice 1 of Contoso to billing@contoso.example', request_fit: 'asked' })
    expect(mail?.argument_sources).toEqual(new Map([['$.to', 'user'], ['$.body', 'tool_result:toolu_1_read']]))
  })

  it('say the same on any number of partitions, in any order, whatever crashes', () => {
    const expected = meaning(whole)
    const order = fc.shuffledSubarray(EVENTS.map((_, index) => index), { minLength: EVENTS.length })
    const picks = fc.infiniteStream(fc.nat(1_000))
    const breaks = fc.array(fc.record({ after: fc.nat(60), saves: fc.boolean() }), { maxLength: 3 })
    fc.assert(fc.property(order, fc.constantFrom(1, 2, 4, 7), picks, breaks, (indexes, partitions, stream, crashes) => {
      const cluster = new Cluster(partitions)
      const next = (): number => stream.next().value as number
      cluster.send(indexes.slice(0, 9).map((index) => EVENTS[index] as AuditEvent))
      for (const { after, saves } of crashes) {
        for (let step = 0; step < after; step++) cluster.step(next())
        if (saves) cluster.save()
        for (let step = 0; step < after; step++) cluster.step(next())
        cluster.crash()
      }
      cluster.send(indexes.slice(9).map((index) => EVENTS[index] as AuditEvent))
      cluster.drain(next)
      finish(cluster, next)
      expect(meaning(cluster.out)).toEqual(expected)
      // A call is counted when it is first said: one that proves to be a part of another may have been, every other is, once.
      expect(firsts(cluster.out)).toBeGreaterThanOrEqual(whole.length)
    }), { numRuns: 300 })
  })
})

/** Requests that only their server tells of, each in a trace of its own: what it gave to carry with its answer, and what it was given. */
function served(trace: number, seconds: number, { asks = '', carries = '', ...fields }: Partial<AuditEvent> & { readonly asks?: string; readonly carries?: string }): AuditEvent {
  const request = { jsonrpc: '2.0', id: trace, method: 'tools/call', params: { name: 'refund', arguments: { order: 7 }, ...(carries === '' ? {} : { requestState: carries, inputResponses: { ok: {} } }) } }
  const result = asks === '' ? '{"content":[]}' : JSON.stringify({ resultType: 'input_required', inputRequests: { ok: { method: 'elicitation/create', params: {} } }, requestState: asks })
  return observed(trace, seconds, {
    vantage: 'server', parent_span_id: '', server: 'shop', tool: 'refund', client: 'web', client_trust: 'server_reported', outcome: 'ok', arguments: '{"order":7}', arguments_hash: 'h',
    result, result_hash: `r${trace}`, attributes: new Map([['request', string(JSON.stringify(request))]]), ...fields,
  })
}
const STATES = ['first-state-0123456789', 'second-state-0123456789', 'other-state-0123456789'] as const
/** Three rounds, then another call of two, then one that carries a state that nobody gave. */
const ROUNDS: readonly AuditEvent[] = [
  served(2_001, 1, { asks: STATES[0], user_agent: 'first' }), served(2_002, 30, { carries: STATES[0], asks: STATES[1] }), served(2_003, 60, { carries: STATES[1], outcome: 'tool_error' }),
  served(2_004, 2, { asks: STATES[2] }), served(2_005, 3, { carries: STATES[2] }), served(2_006, 9, { carries: 'a-state-that-nobody-gave' }),
]
const outline = (versions: readonly Interaction[]) => newest(versions)
  .map(({ trace_id: trace, rounds, outcome, result_hash: result, input_requests: asked, event_ids: ids }) => [Number.parseInt(trace, 16), rounds, outcome, result, asked.join(), ids.length])
  .sort(([one], [other]) => Number(one) - Number(other))

describe('rounds of a call in several traces', () => {
  it('are one call, by what the server gave the client to carry', () => {
    expect(outline(onOne(ROUNDS).out)).toEqual([
      [2_001, 3, 'tool_error', 'r2003', 'elicitation/create', 3], [2_004, 2, 'ok', 'r2005', 'elicitation/create', 2], [2_006, 1, 'ok', 'r2006', '', 1],
    ])
    expect(newest(onOne(ROUNDS).out).find(({ rounds }) => rounds === 3)).toMatchObject({ user_agent: 'first', duration_ns: 59n * SECOND + SECOND / 2n, arguments: '{"order":7}' })
  })

  it('are so on any number of partitions, in any order, whatever crashes', () => {
    const expected = meaning(onOne(ROUNDS).out)
    const order = fc.shuffledSubarray(ROUNDS.map((_, index) => index), { minLength: ROUNDS.length })
    const breaks = fc.array(fc.record({ after: fc.nat(20), saves: fc.boolean() }), { maxLength: 3 })
    fc.assert(fc.property(order, fc.constantFrom(1, 2, 5), fc.infiniteStream(fc.nat(1_000)), breaks, fc.nat(6), (indexes, partitions, stream, crashes, early) => {
      const cluster = new Cluster(partitions)
      const next = (): number => stream.next().value as number
      cluster.send(indexes.slice(0, early).map((index) => ROUNDS[index] as AuditEvent))
      for (const { after, saves } of crashes) {
        for (let step = 0; step < after; step++) cluster.step(next())
        if (saves) cluster.save()
        for (let step = 0; step < after; step++) cluster.step(next())
        cluster.crash()
      }
      // What comes late makes new versions.
      if (crashes.length === 1) cluster.tick(START + 220n * SECOND)
      cluster.drain(next)
      cluster.send(indexes.slice(early).map((index) => ROUNDS[index] as AuditEvent))
      cluster.drain(next)
      finish(cluster, next)
      expect(meaning(cluster.out)).toEqual(expected)
    }), { numRuns: 300 })
  })

  it.each<[string, readonly AuditEvent[]]>([
    ['a short state', [served(1, 1, { asks: 'step-2' }), served(2, 2, { carries: 'step-2' })]],
    ['another tool', [served(1, 1, { asks: STATES[0] }), served(2, 2, { carries: STATES[0], tool: 'order' })]],
    ['another person', [served(1, 1, { asks: STATES[0], principal: 'ann' }), served(2, 2, { carries: STATES[0], principal: 'eve' })]],
    ['another tenant', [served(1, 1, { asks: STATES[0] }), served(2, 2, { carries: STATES[0], tenant: 'contoso' })]],
    ['other arguments', [served(1, 1, { asks: STATES[0] }), served(2, 2, { carries: STATES[0], arguments_hash: 'g' })]],
    ['a request that began long before', [served(1, 150, { asks: STATES[0] }), served(2, 2, { carries: STATES[0] })]],
    ['a state of which redaction left nothing', [served(1, 1, { asks: '[redacted:jwt:dropped]' }), served(2, 2, { carries: '[redacted:jwt:dropped]' })]],
  ])('are none with %s', (_, events) => {
    expect(outline(onOne(events).out).map(([, rounds]) => rounds)).toEqual([1, 1])
  })

  it('are not guessed where a state was given twice, and end where states go round in a circle', () => {
    const twice = onOne([served(1, 1, { asks: STATES[0] }), served(2, 2, { asks: STATES[0] }), served(3, 3, { carries: STATES[0] })])
    expect(outline(twice.out).map(([, rounds]) => rounds)).toEqual([1, 1, 1])
    const cluster = new Cluster(3)
    cluster.send([served(1, 1, { asks: STATES[0] }), served(2, 2, { carries: STATES[0], asks: STATES[1] }), served(3, 3, { carries: STATES[1], asks: STATES[0] })])
    finish(cluster, () => 0)
    expect(newest(cluster.out).length).toBeLessThan(3)
  })
})

/** A trace of its own in which a user asks and the client, of that name, calls. */
const asked = (trace: number, client: string): AuditEvent[] => {
  const run = agentRun(trace, 0, 'Read the file')
  return [run, observed(trace, 1, { vantage: 'server', tool: 'read_file', parent_span_id: run.span_id, client, client_trust: 'server_reported' })]
}
const unasked = (trace: number, client: string): AuditEvent =>
  observed(trace, 40, { vantage: 'server', tool: 'read_file', parent_span_id: '', client, client_trust: 'server_reported' })

/** Calls seen by their client, and by LiteLLM as it sends them: below the HTTP request that brought the call, with the client's span as a link. */
function throughLiteLlm(httpTrace: string): SpanLike[] {
  const [callers, caller, transport] = ['a'.repeat(32), 'a'.repeat(16), 'b'.repeat(16)]
  const call = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'get-weather' }
  return [
    { traceId: callers, spanId: caller, name: 'tools/call get-weather', kind: 3, attributes: call },
    { traceId: httpTrace, spanId: transport, name: 'POST /mcp', kind: 2, attributes: { 'http.request.method': 'POST', 'url.path': '/mcp' } },
    {
      traceId: httpTrace, spanId: 'c'.repeat(16), parentSpanId: transport, name: 'tools/call get-weather', kind: 3, links: [{ traceId: callers, spanId: caller }],
      attributes: { ...call, 'litellm.call_id': 'c-1', 'litellm.mcp.server.name': 'weather', 'litellm.metadata.user_api_key_user_id': 'kim' },
    },
  ]
}

describe.each([1, 4])('on %i partitions', (partitions) => {
  it.each([['of its own', 'd'.repeat(32)], ["of the caller's", 'a'.repeat(32)]])(
    'joins what a gateway saw of a call with its caller, whose span it links from below a request in a trace %s', (_, httpTrace) => {
      const cluster = new Cluster(partitions)
      cluster.send(normaliseSpans(throughLiteLlm(httpTrace)).events.map((event) => ({ ...event, received_at: START + 200n * SECOND })))
      finish(cluster, () => 0)
      expect(newest(cluster.out)).toMatchObject([{ vantages: ['client', 'gateway'], server: 'weather', principal: 'kim', event_ids: [expect.anything(), expect.anything()] }])
    },
  )

  it("leaves a server's span with its caller where that is its parent and the link is the HTTP request", () => {
    const cluster = new Cluster(partitions)
    const client = observed(1, 1, { vantage: 'client', tool: 'x' })
    const request = observed(2, 1, { vantage: 'server', method: '', parent_span_id: '', name: 'POST /mcp' })
    cluster.send([client, request, observed(1, 1, {
      vantage: 'server', tool: 'x', server: 'files', parent_span_id: client.span_id, links: [`${request.trace_id}:${request.span_id}`],
    })])
    finish(cluster, () => 0)
    expect(newest(cluster.out).map(({ vantages }) => vantages.join()).sort()).toEqual(['client,server', 'server'])
  })

  it('a client that normally says who asked is missed when it does not, wherever its traces lie', () => {
    const cluster = new Cluster(partitions)
    cluster.send([unasked(900, 'careful')])
    finish(cluster, () => 0)
    for (let trace = 100; trace < 130; trace++) cluster.send([...asked(trace, 'careful'), unasked(trace + 200, 'silent')])
    finish(cluster, () => 0)
    cluster.send([unasked(901, 'careful'), unasked(902, 'silent')])
    finish(cluster, () => 0)
    const byTrace = new Map(newest(cluster.out).map((one) => [Number.parseInt(one.trace_id, 16), one.requested_by]))
    expect([900, 901, 902, 110].map((trace) => byTrace.get(trace))).toEqual(['unknown', 'none', 'unknown', 'user_turn'])
  })

  it('one conversation that floods costs itself its oldest calls and words, and no other anything', () => {
    const limits = { ...LIMITS, callsPerConversation: 20, conversationCharacters: 2_000 }
    const calm = EVENTS
    const flood = Array.from({ length: 600 }, (_, number) => observed(10_000 + number, number % 60, {
      vantage: 'agent', agent: 'busy', conversation: 'flood', tool: 'read_file', tool_call_id: `toolu_flood_${number}`, arguments: `{"path":"/srv/${number}.txt"}`,
      result: `contents of ${number}: ${'x'.repeat(number % 90)}`,
    }))
    const cluster = new Cluster(partitions, limits)
    flood.forEach((event, index) => cluster.send(index < calm.length ? [event, calm[index] as AuditEvent] : [event]))
    finish(cluster, () => 0)
    const said = newest(cluster.out)
    expect(said.filter(({ agent }) => agent === 'busy')).toHaveLength(600)
    expect(meaning(said.filter(({ agent }) => agent !== 'busy'))).toEqual(meaning(newest(onOne(calm).out)))
    const stages = cluster.related()
    expect(stages.reduce((sum, { counts }) => sum + counts.crowded, 0)).toBeGreaterThanOrEqual(580)
    for (const { conversations } of stages) {
      for (const { drafts, pool } of conversations.values()) expect([drafts.size <= 20, pool.characters <= 2_000]).toEqual([true, true])
    }
    // Judging the flood again and again is what would stall others.
    expect(cluster.out.filter(({ agent }) => agent === 'busy').length).toBeLessThan(900)
  })

  it('holds no more calls than it may, and counts what it let go', () => {
    const cluster = new Cluster(partitions, { ...LIMITS, relatedCalls: 50 })
    for (let number = 0; number < 400; number++) cluster.send([observed(1 + number, 1, { vantage: 'agent', tool: 'x', tool_call_id: `toolu_${number}_long`, conversation: `c${number}` })])
    finish(cluster, () => 0)
    expect(newest(cluster.out)).toHaveLength(400)
    const stages = cluster.related()
    for (const { held } of stages) expect(held).toBeLessThanOrEqual(50)
    expect(stages.reduce((sum, { counts, held }) => sum + counts.relatedOverflowed + held, 0)).toBe(800)
  })

  it('does not take calls for one because they were given the same id', () => {
    const cluster = new Cluster(partitions)
    const call = (trace: number, seconds: number, fields: Partial<AuditEvent>) => observed(trace, seconds, { tool: 'x', tool_call_id: 'toolu_same_same', ...fields })
    cluster.send([
      call(1, 1, { vantage: 'agent' }), call(2, 1, { vantage: 'agent' }), call(3, 1, { vantage: 'server', tool: 'y' }), call(4, 400, { vantage: 'server' }),
      call(5, 1, { vantage: 'agent', tool_call_id: 'call_1', conversation: 'a' }), call(6, 1, { vantage: 'server', tool_call_id: 'call_1', conversation: 'b' }),
      call(7, 1, { vantage: 'agent', tool_call_id: 'call_2', conversation: 'a' }), call(8, 1, { vantage: 'server', tool_call_id: 'call_2', conversation: 'a' }),
      { ...call(9, 1, { vantage: 'server' }), tenant: 'other', event_id: 'f'.repeat(32) },
    ])
    finish(cluster, () => 0)
    expect(newest(cluster.out).map(({ event_ids: ids }) => ids.length).sort()).toEqual([1, 1, 1, 1, 1, 1, 1, 2])
  })

  it('takes views of one conversation for one call by its id, however long somebody thought about it', () => {
    const call = (trace: number, seconds: number, fields: Partial<AuditEvent>) =>
      observed(trace, seconds, { tool: 'x', tool_call_id: 'call_Bq81fYkT', conversation: 'a', ...fields })
    const stories: readonly (readonly [readonly AuditEvent[], number])[] = [
      [[call(1, 1, { vantage: 'agent' }), call(2, 400, { vantage: 'client' })], 1],
      [[call(1, 1, { vantage: 'agent' }), call(2, 400, { vantage: 'client', conversation: 'b' })], 2],
      [[call(1, 1, { vantage: 'agent' }), call(2, 400, { vantage: 'client', tool_call_id: 'call_1' })], 2],
      [[call(1, 1, { vantage: 'agent', tool_call_id: 'read_file' }), call(2, 400, { vantage: 'client', tool_call_id: 'read_file' })], 2],
      // The nearer one is meant.
      [[call(1, 1, { vantage: 'agent' }), call(2, 400, { vantage: 'agent' }), call(3, 401, { vantage: 'client' })], 2],
    ]
    for (const [events, calls] of stories) {
      const cluster = new Cluster(partitions)
      cluster.send(events)
      finish(cluster, () => 0)
      expect(newest(cluster.out)).toHaveLength(calls)
    }
  })

  it('withdraws what was said of a call before it was known by its tool call id', () => {
    const cluster = new Cluster(partitions)
    cluster.send([observed(1, 1, { vantage: 'agent', tool: 'x', tool_call_id: 'toolu_1_late', conversation: 'a' })])
    const server = observed(2, 1, { vantage: 'server', tool: 'x', server: 'files' })
    cluster.send([server])
    finish(cluster, () => 0)
    expect(newest(cluster.out)).toHaveLength(2)
    cluster.send([observed(2, 1, { vantage: 'gateway', tool: 'x', parent_span_id: server.span_id, tool_call_id: 'toolu_1_late', received_at: START + 280n * SECOND })])
    for (const seconds of [300n, 320n]) {
      cluster.tick(START + seconds * SECOND)
      cluster.drain(() => 0)
    }
    expect(newest(cluster.out)).toMatchObject([{ vantages: ['agent', 'gateway', 'server'], server: 'files', conversation: 'a' }])
    expect(cluster.out.filter(({ merged_into: into }) => into !== '')).toHaveLength(1)
  })

  it('judges a call by the conversation that it has gone to, and no longer by the one that it had', () => {
    const cluster = new Cluster(partitions)
    const said = (conversation: string, trace: number, text: string) => ({ ...agentRun(trace, 0, text), conversation })
    const named = (conversation: string, seconds: number) => observed(3, seconds, { vantage: 'agent', method: '', name: 'chat', conversation })
    cluster.send([said('b', 1, 'Delete the draft'), named('b', 4), observed(3, 5, { vantage: 'client', tool: 'delete_draft' })])
    finish(cluster, () => 0)
    expect(newest(cluster.out)).toMatchObject([{ requested_by: 'user_turn', request_text: 'Delete the draft' }])
    const late = (event: AuditEvent): AuditEvent => ({ ...event, received_at: START + 280n * SECOND })
    cluster.send([late(named('a', 4))])
    cluster.drain(() => 0)
    cluster.send([said('b', 4, 'Delete all the drafts'), said('a', 2, 'Read the mail')].map(late))
    for (const seconds of [300n, 320n, 340n]) {
      cluster.tick(START + seconds * SECOND)
      cluster.drain(() => 0)
    }
    expect(newest(cluster.out)).toMatchObject([{ requested_by: 'user_turn', request_text: 'Read the mail' }])
  })
})
