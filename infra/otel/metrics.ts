/** OpenTelemetry SDK for our own metrics, read by Prometheus. Services only know `@opentelemetry/api`. */
import { metrics } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

export interface OwnMetrics {
  /** Prometheus text format 0.0.4. */
  render(): Promise<string>
  stop(): Promise<void>
}

/** Must run before services make their instruments. */
export function startMetrics(): OwnMetrics {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  const serializer = new PrometheusSerializer()
  return {
    async render() {
      const { resourceMetrics, errors } = await reader.collect()
      if (errors.length > 0) throw errors[0]
      return serializer.serialize(resourceMetrics)
    },
    async stop() {
      await provider.shutdown()
      metrics.disable()
    },
  }
}
