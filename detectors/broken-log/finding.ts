import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { rule } from './rule.ts'

export interface BrokenPartition {
  readonly tenant: string
  readonly partition: number
  /** Leaves that were signed. */
  readonly signed: number
  /** What is wrong, in words. */
  readonly why: string
  /** Nanoseconds. */
  readonly at: bigint
}

/** The finding for leaves that do not go on from what was signed. `id` is 32 hex digits, made of the partition and of what is wrong. */
export function brokenLogFinding({ tenant, partition, signed, why, at }: BrokenPartition, id: string): Finding {
  return {
    finding_id: id, version: 1, tenant, detector: rule.id, rule_version: rule.version, severity: rule.severity,
    title: `The log of partition ${partition} does not go on from what was signed`,
    observed: why, expected: `the ${signed} leaves that were signed, as they were, and new ones behind them`,
    reasons: ['nothing that contradicts an earlier checkpoint is signed, so this partition has no new ones'],
    interaction_id: '', trace_id: '', conversation: '', actor: `partition ${partition}`, actor_kind: 'unknown', principal: '', client: '', server: '', tool: '',
    window_start: at, window_end: at, evidence_ids: [], created_at: at, ...BLANK_CASE,
  }
}
