/** What people type into coding agents reaches the calls of the same conversation: golden bodies in, interactions out. */
import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { goldenEvents } from '../../services/collector/normalise/sample-telemetry.ts'
import { Cluster, finish } from './across-traces/cluster.ts'
import { newest, SECOND, START } from './across-traces/stories.ts'

/** The interactions of these events, arriving in this order on so many partitions. */
function assembled(events: readonly AuditEventFields[], partitions: number): Interaction[] {
  const cluster = new Cluster(partitions)
  cluster.send(events.map((event) => ({ ...event, received_at: START + 200n * SECOND })))
  finish(cluster, () => 0)
  return newest(cluster.out)
}

const of = (emitter: string, signal?: 'log' | 'span'): readonly AuditEventFields[] =>
  goldenEvents(emitter, 'session').filter((event) => signal === undefined || event.signal === signal)

/** The same logs, each in a trace of its own, as an agent with tracing switched on sends them. */
const traced = (events: readonly AuditEventFields[]): AuditEventFields[] =>
  events.map((event, index) => ({ ...event, trace_id: (index + 1).toString(16).padStart(32, '0') }))

describe.each([1, 4])('on %i partitions', (partitions) => {
  const callOf = (events: readonly AuditEventFields[], tool: string): Interaction | undefined =>
    assembled(events, partitions).find((interaction) => interaction.tool === tool)

  it.each([['without', (events: readonly AuditEventFields[]) => events], ['with', traced]])('Gemini CLI %s traces', (_, prepare) => {
    const events = prepare(of('gemini-cli', 'log'))
    for (const order of [events, events.toReversed()]) {
      expect(callOf(order, 'create_issue')).toMatchObject({
        requested_by: 'user_turn', request_text: 'Create an issue "Login button is dead" in the repository acme/shop', request_fit: 'asked',
        principal: 'kim@corp.example', argument_sources: new Map([['$.repository', 'user'], ['$.title', 'user']]),
      })
      expect(callOf(order, 'delete_repository')).toMatchObject({ requested_by: 'user_turn', outcome: 'denied' })
    }
  })

  it('Gemini CLI with spans beside its logs is no call more', () => {
    expect(assembled(of('gemini-cli'), partitions).map(({ tool }) => tool).sort()).toEqual(['create_issue', 'delete_repository', 'run_shell_command', 'send'])
  })

  it('Codex CLI, whose logs and client span are one call', () => {
    const events = of('codex-cli')
    for (const order of [events, events.toReversed()]) {
      expect(callOf(order, 'send')).toMatchObject({
        requested_by: 'user_turn', request_text: 'Send the report /srv/q3.pdf to ann@corp.example', request_fit: 'asked',
        vantages: ['client', 'log'], principal: 'kim@corp.example', outcome: 'ok', decision: 'approved_for_session', decision_by: 'User', server: 'mail',
        argument_sources: new Map([['$.to', 'user'], ['$.file', 'user']]),
      })
      expect(callOf(order, 'delete')).toMatchObject({ requested_by: 'user_turn', outcome: 'denied', decision_by: 'User' })
    }
  })

  it('Copilot Chat, whose turn is that of the agent run and not the newest message of a model call', () => {
    const events = of('copilot-chat')
    for (const order of [events, events.toReversed()]) {
      const calls = assembled(order, partitions)
      expect(calls.map(({ tool }) => tool).sort()).toEqual(['delete', 'fork', 'read_file', 'search'])
      expect(calls.find(({ tool }) => tool === 'search')).toMatchObject({
        requested_by: 'user_turn', request_text: 'Search the issues of acme/shop for "login"', request_fit: 'asked', server: 'github', outcome: 'ok',
        argument_sources: new Map([['$.query', 'user'], ['$.repository', 'user']]),
      })
    }
  })

  it.each([['logs', 'log'], ['spans', 'span'], ['both', undefined]] as const)('Claude Code by its %s', (_, signal) => {
    const events = of('claude-code', signal)
    for (const order of [events, events.toReversed()]) {
      const calls = assembled(order, partitions)
      expect(calls.filter(({ tool }) => tool === 'create_issue')).toMatchObject([{
        requested_by: 'user_turn', request_text: 'Create an issue titled "Cart is empty" in acme/shop', server: 'github', outcome: 'ok',
        principal: 'kim@corp.example', vantages: signal === undefined ? ['agent', 'log'] : [signal === 'log' ? 'log' : 'agent'],
        ...(signal === 'span' ? {} : { request_fit: 'asked', decision_by: 'config', argument_sources: new Map([['$.repository', 'user'], ['$.title', 'user']]) }),
      }])
      expect(calls.filter(({ tool }) => tool === 'merge_pull_request')).toMatchObject([{ requested_by: 'user_turn', outcome: signal === 'span' ? 'unknown' : 'denied' }])
    }
  })

  it.each(['[REDACTED]', '<REDACTED>'])('a prompt that is withheld as %s is no turn that a call could fail to fit', (text) => {
    const events = of('claude-code', 'log').map((event) => (
      event.attributes.has('prompt') ? { ...event, attributes: new Map(event.attributes).set('prompt', { type: 'string' as const, text }) } : event
    ))
    expect(callOf(events, 'create_issue')).toMatchObject({ requested_by: 'unknown', request_text: '', request_fit: 'unknown' })
  })

  it.each(['session', 'older'])('goose, %s', (name) => {
    const events = goldenEvents('goose', name)
    for (const order of [events, events.toReversed()]) {
      expect(callOf(order, 'read_file')).toMatchObject({
        requested_by: 'user_turn', request_text: 'Read /srv/plan.md and tell me the date of the release', request_fit: 'asked', server: 'files', principal: 'kim',
        argument_sources: new Map([['$.path', 'user']]),
      })
    }
  })

  it('opencode, by the messages of its model calls', () => {
    const events = of('opencode')
    for (const order of [events, events.toReversed()]) {
      expect(callOf(order, 'chat_post_message')).toMatchObject({
        requested_by: 'user_turn', request_text: 'Post "Release on Friday" to the channel team-web', request_fit: 'asked', conversation: '',
        argument_sources: new Map([['$.channel', 'user'], ['$.text', 'user']]),
      })
    }
  })
})
