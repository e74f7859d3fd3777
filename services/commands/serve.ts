import type { Config } from '../config/schema.ts'
import type { Addresses } from '../main.ts'
import { nodeHint } from '../wiring/node-hint.ts'
import type { CommonOptions } from './common.ts'

/** What a person sees who has just started everything: where things are, and what to try. */
export function banner(config: Config, addresses: Addresses, startedMs: number, nodeVersion: string): string {
  const { otlp, sql, api, bus, store, alerting, data_dir: dataDir } = config
  const { otlp_grpc: grpc = otlp.grpc, otlp_http: http = otlp.http } = addresses
  const told = [...alerting.receivers, ...alerting.webhooks].map(({ name }) => name)
  const access = otlp.tokens.length === 0 ? 'no token needed on loopback until there is one' : `${otlp.tokens.length} token(s)`
  const server = store.clickhouse?.url
  const hint = nodeHint(nodeVersion)
  return [
    `Watchkeeper is ready after ${(startedMs / 1000).toFixed(1)} s.`, '',
    `  OTLP/gRPC   ${grpc}`,
    `  OTLP/HTTP   ${http}   (${access})`,
    server === undefined
      ? `  SQL         ${addresses['sql'] ?? sql.listen}   (ClickHouse HTTP interface, read-only, database watchkeeper)`
      : `  SQL         ${server}   (your ClickHouse, database watchkeeper)`,
    `  API         ${addresses['api'] ?? api.listen}   (${api.tls === undefined ? '' : 'TLS; '}/healthz /readyz /metrics)`,
    `  data        ${dataDir}`,
    ...(bus.kafka === undefined ? [] : [`  Kafka       ${bus.kafka.brokers.join(', ')}   (topics ${bus.kafka.prefix}*)`]),
    `  receivers   ${told.length === 0 ? 'none configured: alerts are in table alerts only' : told.join(', ')}`,
    ...(hint === undefined ? [] : [`  Node        ${nodeVersion}   (${hint})`]), '',
    'Try next, in a second terminal:',
    '  npm run demo                                      recorded and simulated telemetry, and its alerts',
    `  OTEL_EXPORTER_OTLP_ENDPOINT=http://${http}   for any OTLP exporter`,
    '  npx watchkeeper query "SELECT * FROM sources"     who sends, and what is blind without what they leave out', '',
  ].join('\n')
}

/** `watchkeeper serve`: every part in this process, until SIGINT or SIGTERM. */
export async function serve(options: CommonOptions): Promise<number> {
  // Not before it is asked for: see part.ts.
  const [{ EVERYTHING }, { runProcess }] = await Promise.all([import('../main.ts'), import('./process.ts')])
  return await runProcess({
    service: 'serve', does: 'every part in one process', parts: EVERYTHING, endsWithPart: false,
    announce: (config, addresses, startedMs) => console.log(banner(config, addresses, startedMs, process.versions.node)),
  }, options)
}
