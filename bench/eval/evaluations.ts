/** The evaluations by name. */
import type { Evaluation } from './evaluation.ts'
import { LINEAGE } from './lineage.ts'
import { MASQUERADE } from './masquerade.ts'
import { SECRETS } from './secrets.ts'

export const EVALUATIONS: ReadonlyMap<string, Evaluation> = new Map([
  ['secrets', SECRETS],
  ['lineage', LINEAGE],
  ['masquerade', MASQUERADE],
])
