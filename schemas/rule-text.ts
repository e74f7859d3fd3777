/** What a detector looks for, in words: a row of table `rules`. The same for all tenants. */
import type { Severity } from './vocabulary.ts'

export interface RuleText {
  readonly detector: string
  readonly version: number
  readonly title: string
  readonly severity: Severity
  readonly description: string
  readonly needs: readonly string[]
  readonly wants: readonly string[]
  readonly blind_spots: readonly string[]
  readonly benign: readonly string[]
  readonly runbook: readonly string[]
  readonly owasp_mcp_2025: readonly string[]
  readonly atlas_5: readonly string[]
  readonly attack_19: readonly string[]
}
