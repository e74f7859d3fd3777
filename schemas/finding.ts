/**
 * Finding: one detector's word on one key and window. Its id is a hash of what it is about, so that a replay says nothing new;
 * a higher `version` of the same id replaces a lower one (an observation first, then the interaction it belongs to).
 */
import { z } from 'zod'
import { ActorKind, Severity } from './vocabulary.ts'

const text = z.string()

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
})
export type Finding = Readonly<z.infer<typeof Finding>>

export const exampleFinding: Finding = {
  finding_id: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', version: 1, tenant: 'default', detector: 'unexpected-command', rule_version: 1, severity: 'critical',
  title: 'claude-desktop ran a downloaded script on files', observed: 'output of a download piped into a shell', expected: 'no command that runs what it downloads',
  reasons: ['download-and-run: curl piped into sh'], interaction_id: '', trace_id: 'd61a9a00000000000000000000000001', conversation: 'conv-1',
  actor: 'claude-desktop', actor_kind: 'client', principal: '', client: 'claude-desktop', server: 'files', tool: 'run_command',
  window_start: 1_795_225_724_644_000_000n, window_end: 1_795_225_724_659_818_158n, evidence_ids: ['0f1e2d3c4b5a69788796a5b4c3d2e1f0'],
  created_at: 1_795_225_725_000_000_000n,
}
