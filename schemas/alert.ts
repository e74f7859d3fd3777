/** Alert: findings grouped for a person. Every change of state is a new version of the record on topic `alerts`. */
import { z } from 'zod'
import { ActorKind, Severity } from './vocabulary.ts'

const text = z.string()

export const AlertStatus = z.enum(['open', 'acknowledged', 'in_progress', 'resolved'])
export type AlertStatus = z.infer<typeof AlertStatus>
/** What an analyst says that it was; '' = nobody has said. */
export const AlertVerdict = z.enum(['', 'true', 'benign', 'duplicate'])
export type AlertVerdict = z.infer<typeof AlertVerdict>

export const Alert = z.strictObject({
  alert_id: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.number().int().min(1),
  tenant: text,
  status: AlertStatus,
  severity: Severity,
  /** What the findings have in common: `lineage:<trace or conversation>`, `actor:<actor>|<family>` or `server:<server>|<family>`. */
  group_key: text,
  title: text,
  detectors: z.array(text).readonly(),
  actor: text,
  actor_kind: ActorKind,
  principal: text,
  client: text,
  server: text,
  tool: text,
  trace_id: text,
  conversation: text,
  finding_ids: z.array(text).readonly(),
  interaction_ids: z.array(text).readonly(),
  /** At most 20 event ids. */
  evidence_ids: z.array(text).readonly(),
  /** One line a finding: title, observed against expected. */
  reasons: z.array(text).readonly(),
  /** Nanoseconds: data time of the findings. */
  first_seen: z.bigint(),
  last_seen: z.bigint(),
  /** Time-bounded ClickHouse query that shows the evidence. */
  sql: text,
  created_at: z.bigint(),
  updated_at: z.bigint(),

  /** Findings in all, also those that are no longer kept. */
  findings: z.number().int().min(0),
  /** Families of its detectors (detectors/composite-risk/families.ts). */
  families: z.array(text).readonly(),
  /** The lineage of its gravest finding, in one line; '' where none is known. */
  lineage: text,
  verdict: AlertVerdict,
  /** Another alert, where the verdict is duplicate. */
  duplicate_of: text,
  /** Who gave it its status, why and when: `watchkeeper`, '' and 0n where nobody did. */
  status_by: text,
  status_why: text,
  status_at: z.bigint(),
  /** How often it was opened again. */
  reopened: z.number().int().min(0),
  /** The silence or the alert (a composite) for which nobody is told now; '' where none. */
  silenced_by: text,
  inhibited_by: text,
  /** When a message about it was last made; 0n = never. */
  told_at: z.bigint(),
})
export type Alert = Readonly<z.infer<typeof Alert>>

/** What alerts lack that are older than these fields. */
export const BLANK_LIFE = {
  findings: 0, families: [], lineage: '', verdict: '', duplicate_of: '', status_by: 'watchkeeper', status_why: '', status_at: 0n, reopened: 0, silenced_by: '', inhibited_by: '',
  told_at: 0n,
} as const satisfies Partial<Alert>

/** One attempt to tell a receiver about an alert. */
export const Delivery = z.strictObject({
  /** `webhook-id`: the same for every attempt at one message. */
  message_id: text,
  attempt: z.number().int().min(1),
  tenant: text,
  alert_id: text,
  alert_version: z.number().int(),
  receiver: text,
  attempted_at: z.bigint(),
  duration_ns: z.bigint(),
  /** HTTP status, 0 where no answer came. */
  status: z.number().int(),
  outcome: z.enum(['delivered', 'retry', 'refused', 'gave_up']),
  /** First 1,024 bytes of the answer, or the reason there was none. */
  answer: text,
})
export type Delivery = Readonly<z.infer<typeof Delivery>>
