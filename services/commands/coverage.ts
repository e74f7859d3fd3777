import picocolors from 'picocolors'
import type { Coverage } from '../api/coverage.ts'
import { Failure } from '../../schemas/failure.ts'
import { askApi } from './api-client.ts'
import { type CommonOptions, configOf } from './common.ts'
import { coveragePage } from './coverage-page.ts'

export interface CoverageOptions extends CommonOptions {
  readonly json?: boolean
}

const EXIT = { complete: 0, incomplete: 1, unreachable: 2 } as const
const WIDTH = 80
const LEAST_WIDTH = 40
const MOST_ROWS = 50

/** `watchkeeper coverage`: 0 nothing is blind, silent, sampled or missing; 1 something is, or nobody has looked yet; 2 unreachable. */
export async function coverage(options: CoverageOptions): Promise<number> {
  try {
    const told = (await askApi(configOf(options), '/api/coverage')) as Coverage
    const { isTTY, columns } = process.stdout
    const colors = picocolors.createColors(isTTY && process.env['NO_COLOR'] === undefined)
    const width = Math.max(LEAST_WIDTH, isTTY ? columns : (Number(process.env['COLUMNS']) || WIDTH))
    const page = options.json === true ? [JSON.stringify(told)] : coveragePage(told, { width, colors, most: MOST_ROWS })
    process.stdout.write(`${page.join('\n')}\n`)
    return told.complete ? EXIT.complete : EXIT.incomplete
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (options.json === true) console.log(JSON.stringify({ complete: false, unreachable: error.message }))
    console.error(error.message)
    return EXIT.unreachable
  }
}
