/** `watchkeeper verify`: whether a log is what was signed, from the evidence alone. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import picocolors from 'picocolors'
import { Failure } from '../../schemas/failure.ts'
import { openLanes } from '../verify/lanes.ts'
import type { Run, SavedRun } from '../verify/progress.ts'
import { EXIT_CODES, type Report } from '../verify/verdict.ts'
import { UNSIGNED } from '../verify/seal.ts'
import { verify } from '../verify/verify.ts'
import { openEvidence } from '../wiring/evidence.ts'
import { type CommonOptions, baseUrl, configOf } from './common.ts'
import { ProgressBar } from './progress-bar.ts'
import { anchorsOf, keysOf } from './trust.ts'
import { verifyPage } from './verify-page.ts'

export interface EvidenceOptions extends CommonOptions {
  readonly url?: string
  readonly user?: string
  readonly tenant?: string[]
  readonly json?: boolean
}

export interface VerifyOptions extends EvidenceOptions {
  readonly key?: string[]
  readonly anchor?: string[]
  readonly state?: string
  readonly threads: number
  readonly requireAnchor?: boolean
  readonly requireSignature?: boolean
  readonly fromLog?: boolean
}

const SAVE_EVERY_MS = 2_000

/** Keeps a run in a file, now and then. */
function keeper(file: string | undefined): (run: Run) => void {
  let last = performance.now()
  return (run) => {
    if (file === undefined || performance.now() - last < SAVE_EVERY_MS) return
    writeFileSync(`${file}.new`, JSON.stringify(run.save()), { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
    last = performance.now()
  }
}

function savedIn(file: string | undefined): SavedRun | undefined {
  if (file === undefined || !existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SavedRun
  } catch (error) {
    throw new Failure('misconfigured', 'verify.state', `--state ${file} is no state of a verification: remove it to begin anew.`, { cause: error })
  }
}

/** Where the flags say that the evidence is. */
export const placeOf = (folder: string | undefined, options: EvidenceOptions) => ({
  folder, url: options.url ?? (options.sql === undefined ? undefined : baseUrl(options.sql, false)), user: options.user, password: process.env['WATCHKEEPER_SQL_PASSWORD'], tenants: options.tenant,
})

async function run(folder: string | undefined, options: VerifyOptions): Promise<Report> {
  const trust = { verifiers: keysOf(options.key), anchors: anchorsOf(options.anchor) }
  const saved = savedIn(options.state)
  if (options.fromLog === true && options.state !== undefined) throw new Failure('misconfigured', 'verify.from_log', 'A look at the log is made in one go: leave out --state.')
  const source = await openEvidence({ ...placeOf(folder, options), fromLog: options.fromLog }, () => configOf(options))
  const lanes = openLanes(options.threads)
  const bar = new ProgressBar()
  try {
    return await verify({ source, trust, lanes, saved, told: ({ phase, done, of }) => bar.show({ what: phase, done, of }), keep: keeper(options.state) })
  } finally {
    bar.end()
    await Promise.all(lanes.map((lane) => lane.close()))
    await source.close()
  }
}

/** 0 ok, 1 tampered, 2 incomplete, 3 it cannot be said: also where the evidence cannot be read at all. */
export async function verifyCommand(folder: string | undefined, options: VerifyOptions): Promise<number> {
  let report: Report
  try {
    report = await run(folder, options)
  } catch (error) {
    // Whatever it is: evidence that was altered can break what reads it, and any other number would be a verdict.
    const message = error instanceof Error ? error.message : String(error)
    if (!(error instanceof Failure)) console.error(error)
    if (options.json === true) console.log(JSON.stringify({ verdict: 'unverifiable', exit_code: EXIT_CODES.unverifiable, error: message }))
    else console.error(`It cannot be verified: ${message}`)
    return EXIT_CODES.unverifiable
  }
  if (options.state !== undefined) rmSync(options.state, { force: true })
  if (options.json === true) console.log(JSON.stringify(report))
  else console.log(verifyPage(report, picocolors).join('\n'))
  if (options.requireAnchor === true && report.verdict === 'ok' && report.partitions.some(({ leaves, anchored }) => leaves > 0 && anchored === 0)) return EXIT_CODES.unverifiable
  if (options.requireSignature === true && report.verdict === 'ok' && report.notes.includes(UNSIGNED)) return EXIT_CODES.unverifiable
  return report.exit_code
}
