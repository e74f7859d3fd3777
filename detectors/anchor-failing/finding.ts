import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { rule } from './rule.ts'

export interface FailingAnchor {
  readonly anchor: string
  /** file, webhook or witness. */
  readonly kind: string
  readonly tenant: string
  readonly failures: number
  /** The anchor's last answer, or why there was none. */
  readonly why: string
  /** First failure and now, nanoseconds. */
  readonly since: bigint
  readonly now: bigint
  /** Up to which size of the log it has a checkpoint; 0 for none. */
  readonly anchoredSize: number
  readonly size: number
}

/** The finding for an anchor that takes nothing. `id` is 32 hex digits, made of the anchor and of since when. */
export function anchorFinding({ anchor, kind, tenant, failures, why, since, now, anchoredSize, size }: FailingAnchor, id: string): Finding {
  return {
    finding_id: id, version: 1, tenant, detector: rule.id, rule_version: rule.version, severity: rule.severity,
    title: `The ${kind} anchor ${anchor} does not take the log's checkpoints`,
    observed: `${failures} tries failed since ${new Date(Number(since / 1_000_000n)).toISOString()}`,
    expected: 'each checkpoint is taken on its schedule',
    reasons: [why, anchoredSize === 0 ? 'it never took one' : `it has the log up to size ${anchoredSize}; the log is at ${size}`],
    interaction_id: '', trace_id: '', conversation: '', actor: anchor, actor_kind: 'unknown', principal: '', client: '', server: '', tool: '',
    window_start: since, window_end: now, evidence_ids: [], created_at: now, ...BLANK_CASE,
  }
}
