/** Actions of administrators as audit events: the same redactor, the same topic, the same account as for everybody else. */
import { hash } from 'node:crypto'
import { ADMIN_EMITTER, type AdminAction, credentialOf } from '../../schemas/admin-action.ts'
import { type AuditEventFields, blankAuditEvent } from '../../schemas/audit-event.ts'
import type { Clock, Publisher } from '../../schemas/ports.ts'
import { eventKey } from '../../schemas/record-key.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import type { Redactor } from './contracts.ts'
import type { CollectorTelemetry } from './telemetry.ts'

const TRANSPORT = 'watchkeeper/admin'
const OUTCOMES = { ok: 'ok', failed: 'tool_error', unknown: 'unknown' } as const

/**
 * The id is a hash of the action's own and of its outcome: told twice it is one event, and an action that was given up for unfinished and
 * ends after all is two. `version`: of this program.
 */
export function adminEvent(
  action: AdminAction, { version, receivedAt }: { readonly version: string; readonly receivedAt: bigint },
): AuditEventFields {
  const at = BigInt(Date.parse(action.at)) * 1_000_000n
  const details = JSON.stringify(action.details)
  return {
    ...blankAuditEvent(),
    event_id: hash('sha256', `admin\u0000${action.id}\u0000${action.outcome}`, 'hex').slice(0, 32),
    tenant: action.tenant, signal: 'log', name: `watchkeeper/${action.action}`, method: `watchkeeper/${action.action}`,
    started_at: at, ended_at: at, observed_at: at,
    source: 'watchkeeper', emitter: ADMIN_EMITTER, mapping_version: '1', service_version: version, vantage: 'log',
    resource: action.object, host: action.host,
    principal: action.actor, principal_source: action.actor_source,
    // Of a process we only know what it says of its user; a token was checked.
    principal_trust: action.actor_source === 'api.token' || action.actor_source === 'sql.user' ? 'verified' : 'self_declared',
    actor: action.actor, actor_kind: 'principal',
    ...(action.peer === '' ? {} : { client_address: action.peer, client_address_source: 'socket', client_address_trust: 'verified' }),
    arguments: details, arguments_bytes: BigInt(Buffer.byteLength(details)),
    outcome: OUTCOMES[action.outcome], status_message: action.reason,
    transport: TRANSPORT, exporter_peer: action.peer, credential: credentialOf(action), received_at: receivedAt,
  }
}

export interface AdminIntakePorts {
  readonly bus: Publisher
  readonly redactor: Pick<Redactor, 'redact'>
  readonly telemetry: CollectorTelemetry
  readonly clock: Clock
  readonly version: string
}

/** Resolves when the event is durable. Failure `unavailable` when the bus does not take it now. */
export function createAdminIntake({ bus, redactor, telemetry, clock, version }: AdminIntakePorts): (action: AdminAction) => Promise<void> {
  return async (action) => {
    const receivedAt = clock.now()
    const event = adminEvent(action, { version, receivedAt })
    redactor.redact(event)
    await bus.publish(events, EventRecord.together([event]).map((record) => ({ key: eventKey(event), record })))
    const count = { source: event.source, received: 1, accepted: 1, skipped: 0, rejected: 0 }
    telemetry.received(
      { accepted: 1, skipped: new Map(), rejected: [], bySource: [count] },
      { tenant: event.tenant, transport: TRANSPORT, peer: action.peer, receivedAt },
    )
  }
}
