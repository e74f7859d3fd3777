import { describe, expect, it } from 'vitest'
import { type AuditEventFields, blankAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import { observationOf } from './observation.ts'
import { settleJoins } from './settle.ts'
import { newTrace, observe } from './trace.ts'

const MS = 1_000_000n
let count = 0

/** A span of one trace; times in milliseconds. */
function span(id: string, fields: Partial<AuditEventFields>, [start, end]: readonly [number, number] = [0, 1]): AuditEventFields {
  count++
  return {
    ...blankAuditEvent(), event_id: count.toString(16).padStart(32, '0'), trace_id: 'a'.repeat(32), span_id: id.padStart(16, '0'), source: 's',
    started_at: BigInt(start) * MS, ended_at: BigInt(end) * MS, ...fields, parent_span_id: (fields.parent_span_id ?? '').padStart(fields.parent_span_id ? 16 : 0, '0'),
  }
}

/** Span ids of each call, those of one call together. */
function callsOf(spans: readonly AuditEventFields[]): string[] {
  const trace = newTrace()
  for (const one of spans) observe(trace, observationOf(encodeCanonical(one).bytes), true)
  settleJoins(trace)
  return trace.calls.filter(({ index, into }) => index === into)
    .map(({ observations }) => observations.filter(({ server_internal: own }) => !own).map(({ span_id: id }) => id.replace(/^0+/, '')).sort().join('+')).filter((ids) => ids !== '').sort()
}

const call = { method: 'tools/call', tool: 'search' } as const
const client = (id: string, fields: Partial<AuditEventFields> = {}, times?: readonly [number, number]) => span(id, { ...call, vantage: 'client', parent_span_id: 'f0', ...fields }, times)
const server = (id: string, fields: Partial<AuditEventFields> = {}, times?: readonly [number, number]) => span(id, { ...call, vantage: 'server', parent_span_id: 'f1', ...fields }, times)

describe('one JSON-RPC id', () => {
  it('joins the only two ends that have it', () => {
    expect(callsOf([client('1', { jsonrpc_request_id: '7' }), server('2', { jsonrpc_request_id: '7' })])).toEqual(['1+2'])
  })

  it('joins nothing where two sessions count alike', () => {
    const spans = [client('1', { jsonrpc_request_id: '7' }), client('2', { jsonrpc_request_id: '7' }), server('3', { jsonrpc_request_id: '7' })]
    expect(callsOf(spans)).toEqual(['1', '2', '3'])
    expect(callsOf(spans.toReversed())).toEqual(['1', '2', '3'])
  })

  it('joins nothing to a server whose caller was lost, where the other names its own', () => {
    const id = (number: string) => ({ jsonrpc_request_id: number })
    const pair = [client('1', id('1')), server('2', { ...id('1'), parent_span_id: '1' })]
    expect(callsOf([...pair, client('3', id('2')), server('4', { ...id('2'), parent_span_id: '9' })])).toEqual(['1+2', '3', '4'])
    expect(callsOf([client('3', id('2')), server('4', { ...id('2'), parent_span_id: '9' })])).toEqual(['3+4'])
  })

  it('joins no two sessions of which each has lost an end', () => {
    const id = (number: string, wire_session = '') => ({ jsonrpc_request_id: number, wire_session })
    expect(callsOf([client('1', id('7', 'a')), server('2', id('7', 'b'))])).toEqual(['1', '2'])
    expect(callsOf([client('1', id('7', 'a')), server('2', id('7', 'a'))])).toEqual(['1+2'])
    // That there are two is seen by what both counted before.
    const before = [client('3', id('1')), client('4', id('1'))]
    expect(callsOf([...before, client('1', id('7')), server('2', id('7'))])).toEqual(['1', '2', '3', '4'])
    expect(callsOf([...before, client('1', id('7', 'a')), server('2', id('7', 'a'))])).toEqual(['1+2', '3', '4'])
  })

  it('joins nothing to a call that has both its ends', () => {
    expect(callsOf([client('1', { jsonrpc_request_id: '7' }), server('2', { parent_span_id: '1' }), client('3', { jsonrpc_request_id: '7' })])).toEqual(['1+2', '3'])
  })

  it('costs little where it is everywhere', () => {
    const spans = Array.from({ length: 5_000 }, (_, n) => client(`9${n.toString(16).padStart(4, '0')}`, { jsonrpc_request_id: '7' }))
    expect(callsOf([...spans, server('ffffff', { jsonrpc_request_id: '7' })])).toHaveLength(5_001)
  })
})

describe('an HTTP request', () => {
  const request = (times: readonly [number, number] = [0, 10]) => span('a', { vantage: 'server', parent_span_id: '1' }, times)
  const inside = (id: string, fields: Partial<AuditEventFields>, times: readonly [number, number] = [1, 2]) => server(id, { parent_span_id: 'a', ...fields }, times)

  it('is of the call that its caller made, whatever came with it first', () => {
    const look = inside('b', { method: 'tools/list', tool: '', emitter: 'fastmcp' })
    expect(callsOf([client('1'), request(), look, inside('c', {}, [3, 4])])).toEqual(['1+a+c'])
    expect(callsOf([request(), look, inside('c', {}, [3, 4])])).toEqual(['a+c'])
  })

  it("leaves a list of another server's what it was", () => {
    expect(callsOf([request(), inside('b', { method: 'tools/list', tool: '' }), inside('c', {}, [3, 4])])).toEqual(['a+c', 'b'])
  })

  it('is not of what began when it was over, by its own clock', () => {
    expect(callsOf([request([0, 5]), inside('b', {}, [6, 7])])).toEqual(['a', 'b'])
    expect(callsOf([request([0, 5]), inside('b', { source: 'another' }, [6, 7])])).toEqual(['a+b'])
  })
})

describe('one session', () => {
  const session = { wire_session: 'w' }
  const post = (id: string, times: readonly [number, number]) =>
    span(id, { vantage: 'server', name: 'POST /mcp', parent_span_id: 'f2', attributes: new Map([['http.request.method', { type: 'string', text: 'POST' }]]) }, times)
  const posts = [post('a1', [1, 10]), post('a2', [21, 30])]

  it('joins calls one of which lies in the other', () => {
    const spans = [client('1', session, [0, 10]), client('2', session, [20, 30]), server('3', session, [21, 29]), server('4', session, [1, 9])]
    expect(callsOf([...posts, ...spans])).toEqual(['1+4', '2+3', 'a1', 'a2'])
    expect(callsOf(spans), 'where no request is seen').toHaveLength(4)
  })

  it('joins nothing where another request was under way, whose spans may be lost', () => {
    const spans = [client('1', session, [0, 10]), server('4', session, [1, 9])]
    expect(callsOf([post('a1', [1, 10]), post('a2', [5, 12]), ...spans])).toEqual(['1', '4', 'a1', 'a2'])
    const others = [client('5', { wire_session: 'v' }, [2, 10]), server('6', { wire_session: 'v' }, [3, 8])]
    expect(callsOf([post('a1', [1, 10]), post('a2', [2, 10]), ...spans, ...others]), 'of another session').toEqual(['1+4', '5+6', 'a1', 'a2'])
  })

  it.each([
    ['several lie in one', [[0, 10], [1, 11]], [[2, 9], [3, 8]]],
    ['the clocks disagree', [[0, 10], [20, 30]], [[21, 29], [41, 49]]],
    ['the clocks disagree so that others lie in the long one', [[0, 30], [40, 50], [60, 70]], [[1, 5], [21, 29], [41, 49]]],
    ['an end is missing', [[0, 10], [20, 30]], [[21, 29]]],
  ] as const)('joins nothing where %s', (_why, callers, servers) => {
    const spans = [...callers.map((times, n) => client(`1${n}`, session, times)), ...servers.map((times, n) => server(`2${n}`, session, times))]
    expect(callsOf([...posts, ...spans])).toHaveLength(spans.length + 2)
  })

  it('joins nothing of another session, tool or name', () => {
    expect(callsOf([client('1', session, [0, 10]), server('2', { wire_session: 'v' }, [1, 9])])).toHaveLength(2)
    expect(callsOf([client('1', session, [0, 10]), server('2', { ...session, tool: 'other' }, [1, 9])])).toHaveLength(2)
    expect(callsOf([client('1', {}, [0, 10]), server('2', {}, [1, 9])])).toHaveLength(2)
  })
})
