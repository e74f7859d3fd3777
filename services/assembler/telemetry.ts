import { metrics } from '@opentelemetry/api'
import type { Interaction } from '../../schemas/interaction.ts'
import type { AssemblerState } from './fold.ts'

export interface AssemblerTelemetry {
  published(interactions: readonly Interaction[]): void
}

/** What the assembler tells of itself. */
export function assemblerTelemetry(states: () => readonly AssemblerState[]): AssemblerTelemetry {
  const meter = metrics.getMeter('watchkeeper.assembler')
  const published = meter.createCounter('watchkeeper.assembler.interactions', { description: 'Versions of interactions published' })
  const gauge = (name: string, description: string, of: (state: AssemblerState) => number) =>
    meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(states().reduce((sum, state) => sum + of(state), 0)))
  gauge('watchkeeper.assembler.traces', 'Traces held', (state) => state.traces.size)
  gauge('watchkeeper.assembler.spans', 'Spans held', (state) => state.spans)
  gauge('watchkeeper.assembler.overflowed', 'Traces let go early because of a limit', (state) => state.counts.overflowed)
  gauge('watchkeeper.assembler.duplicates', 'Records that were there already', (state) => state.counts.duplicates)
  return { published: (interactions) => published.add(interactions.length) }
}
