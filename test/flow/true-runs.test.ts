/** Runs of which is known what really happened: every call is one interaction, and no interaction two calls. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { recordedEvents } from '../../services/collector/normalise/sample-telemetry.ts'
import { Cluster, finish } from './across-traces/cluster.ts'
import { newest, SECOND, START } from './across-traces/stories.ts'
import { assemble } from './assembling.ts'
import { callsIn, runs, truthOf } from './true-runs.ts'

/**
 * Runs in which the caller's context does not get to where the server's spans are made, so that no telemetry tells of all parts of a call that they are
 * of one; and the tool calls that remain.
 */
const CUT: ReadonlyMap<string, readonly string[]> = new Map([
  // FastMCP takes the HTTP request for its parent, and that knows of no caller.
  ['http-seen-by-the-server-alone', Array(2).fill(['client', 'server']).flat()],
  // MCP Python SDK 1 handles a session in the context of its first request. Of each call two HTTP spans are apart;
  ['context-in-http-headers', Array(3).fill('server')],
  // the ends find each other by session and time,
  ['two-sessions-in-turn', Array(6).fill('client,server')],
  // unless several calls of one tool overlap.
  ['two-sessions-at-once', Array(6).fill(['client', 'server']).flat()],
])

const MS = 1_000_000n
const eventsOf = (run: string): readonly AuditEventFields[] => recordedEvents(`../runs/${run}`, ['/mcp'])
const assembled = (events: readonly AuditEventFields[]): readonly Interaction[] => assemble(events).filter(({ server_internal: own }) => !own)

function assembledOn(partitions: number, events: readonly AuditEventFields[]): readonly Interaction[] {
  const cluster = new Cluster(partitions)
  cluster.send(events.map((event) => ({ ...event, received_at: START + 200n * SECOND })))
  finish(cluster, () => 0)
  return newest(cluster.out).filter(({ server_internal: own }) => !own)
}

interface Score {
  readonly calls: number
  /** Calls of which all that is known stands in one interaction, with nothing of another. */
  readonly right: number
  /** Interactions with spans of several calls. */
  readonly mixed: number
  /** Tool calls that nobody made. */
  readonly invented: number
}

function score(run: string, events: readonly AuditEventFields[], interactions = assembled(events)): Score {
  const truth = truthOf(run)
  const found = callsIn(interactions, events, truth)
  const interactionsOf = new Map([...truth.calls.keys()].map((call) => [call, [...found].filter(([, calls]) => calls.has(call)).map(([interaction]) => interaction)]))
  const mixed = [...found.values()].filter((calls) => calls.size > 1).length
  const right = [...interactionsOf].filter(([call, own]) => own.length === 1 && found.get(own[0] as Interaction)?.size === 1 && fits(own[0] as Interaction, truth.calls.get(call)?.tool ?? '')).length
  const invented = [...found].filter(([{ method }, calls]) => method === 'tools/call' && calls.size === 0).length
  return { calls: truth.calls.size, right, mixed, invented }
}

/** An agent may call it by a name with a prefix. */
const fits = ({ method, tool }: Interaction, called: string): boolean => method === 'tools/call' && called.endsWith(tool)

