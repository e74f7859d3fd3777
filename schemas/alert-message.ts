/** What a receiver is told of an alert: the JSON body of a webhook. Texts are cut to fit; what is left out is counted. */
import { z } from 'zod'
import { AlertStatus } from './alert.ts'
import { ActorKind, Severity } from './vocabulary.ts'

const text = z.string()
const texts = z.array(text).readonly()
const time = z.iso.datetime()

const Reason = z.strictObject({
  finding_id: text, detector: text, rule_version: z.number().int(), severity: Severity, title: text, observed: text, expected: text,
  /** What argues for the most severe reasons; left out of others, and where there is no room. */
  case: z.strictObject({
    weighed: z.array(z.strictObject({ name: text, observed: text, expected: text, weight: z.number() })).readonly(),
    /** What is usual, of those scopes that know. */
    usual: z.strictObject({ self: text.optional(), peers: text.optional(), tenant: text.optional() }),
    lineage: text, sample_events: texts, part_ids: texts,
  }).optional(),
})

/** What the rule of a reason says, in the version of who sends. */
const RuleWords = z.strictObject({
  detector: text, version: z.number().int(), title: text, benign: texts, runbook: texts, owasp_mcp_2025: texts, atlas_5: texts, attack_19: texts,
})

export const AlertMessage = z.strictObject({
  type: z.enum(['alert.open', 'alert.updated']),
  timestamp: time,
  data: z.strictObject({
    alert_id: text, version: z.number().int(), tenant: text, status: AlertStatus, severity: Severity, title: text,
    who: z.strictObject({ actor: text, actor_kind: ActorKind, principal: text, client: text }),
    what: z.strictObject({ tool: text, server: text, detectors: texts }),
    /** The most severe first. */
    why: z.array(Reason).readonly(),
    /** Findings of the alert that are not in `why`. */
    why_omitted: z.number().int(),
    findings: z.number().int(),
    rules: z.array(RuleWords).readonly(),
    evidence_ids: texts, interaction_ids: texts, trace_id: text, conversation: text, first_seen: time, last_seen: time,
    /** Time-bounded ClickHouse query; '' where there is no room for all of it. */
    sql: text,
  }),
})
export type AlertMessage = z.infer<typeof AlertMessage>
