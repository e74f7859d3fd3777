import type { RuleText } from '../schemas/rule-text.ts'
import type { Rule } from './detector.ts'

/** The rule in words, without its parameters. */
export function ruleTextOf({ id, version, title, severity, description, needs, wants = [], blindSpots, benign, runbook, maps }: Omit<Rule<unknown>, 'params'>): RuleText {
  return {
    detector: id, version, title, severity, description, needs, wants, blind_spots: blindSpots, benign, runbook,
    owasp_mcp_2025: maps.owaspMcp2025, atlas_5: maps.atlas5, attack_19: maps.attack19,
  }
}
