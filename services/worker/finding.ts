/** Turns what a detector says into a finding: adds who, where, when and the id. Pure. */
import { hash } from 'node:crypto'
import type { Draft, Sum } from '../../detectors/detector.ts'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import { partsSql } from '../../schemas/evidence-sql.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { caseOf } from './argue.ts'

/** Most event ids that one finding carries. */
export const MAX_EVIDENCE = 20

/** Who raised it. */
export interface Source {
  readonly detector: string
  readonly ruleVersion: number
}

/**
 * First 32 hex digits of SHA-256 over detector, tenant and what the finding is about, each preceded by its length, so that
 * no two lists of parts give the same text.
 */
export function findingId(detector: string, tenant: string, about: readonly string[]): string {
  let text = ''
  for (const part of [detector, tenant, ...about]) text += `${part.length}:${part}`
  return hash('sha256', text, 'hex').slice(0, 32)
}

/** Version 1: the finding is known from one observation and names no interaction yet. */
export function findingOfEvent(draft: Draft, event: AuditEvent, source: Source): Finding {
  return assemble(draft, source, { ...event, interaction_id: '', version: 1, event_ids: [event.event_id] }, { seen: { ...event, event_ids: [event.event_id] } })
}

/** Version 1 + that of the interaction, so that it replaces what was said of an observation or of an earlier version. */
export function findingOfInteraction(draft: Draft, interaction: Interaction, source: Source): Finding {
  const place = placeIn(interaction)
  return assemble(place === '' ? draft : { ...draft, reasons: [...draft.reasons, place] }, source, { ...interaction, version: 1 + interaction.version }, { seen: interaction, interaction })
}

/** About what a server offers: nobody has called it yet. The time is that of the observation that showed it. */
export function findingOfDefinition(draft: Draft, definition: ToolDefinition, source: Source): Finding {
  const { tenant, agent, client, server, target, kind, name, first_seen, last_seen, event_id } = definition
  return assemble(draft, source, {
    tenant, interaction_id: '', version: 1, trace_id: '', conversation: '', actor: agent || client, actor_kind: agent !== '' ? 'agent' : client !== '' ? 'client' : 'unknown', principal: '', client,
    server: server || target, tool: kind === 'tool' ? name : '', started_at: first_seen, ended_at: last_seen > first_seen ? last_seen : first_seen, event_ids: [event_id],
    received_at: first_seen,
  })
}

/** About several findings, of which `latest` is the one that was heard last: whose they are is told by it, and so is their lineage where they share one. */
export function findingOfSum(sum: Sum, latest: Finding, source: Source): Finding {
  const { trace_id, conversation } = sum.oneLineage ? latest : { trace_id: '', conversation: '' }
  const finding = assemble(sum, source, {
    ...latest, interaction_id: '', version: sum.version, trace_id, conversation, server: '', tool: '', started_at: latest.window_start, ended_at: latest.window_end, event_ids: latest.evidence_ids,
    received_at: latest.created_at,
  })
  const sql = partsSql({ tenant: finding.tenant, first_seen: finding.window_start, last_seen: finding.window_end }, sum.parts)
  return { ...finding, sql, lineage: latest.lineage, sample_events: sum.samples, part_ids: sum.parts }
}

const RANGES: Readonly<Record<Interaction['client_range'], string>> = {
  '': '', public: '', private: 'a private address', loopback: 'the same machine', link_local: 'a link-local address', carrier_nat: 'an address shared by a carrier',
  reserved: 'a reserved address',
}

/** Where the caller's address is, for whoever reads the finding; '' where it has none. Only what proved to be an address is told. */
function placeIn({ client_address, client_network, client_range, client_country, client_asn, client_as_org, client_hosting }: Interaction): string {
  if (client_network === '') return ''
  const system = client_asn === 0 ? '' : `AS${client_asn} ${client_as_org}`.trimEnd()
  const told = [RANGES[client_range], client_country, system, client_hosting === 'yes' ? 'hosting' : ''].filter((fact) => fact !== '')
  return `called from ${client_address}${told.length === 0 ? '' : ` (${told.join(', ')})`}`
}

type Subject = Pick<Interaction, 'tenant' | 'interaction_id' | 'version' | 'trace_id' | 'conversation' | 'actor' | 'actor_kind' | 'principal'
  | 'client' | 'server' | 'tool' | 'started_at' | 'ended_at' | 'event_ids' | 'received_at'>

function assemble(draft: Draft, source: Source, subject: Subject, known: Parameters<typeof caseOf>[2] = {}): Finding {
  const said = {
    finding_id: findingId(source.detector, subject.tenant, draft.about),
    version: subject.version,
    tenant: subject.tenant,
    detector: source.detector,
    rule_version: source.ruleVersion,
    severity: draft.severity,
    title: draft.title,
    observed: draft.observed,
    expected: draft.expected,
    reasons: draft.reasons,
    interaction_id: subject.interaction_id,
    trace_id: subject.trace_id,
    conversation: subject.conversation,
    actor: subject.actor,
    actor_kind: subject.actor_kind,
    principal: subject.principal,
    client: subject.client,
    server: subject.server,
    tool: subject.tool,
    window_start: draft.windowStart ?? subject.started_at,
    window_end: draft.windowEnd ?? subject.ended_at,
    evidence_ids: (draft.evidence ?? subject.event_ids).slice(0, MAX_EVIDENCE),
    created_at: subject.received_at,
  }
  return { ...said, ...caseOf(draft, said, known) }
}
