/** `watchkeeper baseline show|reset`: what detectors have learned of somebody or something alone, and the order to forget it. */
import { Failure } from '../../schemas/failure.ts'
import { count } from './amounts.ts'
import { askApi } from './api-client.ts'
import { type CommonOptions, configOf } from './common.ts'
import { safe, tableLines } from './terminal-table.ts'
import { terminalWidth } from './terminal-width.ts'

export interface BaselineOptions extends CommonOptions {
  readonly tenant: string
  readonly actor?: string
  readonly server?: string
  readonly tool?: string
  readonly detector?: string
  readonly json?: boolean
}

export interface ResetOptions extends BaselineOptions {
  readonly reason: string
}

interface Kept {
  readonly partition: number
  readonly detector: string
  readonly key: string
  readonly bytes: number
  readonly state: string
}

interface Shown {
  readonly partitions: number
  readonly partitions_here: readonly number[]
  readonly total: number
  readonly kept: readonly Kept[]
}


/** Throws Failure `misconfigured` unless exactly one of the three is given. */
function whoOf({ tenant, actor, server, tool, detector }: BaselineOptions): Record<string, string> {
  const given = Object.entries({ actor, server, tool }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  if (given.length !== 1) throw new Failure('misconfigured', 'baseline.who', 'Say exactly one of --actor, --server and --tool.')
  return { tenant, ...Object.fromEntries(given), ...(detector === undefined ? {} : { detector }) }
}

export async function baselineShow(options: BaselineOptions): Promise<number> {
  const answer = (await askApi(configOf(options), `/api/v1/baselines?${new URLSearchParams(whoOf(options))}`)) as Shown
  if (options.json === true) {
    console.log(JSON.stringify(answer))
    return 0
  }
  console.log(pageOf(answer).join('\n'))
  return 0
}

export function pageOf({ partitions, partitions_here: here, total, kept }: Shown): string[] {
  const elsewhere = here.length < partitions ? [`Partitions ${here.join(', ') || 'none'} of ${count(partitions)} are here: other workers know the rest.`] : []
  if (total === 0) return ['Nothing is kept of it alone.', ...elsewhere]
  const lines = tableLines(kept, [
    { title: 'detector', cell: ({ detector }) => detector }, { title: 'key', cell: ({ key }) => safe(key), flexible: true },
    { title: 'bytes', cell: ({ bytes }) => count(bytes), right: true }, { title: 'partition', cell: ({ partition }) => String(partition), right: true },
  ], terminalWidth())
  return [...lines, ...(total > kept.length ? [`${count(kept.length)} of ${count(total)}`] : []), ...elsewhere]
}

export async function baselineReset(options: ResetOptions): Promise<number> {
  const answer = (await askApi(configOf(options), '/api/v1/baselines/reset', { ...whoOf(options), reason: options.reason })) as { readonly order: string }
  if (options.json === true) console.log(JSON.stringify(answer))
  else console.log(`Ordered (${answer.order}): every partition forgets what it learned of it alone, and learns it anew.`)
  return 0
}
