import { setTimeout as wait } from 'node:timers/promises'
import picocolors from 'picocolors'
import type { Status } from '../api/status.ts'
import type { Config } from '../config/schema.ts'
import { Failure } from '../../schemas/failure.ts'
import { askApi } from './api-client.ts'
import { type CommonOptions, configOf } from './common.ts'
import { statusPage } from './status-page.ts'

export interface StatusOptions extends CommonOptions {
  readonly json?: boolean
  readonly watch?: boolean
}

const EXIT = { healthy: 0, degraded: 1, unreachable: 2 } as const
const WATCH_MS = 2_000
const WIDTH = 80
const LEAST_WIDTH = 40
const MOST_ROWS = 20
const CLEAR = '\u001b[H\u001b[2J'

/** Never throws for what the server did: says it, and what to do. */
async function show(config: Config, { json, watch }: StatusOptions): Promise<number> {
  try {
    const status = (await askApi(config, '/api/status')) as Status
    const { isTTY, columns } = process.stdout
    const colors = picocolors.createColors(isTTY && process.env['NO_COLOR'] === undefined)
    const page = json === true
      ? [JSON.stringify(status)]
      : statusPage(status, { width: Math.max(LEAST_WIDTH, isTTY ? columns : (Number(process.env['COLUMNS']) || WIDTH)), colors, most: MOST_ROWS })
    process.stdout.write(`${watch === true && isTTY ? CLEAR : ''}${page.join('\n')}\n`)
    return status.healthy ? EXIT.healthy : EXIT.degraded
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (json === true) console.log(JSON.stringify({ healthy: false, unreachable: error.message }))
    console.error(error.message)
    return EXIT.unreachable
  }
}

/** `watchkeeper status`: 0 healthy, 1 degraded, 2 unreachable. With --watch until it is interrupted; then the code of the last look. */
export async function status(options: StatusOptions): Promise<number> {
  const config = configOf(options)
  if (options.watch !== true) return await show(config, options)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  for (;;) {
    const code = await show(config, options)
    await wait(WATCH_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    if (stopping.signal.aborted) return code
  }
}
