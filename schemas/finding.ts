/**
 * Finding: one detector's word on one key and window. Its id is a hash of what it is about, so that a replay says nothing new;
 * a higher `version` of the same id replaces a lower one (an observation first, then the interaction it belongs to).
 */
import { z } from 'zod'
import { ActorKind, Severity } from './vocabulary.ts'

const text = z.string()

/** One thing that weighed in a judgement. */
const FindingFeature = z.strictObject({
  name: text,
  observed: text,
  /** '' where nothing is usual. */
  expected: text,
  /** Share of the judgement, 0 to 1. */
  weight: z.number(),
})

export const Finding = z.strictObject({
  finding_id: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.number().int().min(1),
  tenant: text,
  detector: text,
  rule_version: z.number().int().min(1),
  severity: Severity,
  /** One sentence for a person; never argument text, never a secret. */
  title: text,
  /** What was seen and what was expected, in words with figures. */
  observed: text,
  expected: text,
  reasons: z.array(text).readonly(),

  interaction_id: text,
  trace_id: text,
  conversation: text,
  actor: text,
  actor_kind: ActorKind,
  principal: text,
  client: text,
  server: text,
  tool: text,

  /** Nanoseconds. */
  window_start: z.bigint(),
  window_end: z.bigint(),
  /** Event ids. */
  evidence_ids: z.array(text).readonly(),
  /** `received_at` of the record that made it: data time, not a clock's. */
  created_at: z.bigint(),

  /** What weighed most, heaviest first. */
  features: z.array(FindingFeature).max(5).readonly(),
  /** What the same thing is like for the key itself, for its peers and in the tenant; '' where that is not known. */
  baseline_self: text,
  baseline_peers: text,
  baseline_tenant: text,
  /** Who asked for it in which words, through which agent, what was done where, whether it was asked for, where arguments came from; '' where no interaction is known. */
  lineage: text,
  /** Event id and, where known, what it was. */
  sample_events: z.array(text).max(3).readonly(),
  /** Time-bounded ClickHouse query that shows what it rests on. */
  sql: text,
  /** Of a finding about findings: which. */
  part_ids: z.array(text).readonly(),
})
export type Finding = Readonly<z.infer<typeof Finding>>

/** What argues a finding's case beside its words. */
export type FindingCase = Pick<Finding, 'features' | 'baseline_self' | 'baseline_peers' | 'baseline_tenant' | 'lineage' | 'sample_events' | 'sql' | 'part_ids'>

/** Of findings that argue nothing, and of records older than these fields. */
export const BLANK_CASE: FindingCase = {
  features: [], baseline_self: '', baseline_peers: '', baseline_tenant: '', lineage: '', sample_events: [], sql: '', part_ids: [],
}

export const exampleFinding: Finding = {
  finding_id: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', version: 1, tenant: 'default', detector: 'unexpected-command', rule_version: 1, severity: 'critical',
  title: 'claude-desktop ran a downloaded script on files', observed: 'output of a download piped into a shell', expected: 'no command that runs what it downloads',
  reasons: ['download-and-run: curl piped into sh'], interaction_id: '', trace_id: 'd61a9a00000000000000000000000001', conversation: 'conv-1',
  actor: 'claude-desktop', actor_kind: 'client', principal: '', client: 'claude-desktop', server: 'files', tool: 'run_command',
  window_start: 1_795_225_724_644_000_000n, window_end: 1_795_225_724_659_818_158n, evidence_ids: ['0f1e2d3c4b5a69788796a5b4c3d2e1f0'],
  created_at: 1_795_225_725_000_000_000n,
  ...BLANK_CASE,
  features: [{ name: 'a download piped into a shell', observed: 'curl into sh', expected: '', weight: 1 }], baseline_self: 'no such command in 40 calls on 12 days',
  lineage: 'alice asked "Summarise revenue" -> agent support -> run_command on files (execute); the turn did not ask for it',
  sample_events: ['0f1e2d3c4b5a69788796a5b4c3d2e1f0 2026-11-21T01:48:44.644Z tools/call run_command on files: ok'],
}
