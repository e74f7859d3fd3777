/** Calls and conversations that span traces: the same interactions whatever the partitions, the order and the crashes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, blankAuditEvent } from '../../../schemas/audit-event.ts'
import type { Interaction } from '../../../schemas/interaction.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import { eventKey } from '../../../schemas/record-key.ts'
import { decodeRelays, encodeRelays, type Relay } from '../../../schemas/relay.ts'
import { EventRecord } from '../../../schemas/topics.ts'
import { type AssemblerLimits, type AssemblerState, emptyState, fold, traceKey } from '../fold.ts'
import { decodeSnapshot, encodeSnapshot, endReplay, replayOf, snapshotOf } from '../snapshot.ts'
import { emptyRelated, relate, type RelatedState, settleRelated } from './relate.ts'
import { decodeRelated, encodeRelated, relatedSnapshotOf } from './snapshot.ts'

const SECOND = 1_000_000_000n
const START = 1_795_225_000n * SECOND
const LIMITS: AssemblerLimits = {
  quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 2_000, spans: 100_000,
  relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
}

const hex = (seed: number, length: number): string => seed.toString(16).padStart(length, '0')
const string = (value: string) => ({ type: 'string' as const, text: value })
const messages = (turn: string) => string(JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: turn }] }]))

let made = 0
function observed(trace: number, seconds: number, fields: Partial<AuditEvent>): AuditEvent {
  const at = START + BigInt(seconds) * SECOND
  const own = ++made
  return {
    ...blankAuditEvent(), event_id: hex(own, 32), tenant: 'acme', trace_id: trace === 0 ? '' : hex(trace, 32), span_id: hex(own, 16), parent_span_id: hex(0xdead, 16),
    method: 'tools/call', started_at: at, ended_at: at + SECOND / 2n, received_at: START + 200n * SECOND, ...fields,
  }
}

/**
 * One conversation over five records of a person's request: the turn in a trace of its own, a call in a second whose result a call in a
 * third uses, the client's log without a trace, the server in a fourth, and one whose server only links its caller.
 */
function story(number: number): AuditEvent[] {
  const conversation = `conv-${number}`
  const base = 1 + number * 10
  const [first, second] = [`toolu_${number}_read`, `toolu_${number}_send`]
  const agent = (trace: number, seconds: number, fields: Partial<AuditEvent>) => observed(trace, seconds, { vantage: 'agent', agent: 'support', conversation, ...fields })
  const client = observed(base + 2, 21, { vantage: 'client', tool: 'fetch_page', tool_call_id: `toolu_${number}_page`, conversation, arguments: '{"url":"https://wiki.example/start"}' })
  return [
    agent(base, 0, {
      method: '', name: 'invoke_agent support', parent_span_id: '',
      attributes: new Map([['gen_ai.operation.name', string('invoke_agent')], ['gen_ai.input.messages', messages(`Send the invoice ${number} of Contoso to billing@contoso.example`)]]),
    }),
    agent(base + 1, 5, { tool: 'read_file', tool_call_id: first, arguments: `{"path":"/srv/invoice-${number}.pdf"}`, result: `invoice ${number}: total 4711.${number} IBAN DE00-${number}-77` }),
    agent(base + 2, 9, { tool: 'send_mail', tool_call_id: second, arguments: `{"to":"billing@contoso.example","body":"IBAN DE00-${number}-77"}` }),
    observed(0, 9, { signal: 'log', span_id: '', parent_span_id: '', vantage: 'log', name: 'tool_result', tool: 'send_mail', tool_call_id: second, conversation: `session-${number}`, decision: 'accept', decision_by: 'config', principal: `kim-${number}`, principal_trust: 'client_reported', principal_source: 'user.email' }),
    observed(base + 3, 9, { vantage: 'server', tool: 'send_mail', tool_call_id: second, parent_span_id: '', server: 'mail', client: 'claude', client_trust: 'server_reported', outcome: 'ok' }),
    client,
    observed(base + 4, 21, { vantage: 'server', tool: 'fetch_page', parent_span_id: '', server: 'wiki', links: [`${client.trace_id}:${client.span_id}`], outcome: 'ok' }),
  ]
}

interface Entry<T> { readonly offset: number; readonly records: readonly T[] }
interface Reader<T, State> { readonly log: Entry<T>[]; read: number; state: State; saved: { readonly bytes: Buffer; readonly next: number } | undefined }
type Stage1 = Reader<EventRecord, AssemblerState>
type Stage2 = Reader<Relay, RelatedState>

/** Assemblers over so many partitions, each of which is read when `next` says so; a crash takes a state back to its last snapshot. */
class Cluster {
  readonly out: Interaction[] = []
  readonly limits: AssemblerLimits
  readonly #events: Stage1[]
  readonly #relays: Stage2[]
  readonly #one: boolean

