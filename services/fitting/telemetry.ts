import { metrics } from '@opentelemetry/api'

export interface FittingTelemetry {
  cut(topic: string, count: number): void
  putAside(topic: string, count: number): void
}

/** Records that did not fit, by who published them. */
export function fittingTelemetry(stage: string): FittingTelemetry {
  const meter = metrics.getMeter('watchkeeper.fitting')
  const cut = meter.createCounter('watchkeeper.bus.records_cut', { description: 'Records of ours that were cut because their topic takes none so large' })
  const aside = meter.createCounter('watchkeeper.bus.records_put_aside', { description: 'The same that did not fit however cut: in quarantine' })
  return {
    cut: (topic, count) => cut.add(count, { stage, topic }),
    putAside: (topic, count) => aside.add(count, { stage, topic }),
  }
}
