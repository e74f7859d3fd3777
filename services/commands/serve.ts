import { createLog } from '../../infra/pino/logger.ts'
import type { Config } from '../config/schema.ts'
import { startWatchkeeper, type Watchkeeper } from '../main.ts'
import { type CommonOptions, configOf } from './common.ts'

function describe(config: Config, startedMs: number): string {
  const hooks = config.alerting.webhooks.map(({ name }) => name)
  const access = config.otlp.tokens.length === 0 ? 'no token needed on loopback' : `${config.otlp.tokens.length} token(s)`
  return [
    `Watchkeeper is ready after ${(startedMs / 1000).toFixed(1)} s.`, '',
    `  OTLP/gRPC   ${config.otlp.grpc}`,
    `  OTLP/HTTP   ${config.otlp.http}   (${access})`,
    `  SQL         ${config.sql.listen}   (ClickHouse HTTP interface, read-only, database watchkeeper)`,
    `  API         ${config.api.listen}   (/healthz /readyz /metrics)`,
    `  data        ${config.data_dir}`,
    `  webhooks    ${hooks.length === 0 ? 'none configured: alerts are in table alerts only' : hooks.join(', ')}`, '',
    'Try next, in a second terminal:',
    '  npm run demo                                      recorded and simulated telemetry, and its alerts',
    `  OTEL_EXPORTER_OTLP_ENDPOINT=http://${config.otlp.http}   for any OTLP exporter`,
    '  npx watchkeeper query "SELECT * FROM sources"     who sends, and what is blind without what they leave out', '',
  ].join('\n')
}

/** Resolves when the process was asked to end. A second request ends it at once. */
function askedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1)
        asked = true
        resolve(signal)
      })
    }
  })
}

/** `watchkeeper serve`: runs until SIGINT or SIGTERM. */
export async function serve(options: CommonOptions): Promise<number> {
  const began = performance.now()
  const config = configOf(options)
  const log = createLog(config.log.level)
  const end = askedToEnd()
  const running: Watchkeeper = await startWatchkeeper(config, log)
  console.log(describe(config, performance.now() - began))
  log.info({ signal: await end }, 'stopping')
  await running.stop()
  return 0
}
