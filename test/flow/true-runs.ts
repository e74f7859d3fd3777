/** Recorded runs and what those who took part in them wrote down: `infra/dev/record/runs`. */
import { readdirSync, readFileSync } from 'node:fs'
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'

/** What agent and server said of one call; what neither knew is absent. */
export interface TrueCall {
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Whose tool ran; absent where none did. */
  readonly server?: string
  readonly tool_call_id?: string
  readonly result_bytes?: number
  readonly failed?: true
  readonly turn?: string
  /** Argument path → kind of source. */
  readonly sources?: Readonly<Record<string, string>>
  readonly principal?: string
  readonly client?: string
  readonly fingerprint?: string
}

export interface Truth {
  readonly calls: ReadonlyMap<string, TrueCall>
  /** `traceid:spanid` → call. */
  readonly spans: ReadonlyMap<string, string>
}

const RUNS = new URL('../fixtures/runs/', import.meta.url)

export const runs: readonly string[] = readdirSync(RUNS).sort()

export function truthOf(run: string): Truth {
  const { calls, spans } = JSON.parse(readFileSync(new URL(`${run}/truth.json`, RUNS), 'utf8')) as { calls: Record<string, TrueCall>; spans: Record<string, string> }
  return { calls: new Map(Object.entries(calls)), spans: new Map(Object.entries(spans)) }
}

/** The calls of which each interaction has spans. */
export function callsIn(interactions: readonly Interaction[], events: readonly AuditEventFields[], { spans }: Truth): ReadonlyMap<Interaction, ReadonlySet<string>> {
  const places = new Map(events.map((event) => [event.event_id, `${event.trace_id}:${event.span_id}`]))
  return new Map(interactions.map((interaction) => [
    interaction, new Set(interaction.event_ids.map((id) => spans.get(places.get(id) ?? '')).filter((call) => call !== undefined)),
  ]))
}
