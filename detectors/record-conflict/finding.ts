import type { AuditEvent } from '../../schemas/audit-event.ts'
import { evidenceSql } from '../../schemas/evidence-sql.ts'
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { rule } from './rule.ts'

/** The finding for a record that is kept as a conflict with the first of its identity. `id` is 32 hex digits, made of both. */
export function conflictFinding(conflict: AuditEvent, id: string): Finding {
  const where = conflict.server || conflict.source || 'an unknown source'
  return {
    finding_id: id, version: 1, tenant: conflict.tenant, detector: rule.id, rule_version: rule.version, severity: rule.severity,
    title: `A second record from ${where} contradicts one that is stored`,
    observed: 'same identity, other content', expected: 'one record, or the same one again',
    reasons: ['the first record stays as it was; the second is stored under an id of its own'],
    interaction_id: '', trace_id: conflict.trace_id, conversation: conflict.conversation, actor: conflict.actor, actor_kind: conflict.actor_kind,
    principal: conflict.principal, client: conflict.client, server: conflict.server, tool: conflict.tool,
    window_start: conflict.started_at, window_end: conflict.ended_at, evidence_ids: [conflict.conflict_with, conflict.event_id],
    created_at: conflict.received_at, ...BLANK_CASE,
    sql: evidenceSql({
      tenant: conflict.tenant, interaction_ids: [], evidence_ids: [conflict.conflict_with, conflict.event_id], trace_id: '', actor: '', first_seen: conflict.started_at,
      last_seen: conflict.ended_at,
    }),
  }
}
