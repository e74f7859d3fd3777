/** `watchkeeper simulate`: the telemetry of a company that does not exist, with attacks whose labels are known. */
import { Failure } from '../../schemas/failure.ts'
import { makeFolderFor } from './folder-for.ts'
import { DAY } from '../simulate/calendar.ts'
import { collectorSink, folderSink, sendAll } from '../simulate/send.ts'
import { attacksNamed, Simulation } from '../simulate/simulate.ts'

export interface SimulateOptions {
  readonly days: number
  readonly history: number
  readonly principals: number
  readonly servers: number
  readonly seed: number
  /** `2026-03-02`; absent: so that it ends yesterday. */
  readonly from?: string
  readonly attacks: string
  readonly out: string
  readonly to?: string
  readonly json?: boolean
}

function attacksOf(names: string): ReturnType<typeof attacksNamed> {
  try {
    return attacksNamed(names)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Failure('misconfigured', 'simulate.attacks', error.message, { cause: error })
  }
}

function firstDayOf({ from, days, history }: SimulateOptions, now: number): number {
  if (from === undefined) return Math.floor(now / DAY) - days - history
  const at = Date.parse(`${from}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(from) || Number.isNaN(at)) throw new Failure('misconfigured', 'simulate.from', `--from must be a day such as 2026-03-02, not ${JSON.stringify(from)}`)
  return at / DAY
}

export async function simulate(options: SimulateOptions, now = Date.now()): Promise<number> {
  const { days, history, principals, servers, seed, attacks, out, to, json } = options
  const simulation = new Simulation({ seed, days, history, principals, servers, firstDay: firstDayOf(options, now), attacks: attacksOf(attacks) })
  makeFolderFor('labels and telemetry', out, 0o777)
  const sent = await sendAll(simulation, to === undefined ? folderSink(out) : collectorSink(to, process.env['WATCHKEEPER_TOKEN']), out)
  console.log(json === true ? JSON.stringify({ ...sent, folder: out }) : `${sent.requests} requests of ${(sent.bytes / 1e6).toFixed(1)} MB ${to === undefined ? `in ${out}` : `sent to ${to}`}; ${sent.attacks} attacks in ${out}/labels.jsonl`)
  return 0
}
