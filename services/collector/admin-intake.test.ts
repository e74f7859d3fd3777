import { describe, expect, it } from 'vitest'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import type { AdminAction } from '../../schemas/admin-action.ts'
import { AuditEvent } from '../../schemas/audit-event.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { emptyState, fold } from '../assembler/fold.ts'
import { adminEvent, createAdminIntake } from './admin-intake.ts'
import { createRedactor } from './redact/redactor.ts'

const ACTION: AdminAction = {
  id: '0123456789abcdef0123456789abcdef', at: '2026-11-21T08:00:00.000Z', action: 'token.create', object: 'token/gateway', tenant: 'acme',
  actor: 'maria', actor_source: 'os.user', host: 'audit-1', peer: '', details: { scopes: 'ingest' }, outcome: 'ok', reason: '',
}
const AT = { version: '0.1.0', receivedAt: 1_800_000_000_000_000_000n }

describe('an action of an administrator', () => {
  it('is an audit event that says who, what and where', () => {
    const event = adminEvent(ACTION, AT)
    expect(AuditEvent.parse(event)).toMatchObject({
      emitter: 'watchkeeper', method: 'watchkeeper/token.create', resource: 'token/gateway', tenant: 'acme', actor: 'maria', principal_source: 'os.user',
      principal_trust: 'self_declared', host: 'audit-1', arguments: '{"scopes":"ingest"}', outcome: 'ok', started_at: 1_795_248_000_000_000_000n,
    })
    expect(adminEvent({ ...ACTION, actor_source: 'api.token', peer: '127.0.0.1' }, AT)).toMatchObject({
      principal_trust: 'verified', client_address: '127.0.0.1', exporter_peer: '127.0.0.1',
    })
  })

  it('says by what it came: a token, a user of the machine or of SQL, the product itself, or nothing where nothing is asked for', () => {
    const by = (actor_source: AdminAction['actor_source'], actor = 'maria') => adminEvent({ ...ACTION, actor, actor_source }, AT).credential
    expect([by('os.user'), by('api.token', 'dpo'), by('api.token', 'api.token'), by('sql.user'), by('watchkeeper', 'watchkeeper'), by('sql.anyone', 'unknown')])
      .toEqual(['os-user:maria', 'token:dpo', 'local:api.token', 'sql-user:maria', 'service:watchkeeper', ''])
  })

  it('has one identity however often it is told, and another when it ends otherwise', () => {
    const id = adminEvent(ACTION, AT).event_id
    expect(adminEvent(ACTION, { ...AT, receivedAt: 1n }).event_id).toBe(id)
    expect(adminEvent({ ...ACTION, outcome: 'unknown' }, AT).event_id).not.toBe(id)
  })

  it('goes through the redactor onto the bus, and is counted', async () => {
    const published: { key: string; record: unknown }[] = []
    const counted: unknown[] = []
    const intake = createAdminIntake({
      bus: { publish: async (_topic, batch) => void published.push(...batch), broadcast: async () => undefined },
      redactor: createRedactor(createKeyedHash(Buffer.alloc(32, 1))), clock: { now: () => 7n }, version: '1',
      telemetry: { received: ({ bySource }) => void counted.push(...bySource), receivedMetrics: () => undefined },
    })
    await intake({ ...ACTION, reason: 'AKIAIOSFODNN7EXAMPLQ is no name' })
    const { event } = published[0]!.record as EventRecord
    expect([event?.received_at, event?.redacted.length, event?.status_message]).toEqual([7n, 1, expect.not.stringContaining('AKIA')])
    expect([published[0]!.key, counted]).toEqual([event?.event_id, [{ source: 'watchkeeper', received: 1, accepted: 1, skipped: 0, rejected: 0 }]])
  })

  it('is no MCP call: the assembler makes no interaction of it', () => {
    const state = emptyState()
    const out: unknown[] = []
    const limits = { quietNs: 1n, lineageNs: 10n, spans: 100, spansPerTenant: 100, spansPerTrace: 100, relatedCalls: 10, callsPerConversation: 10, conversationCharacters: 100 }
    const [record] = EventRecord.together([adminEvent(ACTION, AT)])
    fold(state, { offset: 0, records: [record!, EventRecord.tick(AT.receivedAt + 1_000n)] }, { limits, out: out as never[], takes: () => true })
    expect([out, state.traces.size]).toEqual([[], 0])
  })
})
