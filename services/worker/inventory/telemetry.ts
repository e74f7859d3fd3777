/** The inventory's named events as metrics. Numbers only, never a record's content. */
import { metrics } from '@opentelemetry/api'

export interface InventoryTelemetry {
  /** Versions of definitions, or that they are still offered. */
  told(count: number): void
  /** Entries of lists that could not be read: cut off, nameless, or too many. */
  leftOut(count: number, emitter: string): void
  /** Over a limit: what was told of this may be told once more. */
  forgotten(what: 'list' | 'definition'): void
}

export function inventoryTelemetry(): InventoryTelemetry {
  const meter = metrics.getMeter('watchkeeper.worker')
  const told = meter.createCounter('watchkeeper.worker.definitions', { description: 'Versions of tool definitions told, new or still offered' })
  const leftOut = meter.createCounter('watchkeeper.worker.definitions_left_out', { description: 'Entries of lists of tools that could not be read: cut off, nameless or too many' })
  const forgotten = meter.createCounter('watchkeeper.worker.definitions_forgotten', { description: 'Lists and definitions no longer remembered as told, over a limit' })
  return {
    told: (count) => told.add(count),
    leftOut: (count, emitter) => leftOut.add(count, { emitter }),
    forgotten: (what) => forgotten.add(1, { what }),
  }
}
