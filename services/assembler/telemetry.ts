import { metrics } from '@opentelemetry/api'
import type { Interaction } from '../../schemas/interaction.ts'
import type { AssemblerState } from './fold.ts'
import type { RelatedState } from './related/relate.ts'

export interface AssemblerTelemetry {
  published(interactions: readonly Interaction[]): void
  /** Records sent to topic `correlations`. */
  relayed(count: number): void
  /** States of stage 2 where it reads a topic of its own. */
  watchRelated(states: () => readonly RelatedState[]): void
}

/** What the assembler tells of itself. */
export function assemblerTelemetry(states: () => readonly AssemblerState[]): AssemblerTelemetry {
  const meter = metrics.getMeter('watchkeeper.assembler')
  const published = meter.createCounter('watchkeeper.assembler.interactions', { description: 'Versions of interactions published' })
  const relayed = meter.createCounter('watchkeeper.assembler.relays', { description: 'Records sent on to where calls of several traces meet' })
  let elsewhere: () => readonly RelatedState[] = () => []
  const related = (): readonly RelatedState[] => [...states().map((state) => state.related), ...elsewhere()]
  const total = <T>(some: readonly T[], of: (one: T) => number): number => some.reduce((sum, one) => sum + of(one), 0)
  const gauge = (name: string, description: string, value: () => number): void => {
    meter.createObservableGauge(`watchkeeper.assembler.${name}`, { description }).addCallback((result) => result.observe(value()))
  }
  gauge('traces', 'Traces held', () => total(states(), (state) => state.traces.size))
  gauge('spans', 'Spans held', () => total(states(), (state) => state.spans))
  gauge('overflowed', 'Traces let go early because of the limit of all', () => total(states(), (state) => state.counts.overflowed))
  gauge('tenant_overflowed', "Traces let go early because of their tenant's limit", () => total(states(), (state) => state.counts.tenantOverflowed))
  gauge('trace_overflowed', 'Traces let go early because they were too long', () => total(states(), (state) => state.counts.traceOverflowed))
  gauge('duplicates', 'Records that were there already', () => total(states(), (state) => state.counts.duplicates))
  gauge('related_calls', 'Calls held to meet those of other traces', () => total(related(), (state) => state.held))
  gauge('related_overflowed', 'Calls of these let go early because of the limit of all', () => total(related(), (state) => state.counts.relatedOverflowed))
  gauge('crowded', 'Calls and words let go early because one conversation or tool call id had too many', () => total(related(), (state) => state.counts.crowded))
  return {
    published: (interactions) => published.add(interactions.length),
    relayed: (count) => relayed.add(count),
    watchRelated(some) {
      elsewhere = some
    },
  }
}