describe('joined right', () => {
  it('are at least twenty runs', () => {
    expect(runs.filter((run) => !CUT.has(run)).length).toBeGreaterThanOrEqual(20)
  })

  it.each(runs.filter((run) => !CUT.has(run)))('%s: every call, and never two in one', (run) => {
    const { calls } = truthOf(run)
    expect(score(run, eventsOf(run))).toEqual({ calls: calls.size, right: calls.size, mixed: 0, invented: 0 })
  })

  it.each([...CUT])('%s: what nothing joins stays apart, and no call is mixed with another', (run, expected) => {
    expect(score(run, eventsOf(run))).toMatchObject({ mixed: 0, invented: 0 })
    const calls = assembled(eventsOf(run)).filter(({ method }) => method === 'tools/call')
    expect(calls.map(({ vantages }) => vantages.join()).sort()).toEqual(expected.toSorted())
  })

  it.each(runs)('%s: the same where traces and calls are spread over four assemblers', (run) => {
    const events = eventsOf(run)
    expect(score(run, events, assembledOn(4, events))).toEqual(score(run, events))
  })

  it.each(runs)('%s: no call is mixed with another, and none of one that was whole is apart, where a clock is wrong', (run) => {
    const events = eventsOf(run)
    const { right } = score(run, events)
    for (const source of new Set(events.map((event) => event.source))) {
      for (const ahead of [-90_000n, -2_000n, -50n, 50n, 2_000n, 90_000n, 86_400_000n]) {
        const told = events.map((event) => (event.source === source
          ? { ...event, started_at: event.started_at + ahead * MS, ended_at: event.ended_at + ahead * MS } : event))
        expect(score(run, told), `${source}, ${ahead} ms`).toMatchObject({ right, mixed: 0, invented: 0 })
      }
    }
  })

  it.each(runs.filter((run) => !CUT.has(run)))('%s: no call is mixed with another where spans were lost', (run) => {
    const events = eventsOf(run)
    fc.assert(fc.property(fc.subarray([...events], { minLength: Math.max(0, events.length - 3) }), (kept) => {
      expect(score(run, kept).mixed).toBe(0)
    }), { numRuns: 40 })
  })

  it.each([...CUT.keys()])('%s: no call is mixed with another where any of the spans that name a call were lost', (run) => {
    const events = eventsOf(run)
    const named = events.filter(({ method }) => method === 'tools/call')
    fc.assert(fc.property(fc.subarray([...named], { maxLength: named.length - 2 }), (lost) => {
      expect(score(run, events.filter((event) => !lost.includes(event))).mixed).toBe(0)
    }), { numRuns: 60 })
  })

  it.each(['same-tool-at-once', 'server-calls-its-namesake', 'fastmcp-proxy', 'sub-agent', 'two-servers'])('%s: in any order, and twice', (run) => {
    const events = eventsOf(run)
    const expected = score(run, events)
    fc.assert(fc.property(fc.shuffledSubarray([...events, ...events.slice(0, 5)], { minLength: events.length + 5 }), (shuffled) => {
      expect(score(run, shuffled)).toEqual(expected)
    }), { numRuns: 15 })
  })
})

/** What is said of the one interaction of a call. */
function interactionOf(run: string, call: string): Interaction {
  const events = eventsOf(run)
  const [found] = [...callsIn(assembled(events), events, truthOf(run))].find(([, calls]) => calls.has(call)) ?? []
  if (found === undefined) throw new Error(`${run}: nothing of ${call}`)
  return found
}

const kindOf = (source: string): string => source.split(':', 1)[0] ?? ''

describe('an agent with a token, HTTP instrumented on both sides', () => {
  const { calls } = truthOf('agent-over-http')

  it.each([...calls.keys()])('%s says who, with what, from where, and who asked', (call) => {
    const told = interactionOf('agent-over-http', call)
    const known = calls.get(call)
    expect(told).toMatchObject({
      tool: known?.tool, server: known?.server, principal: known?.principal, principal_trust: 'server_reported', token_fingerprint: known?.fingerprint,
      client: 'claude-desktop', client_address: '127.0.0.1', vantages: ['agent', 'client', 'server'], outcome: 'ok', conversation: 'conv-1',
      requested_by: 'user_turn', request_text: known?.turn, tool_call_id: known?.tool_call_id, result_bytes: BigInt(known?.result_bytes ?? 0),
    })
    expect(JSON.parse(told.arguments)).toEqual(known?.arguments)
    expect(Object.fromEntries([...told.argument_sources].map(([path, source]) => [path, kindOf(source)]))).toEqual(known?.sources)
  })

  it('traces what came from a result to the call that brought it', () => {
    expect(interactionOf('agent-over-http', 'ref-9d27e5').argument_sources.get('$.to')).toBe(`tool_result:${calls.get('ref-4b81c0')?.tool_call_id}`)
  })
})

it('without content, somebody asked all the same', () => {
  expect(interactionOf('without-content', 'r1')).toMatchObject({ requested_by: 'user_turn', request_text: '', request_fit: 'unknown', arguments: '' })
})

it('two clients at once are each themselves, and who is refused is nobody', () => {
  for (const call of ['kim0', 'kim1', 'lee0', 'lee1']) {
    const known = truthOf('two-clients-and-one-refused').calls.get(call)
    expect(interactionOf('two-clients-and-one-refused', call)).toMatchObject({ principal: known?.principal, client: known?.client })
  }
  const refused = assembled(eventsOf('two-clients-and-one-refused')).filter(({ outcome }) => outcome === 'unauthenticated')
  expect(refused.map(({ principal, client, client_address: from }) => [principal, client, from])).toEqual([['', '', '127.0.0.1'], ['', '', '127.0.0.1']])
})
