/** Under which keys a finding finds its alert. Pure. */
import { hash } from 'node:crypto'
import type { Finding } from '../../schemas/finding.ts'
import { familyOf, ONE_RUN } from './alert-words.ts'

type About = Pick<Finding, 'conversation' | 'trace_id' | 'actor' | 'server' | 'detector' | 'window_start' | 'window_end' | 'part_ids'>

/** Who does what kind of thing: what an actor does in several traces at about the same time is one alert, too. */
export const habitOf = ({ actor, server, detector }: Pick<About, 'actor' | 'server' | 'detector'>): string =>
  actor === '' && server !== '' ? `server:${server}|${familyOf(detector)}` : `actor:${actor}|${familyOf(detector)}`

/**
 * The preferred first. Conversation and trace are both keys, because an observation may know the one and the interaction made of it both. What is about a
 * habit, or about no run that is known, has the key of its actor (else its server) and family.
 */
export function keysOf(finding: About): string[] {
  const lineage = [finding.conversation, finding.trace_id].filter((part) => part !== '').map((part) => `lineage:${part}`)
  // A sum of findings knows whether they are of one run.
  const oneRun = finding.part_ids.length > 0 || finding.window_end - finding.window_start <= ONE_RUN
  return oneRun && lineage.length > 0 ? lineage : [habitOf(finding)]
}

/** Findings of two tenants never share an alert. */
export const scoped = (tenant: string, key: string): string => JSON.stringify([tenant, key])

/** Deterministic, so that a replay opens the same alert: SHA-256 of tenant, group key and first finding, 32 hex digits. */
export const alertIdOf = (tenant: string, groupKey: string, findingId: string): string =>
  hash('sha256', JSON.stringify([tenant, groupKey, findingId]), 'hex').slice(0, 32)
