/** What a receiver is told of an alert: the JSON body of a webhook. Texts are cut to fit; what is left out is counted. */
import { z } from 'zod'
import { AlertStatus, AlertVerdict } from './alert.ts'
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

/** Where a person goes on reading. */
const Link = z.strictObject({ rel: z.enum(['console', 'runbook', 'alert']), text, href: z.url({ protocol: /^https?$/ }) })

export const AlertMessage = z.strictObject({
  type: z.enum(['alert.open', 'alert.updated', 'alert.acknowledged', 'alert.resolved', 'alert.reopened']),
  timestamp: time,
  data: z.strictObject({
    alert_id: text, version: z.number().int(), tenant: text, status: AlertStatus, severity: Severity, title: text,
    verdict: AlertVerdict,
    /** Who gave it its status, and why; `watchkeeper` where nobody did. */
    status_by: text, status_why: text,
    who: z.strictObject({ actor: text, actor_kind: ActorKind, principal: text, client: text }),
    what: z.strictObject({ tool: text, server: text, detectors: texts, families: texts }),
    /** Who asked in which words -> agent -> tool on server, of the gravest reason; '' where none is known. */
    lineage: text,
    /** The most severe first. */
    why: z.array(Reason).readonly(),
    /** Findings of the alert that are not in `why`. */
    why_omitted: z.number().int(),
    findings: z.number().int(),
    rules: z.array(RuleWords).readonly(),
    evidence_ids: texts, interaction_ids: texts, trace_id: text, conversation: text, first_seen: time, last_seen: time,
    /** Time-bounded ClickHouse query; '' where there is no room for all of it. */
    sql: text,
    links: z.array(Link).readonly(),
    /** Those of the configuration, such as the environment. */
    labels: z.record(z.string(), z.string()),
  }),
})
export type AlertMessage = z.infer<typeof AlertMessage>

/** More messages than a receiver takes: what was held back, in one. Nothing is lost from tables `alerts` and `alert_events`. */
export const StormMessage = z.strictObject({
  type: z.literal('storm.summary'),
  timestamp: time,
  data: z.strictObject({
    /** The same for all summaries of one storm. */
    storm_id: text, tenant: text, receiver: text, alerts: z.number().int(), messages: z.number().int(), severity: Severity,
    by_severity: z.record(z.string(), z.number().int()), since: time, until: time,
    /** The gravest, at most ten. */
    top: z.array(z.strictObject({ alert_id: text, severity: Severity, title: text })).readonly(),
    sql: text, links: z.array(Link).readonly(), labels: z.record(z.string(), z.string()),
  }),
})
export type StormMessage = z.infer<typeof StormMessage>

/** Whether messages arrive; nothing has happened. */
export const TestMessage = z.strictObject({
  type: z.literal('receiver.test'),
  timestamp: time,
  data: z.strictObject({ receiver: text, by: text, title: text, labels: z.record(z.string(), z.string()) }),
})
export type TestMessage = z.infer<typeof TestMessage>

/** Whatever a receiver may be told. */
export type Notice = AlertMessage | StormMessage | TestMessage
