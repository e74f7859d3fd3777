import { fileURLToPath } from 'node:url'
import { startReceiver } from '../../infra/webhook/receiver.ts'
import { runDemo } from '../demo/demo.ts'
import { ROOT } from '../version.ts'
import { readToken } from './api-client.ts'
import { type CommonOptions, baseUrl, configOf } from './common.ts'

/** `watchkeeper demo` */
export async function demo(options: CommonOptions & { readonly quiet: number }): Promise<number> {
  const config = configOf(options)
  const alerts = await runDemo({
    otlp: baseUrl(config.otlp.http, config.otlp.tls !== undefined), api: baseUrl(config.api.listen, config.api.tls !== undefined), apiToken: readToken(config.data_dir), token: process.env['WATCHKEEPER_TOKEN'],
    fixtures: fileURLToPath(new URL('test/fixtures/otlp', ROOT)), now: Date.now(), quietMs: options.quiet * 1000,
    print: (line) => console.log(line), receive: startReceiver,
  })
  console.log(
    `\n${alerts} message${alerts === 1 ? '' : 's'} arrived. ` +
    'Ask for more:  npx watchkeeper query "SELECT * FROM findings ORDER BY created_at DESC LIMIT 10"',
  )
  return alerts > 0 ? 0 : 1
}
