/** Our own traces, where they are switched on. */
import type { OwnTraces } from '../../infra/otel/traces.ts'
import type { Log } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import { VERSION } from '../version.ts'

const OFF: OwnTraces = { stop: () => Promise.resolve() }

/** Must run before services make their tracers. Without an endpoint nothing is loaded, and the API's tracers record nothing. */
export async function startOwnTraces({ telemetry: { traces } }: Config, log: Log): Promise<OwnTraces> {
  if (traces.otlp_endpoint === undefined) return OFF
  const { startTraces } = await import('../../infra/otel/traces.ts')
  return startTraces({
    endpoint: traces.otlp_endpoint, sampleRatio: traces.sample_ratio, version: VERSION,
    changed(trouble) {
      if (trouble === undefined) log.info({}, 'own traces are taken again')
      else log.warn({ trouble }, 'own traces are not taken by their receiver: they are dropped until it takes them')
    },
  })
}
