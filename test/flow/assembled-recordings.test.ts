/** Recorded OTLP in, interactions out: decode, normalise, redact and assemble, without a bus. */
import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { type AssemblerState, emptyState } from '../../services/assembler/fold.ts'
import { eventsOf } from './across-traces/recordings.ts'
import { assemble, END, recordOf, take } from './assembling.ts'
import { decodeSnapshot, encodeSnapshot, endReplay, replayOf, snapshotOf } from '../../services/assembler/snapshot.ts'

const countBy = (interactions: readonly Interaction[], key: (interaction: Interaction) => string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const interaction of interactions) counts[key(interaction)] = (counts[key(interaction)] ?? 0) + 1
  return counts
}

/** What an interaction says apart from which observation came first. */
const meaning = (interactions: readonly Interaction[]): unknown[] =>
  interactions.map(({ interaction_id, version, sort_at, received_at, ...rest }) => ({ ...rest, argument_sources: [...rest.argument_sources] }))
    .sort((left, right) => (left.event_ids[0] ?? '').localeCompare(right.event_ids[0] ?? ''))

function shuffled<T>(values: readonly T[], seed: number): T[] {
  let state = seed
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const out = [...values]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[out[i], out[j]] = [out[j] as T, out[i] as T]
  }
  return out
}

describe('pydantic-ai', () => {
  const events = eventsOf('pydantic-ai')
  const interactions = assemble(events)

  it('makes 6 interactions of 19 events', () => {
    expect(events.length).toBe(19)
    expect(countBy(interactions, ({ method }) => method)).toEqual({ 'tools/call': 2, 'server/discover': 1, 'tools/list': 3 })
    expect(interactions.filter(({ server_internal: internal }) => internal).length).toBe(2)
  })

  it('gives each call the content of the agent and the client of the server', () => {
    for (const call of interactions.filter(({ method }) => method === 'tools/call')) {
      expect(call).toMatchObject({
        client: 'claude-desktop', actor: 'claude-desktop', actor_kind: 'client', principal: '', server: 'files', agent: 'support',
        requested_by: 'user_turn', outcome: 'ok',
      })
      expect(call.event_ids.length).toBe(4)
      expect(call.vantages).toEqual(['agent', 'client', 'server'])
      expect(call.request_text).toBe('Summarise revenue in /srv/q3.xlsx')
    }
  })

  it('knows what was asked for and what was not', () => {
    const [read, run] = ['read_file', 'run_command'].map((tool) => interactions.find((interaction) => interaction.tool === tool))
    expect(read).toMatchObject({ request_fit: 'asked', arguments: '{"path":"/srv/q3.xlsx"}' })
    expect(read?.argument_sources).toEqual(new Map([['$.path', 'user']]))
    expect(run).toMatchObject({ request_fit: 'unrelated', effect: 'execute' })
    expect(run?.argument_sources).toEqual(new Map([['$.command', 'model']]))
  })
})

describe('fastmcp', () => {
  const events = eventsOf('fastmcp')
  const interactions = assemble(events)

  it('makes 28 interactions of 66 events', () => {
    expect(events.length).toBe(66)
    expect(countBy(interactions, ({ method }) => method)).toEqual({
      'tools/call': 8, 'tools/list': 8, 'server/discover': 3, initialize: 1, 'resources/list': 2, 'resources/read': 2, 'prompts/list': 2,
      'prompts/get': 2,
    })
    expect(countBy(interactions.filter(({ method }) => method === 'tools/call'), ({ client }) => client)).toEqual({
      'claude-desktop': 4, 'ci-bot': 4,
    })
    expect(countBy(interactions, ({ principal, server_internal: internal }) => `${principal}/${internal}`)).toEqual({ '/false': 22, '/true': 6 })
  })

  it('calls the refused client a protocol error of somebody unknown, and nothing an auth failure', () => {
    const refused = interactions.filter(({ error_code: code }) => code === '-32603')
    expect(refused.map(({ method }) => method).sort()).toEqual(['initialize', 'server/discover'])
    for (const call of refused) expect(call).toMatchObject({ outcome: 'protocol_error', client: '', principal: '' })
    expect(interactions.some(({ outcome }) => outcome === 'denied' || outcome === 'unauthenticated')).toBe(false)
  })

  it('does not claim to know who asked', () => {
    expect(countBy(interactions, ({ requested_by: by, request_fit: fit }) => `${by}/${fit}`)).toEqual({ 'unknown/unknown': 28 })
  })
})

describe('shinzo-ts', () => {
  it('makes two calls with arguments and the client address of the span', () => {
    const interactions = assemble(eventsOf('shinzo-ts'))
    expect(interactions.map(({ tool, outcome, client_address: address }) => [tool, outcome, address]).sort()).toEqual([
      ['export_all', 'tool_error', '192.0.2.2'], ['search_customers', 'ok', '192.0.2.2'],
    ])
    expect(JSON.parse(interactions.find(({ tool }) => tool === 'search_customers')?.arguments ?? '')).toEqual({ query: 'acme', limit: 5 })
  })
})

describe('any order', () => {
  it.each(['pydantic-ai', 'fastmcp'])('gives the same interactions for %s', (emitter) => {
    const events = eventsOf(emitter)
    const expected = meaning(assemble(events))
    for (let seed = 1; seed <= 40; seed++) {
      expect(meaning(assemble(shuffled([...events, ...events.slice(0, 5)], seed))), `seed ${seed}`).toEqual(expected)
    }
  })

  it('goes on from a snapshot as if nothing had been, and says nothing twice', () => {
    const events = eventsOf('pydantic-ai')
    const uninterrupted: Interaction[] = []
    const whole = emptyState()
    for (const [offset, record] of [...events.map(recordOf), END].entries()) take(whole, offset, record, uninterrupted)
    const takeAll = (state: AssemblerState, [from, to]: readonly [number, number], out: Interaction[], only?: ReadonlySet<string>) => {
      for (let offset = from; offset < to; offset++) take(state, offset, recordOf(events[offset] as AuditEventFields), out, only)
    }
    for (let cut = 0; cut <= events.length; cut++) {
      const out: Interaction[] = []
      const before = emptyState()
      takeAll(before, [0, cut], out)
      const replay = replayOf(decodeSnapshot(encodeSnapshot(snapshotOf(before, cut))))
      const after = emptyState()
      takeAll(after, [replay.snapshot.replayFrom, cut], [], replay.held)
      endReplay(after, replay)
      takeAll(after, [cut, events.length], out)
      take(after, events.length, END, out)
      expect(out, `cut at ${cut}`).toEqual(uninterrupted)
    }
  })
})