  constructor(partitions: number, limits = LIMITS) {
    this.limits = limits
    this.#one = partitions === 1
    this.#events = Array.from({ length: partitions }, () => ({ log: [], read: 0, state: emptyState(), saved: undefined }))
    this.#relays = Array.from({ length: this.#one ? 0 : partitions }, () => ({ log: [], read: 0, state: emptyRelated(), saved: undefined }))
  }
  send(events: readonly AuditEvent[]): void {
    for (const event of events) {
      const { log } = this.#events[partitionOf(eventKey(event), this.#events.length)] as Stage1
      log.push({ offset: log.length, records: EventRecord.together([event]) })
    }
  }
  tick(at: bigint): void {
    for (const { log } of this.#events) log.push({ offset: log.length, records: [EventRecord.tick(at)] })
    for (const { log } of this.#relays) log.push({ offset: log.length, records: [{ kind: 'tick', key: '', at }] })
  }
  /** Reads one entry of one of the logs that have news; false where none has. */
  step(pick: number): boolean {
    const waiting = [...this.#events.map((one) => ({ one, take: () => this.#assemble(one) })), ...this.#relays.map((one) => ({ one, take: () => this.#relate(one) }))]
      .filter(({ one }) => one.read < one.log.length)
    waiting[pick % Math.max(1, waiting.length)]?.take()
    return waiting.length > 0
  }
  drain(picks: () => number): void {
    while (this.step(picks())) { /* until all is read */ }
  }
  save(): void {
    for (const one of this.#events) one.saved = { bytes: encodeSnapshot(snapshotOf(one.state, one.read)), next: one.read }
    for (const one of this.#relays) one.saved = { bytes: encodeRelated(relatedSnapshotOf(one.state, one.read)), next: one.read }
  }
  /** All states are lost; what was published since the last save is published again. */
  crash(): void {
    for (const one of this.#events) {
      one.state = emptyState()
      one.read = 0
      if (one.saved === undefined) continue
      const replay = replayOf(decodeSnapshot(one.saved.bytes))
      for (const entry of one.log.slice(replay.snapshot.replayFrom, replay.snapshot.next)) {
        fold(one.state, entry, { limits: this.limits, out: [], ...(this.#one ? {} : { relays: [] }), takes: (event) => replay.held.has(traceKey(event)) })
      }
      endReplay(one.state, replay)
      one.read = replay.snapshot.next
    }
    for (const one of this.#relays) {
      one.state = emptyRelated()
      const snapshot = one.saved === undefined ? undefined : decodeRelated(one.saved.bytes)
      for (const entry of one.log.slice(snapshot?.replayFrom ?? 0, snapshot?.next ?? 0)) this.#fold(one.state, entry, { interactions: [], relays: [] })
      one.read = snapshot?.next ?? 0
    }
  }
  #assemble(one: Stage1): void {
    const relays: Relay[] = []
    fold(one.state, one.log[one.read++] as Entry<EventRecord>, { limits: this.limits, out: this.out, ...(this.#one ? {} : { relays }), takes: () => true })
    this.#send(relays)
  }
  #relate(one: Stage2): void {
    const relays: Relay[] = []
    this.#fold(one.state, one.log[one.read++] as Entry<Relay>, { interactions: this.out, relays })
    this.#send(relays)
  }
  #fold(state: RelatedState, { offset, records }: Entry<Relay>, sink: { interactions: Interaction[]; relays: Relay[] }): void {
    for (const relay of records) relate(state, relay, { offset, limits: this.limits, sink })
    settleRelated(state, state.now, { offset, limits: this.limits, sink })
  }
  #send(relays: readonly Relay[]): void {
    for (const relay of decodeRelays(encodeRelays(relays))) {
      const { log } = this.#relays[partitionOf(relay.key, this.#relays.length)] as Stage2
      log.push({ offset: log.length, records: [relay] })
    }
  }
}

/** The newest version of each, as the tables keep it: of one number the one that was said last. */
function newest(versions: readonly Interaction[]): Interaction[] {
  const byId = new Map<string, Interaction>()
  for (const one of versions) if (one.version >= (byId.get(one.interaction_id)?.version ?? 0)) byId.set(one.interaction_id, one)
  return [...byId.values()].filter(({ merged_into: into }) => into === '')
}
/** What interactions say apart from which record came first. */
const meaning = (versions: readonly Interaction[]): unknown[] =>
  newest(versions).map(({ interaction_id, version, sort_at, received_at, argument_sources, ...rest }) => ({ ...rest, argument_sources: [...argument_sources].sort() }))
    .sort((left, right) => ((left.event_ids[0] ?? '') < (right.event_ids[0] ?? '') ? -1 : 1))

function finish(cluster: Cluster, picks: () => number): void {
  for (const seconds of [230n, 250n, 270n]) {
    cluster.tick(START + seconds * SECOND)
    cluster.drain(picks)
  }
}

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
