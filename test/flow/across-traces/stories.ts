/** What a few conversations over several traces look like, and how their interactions are compared. */
import { type AuditEvent, blankAuditEvent } from '../../../schemas/audit-event.ts'
import type { Interaction } from '../../../schemas/interaction.ts'

export const SECOND = 1_000_000_000n
export const START = 1_795_225_000n * SECOND

export const hex = (seed: number, length: number): string => seed.toString(16).padStart(length, '0')
export const string = (value: string) => ({ type: 'string' as const, text: value })
const messages = (turn: string) => string(JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: turn }] }]))

let made = 0
/** A record of a trace (0: of none) so many seconds after the start. */
export function observed(trace: number, seconds: number, fields: Partial<AuditEvent>): AuditEvent {
  const at = START + BigInt(seconds) * SECOND
  const own = ++made
  return {
    ...blankAuditEvent(), event_id: hex(own, 32), tenant: 'acme', trace_id: trace === 0 ? '' : hex(trace, 32), span_id: hex(own, 16), parent_span_id: hex(0xdead, 16),
    method: 'tools/call', started_at: at, ended_at: at + SECOND / 2n, received_at: START + 200n * SECOND, ...fields,
  }
}

/** The root of an agent's run that a user's words began. */
export const agentRun = (trace: number, seconds: number, turn: string): AuditEvent => observed(trace, seconds, {
  vantage: 'agent', agent: 'support', method: '', name: 'invoke_agent support', parent_span_id: '',
  attributes: new Map([['gen_ai.operation.name', string('invoke_agent')], ['gen_ai.input.messages', messages(turn)]]),
})

/**
 * One conversation over five records of a person's request: the turn in a trace of its own, a call in a second whose result a call in a
 * third uses, the client's log without a trace, the server in a fourth, and one whose server only links its caller.
 */
export function story(number: number): AuditEvent[] {
  const conversation = `conv-${number}`
  const base = 1 + number * 10
  const [first, second] = [`toolu_${number}_read`, `toolu_${number}_send`]
  const agent = (trace: number, seconds: number, fields: Partial<AuditEvent>) => observed(trace, seconds, { vantage: 'agent', agent: 'support', conversation, ...fields })
  const client = observed(base + 2, 21, { vantage: 'client', tool: 'fetch_page', tool_call_id: `toolu_${number}_page`, conversation, arguments: '{"url":"https://wiki.example/start"}' })
  return [
    { ...agentRun(base, 0, `Send the invoice ${number} of Contoso to billing@contoso.example`), conversation },
    agent(base + 1, 5, { tool: 'read_file', tool_call_id: first, arguments: `{"path":"/srv/invoice-${number}.pdf"}`, result: `invoice ${number}: total 4711.${number} IBAN DE00-${number}-77` }),
    agent(base + 2, 9, { tool: 'send_mail', tool_call_id: second, arguments: `{"to":"billing@contoso.example","body":"IBAN DE00-${number}-77"}` }),
    observed(0, 9, { signal: 'log', span_id: '', parent_span_id: '', vantage: 'log', name: 'tool_result', tool: 'send_mail', tool_call_id: second, conversation: `session-${number}`, decision: 'accept', decision_by: 'config', principal: `kim-${number}`, principal_trust: 'client_reported', principal_source: 'user.email' }),
    observed(base + 3, 9, { vantage: 'server', tool: 'send_mail', tool_call_id: second, parent_span_id: '', server: 'mail', client: 'claude', client_trust: 'server_reported', outcome: 'ok' }),
    client,
    observed(base + 4, 21, { vantage: 'server', tool: 'fetch_page', parent_span_id: '', server: 'wiki', links: [`${client.trace_id}:${client.span_id}`], outcome: 'ok' }),
  ]
}

/** The newest version of each, as the tables keep it: of one number the one that was said last. */
export function newest(versions: readonly Interaction[]): Interaction[] {
  const byId = new Map<string, Interaction>()
  for (const one of versions) if (one.version >= (byId.get(one.interaction_id)?.version ?? 0)) byId.set(one.interaction_id, one)
  return [...byId.values()].filter(({ merged_into: into }) => into === '')
}
/** What interactions say apart from which record came first. */
export const meaning = (versions: readonly Interaction[]): unknown[] =>
  newest(versions).map(({ interaction_id, version, sort_at, received_at, argument_sources, ...rest }) => ({ ...rest, argument_sources: [...argument_sources].sort() }))
    .sort((left, right) => ((left.event_ids[0] ?? '') < (right.event_ids[0] ?? '') ? -1 : 1))

