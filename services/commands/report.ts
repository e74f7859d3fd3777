/** `watchkeeper report …` */
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { parseVerifierKey, type Verifier } from '../../schemas/note.ts'
import type { ReportRow } from '../reports/contracts.ts'
import { checkFiles, type Verdict } from '../reports/check.ts'
import { CONTROLS } from '../reports/library/library.ts'
import { FRAMEWORKS } from '../reports/library/control.ts'
import type { Manifest } from '../reports/manifest.ts'
import type { ScheduleState } from '../reports/schedule.ts'
import { count } from './amounts.ts'
import { askApi } from './api-client.ts'
import { type CommonOptions, configOf } from './common.ts'
import { writeFiles } from './file-stream.ts'
import { safe, tableLines } from './terminal-table.ts'
import { terminalWidth } from './terminal-width.ts'

export interface ReportOptions extends CommonOptions {
  readonly json?: boolean
}
export interface RunOptions extends ReportOptions {
  readonly controls: readonly string[]
  readonly tenant?: string
  readonly title?: string
  readonly from?: string
  readonly to?: string
  readonly asOf?: string
  readonly out?: string
}
export interface VerifyOptions extends ReportOptions {
  readonly key: readonly string[]
  readonly rerun?: boolean
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ')

/** Its lines for people, or the answer as JSON. */
function tell(options: ReportOptions, answer: unknown, lines: () => readonly string[]): number {
  console.log(options.json === true ? JSON.stringify(answer) : lines().join('\n'))
  return 0
}

const factsOf = (row: ReportRow): string[] => [
  `${safe(row.title)} (${row.tenant})`, `received  ${minute(row.from)} to ${minute(row.to)} UTC, as of ${minute(row.as_of)}`, `report    ${row.report_id}`,
  `hash      ${row.report_hash}`, `rows      ${count(row.result_rows)}`, `made      ${minute(row.made_at)} by ${safe(row.made_by)}${row.schedule === '' ? '' : `, schedule ${safe(row.schedule)}`}`,
  row.outcome === 'done' ? `files     ${safe(row.directory)} on ${safe(row.host)}` : `failed    ${safe(row.reason)}`,
]

export async function reportControls(options: ReportOptions): Promise<number> {
  return tell(options, CONTROLS, () => tableLines(CONTROLS, [
    { title: 'control', cell: ({ id }) => id }, { title: 'framework', cell: ({ framework, reference }) => `${FRAMEWORKS[framework].split(' (')[0] ?? ''} ${reference}`, flexible: true },
    { title: 'title', cell: ({ title }) => title, flexible: true },
  ], terminalWidth()))
}

export async function reportRun({ controls, tenant, title, from, to, asOf, out, ...options }: RunOptions): Promise<number> {
  const config = configOf(options)
  const wish = Object.fromEntries(Object.entries({ controls, tenant, title, from, to, as_of: asOf }).filter(([, value]) => value !== undefined))
  const row = (await askApi(config, '/api/v1/reports', wish)) as ReportRow
  if (out !== undefined) await writeFiles(config, { path: `/api/v1/reports/${row.run_id}/files` }, out)
  return tell(options, row, () => [...factsOf(row), ...(out === undefined ? [] : [`copied    ${safe(out)}`])])
}

export async function reportList({ tenant, limit, ...options }: ReportOptions & { readonly tenant?: string; readonly limit?: number }): Promise<number> {
  const query = new URLSearchParams({ ...(tenant === undefined ? {} : { tenant }), ...(limit === undefined ? {} : { limit: String(limit) }) })
  const answer = (await askApi(configOf(options), `/api/v1/reports?${query}`)) as { readonly reports: readonly ReportRow[] }
  if (answer.reports.length === 0 && options.json !== true) return tell(options, answer, () => ['No report was made yet: watchkeeper report run --controls gdpr'])
  return tell(options, answer, () => tableLines(answer.reports, [
    { title: 'report', cell: ({ report_id: id }) => id }, { title: 'as of', cell: ({ as_of: at }) => minute(at) }, { title: 'tenant', cell: ({ tenant: whose }) => whose, flexible: true },
    { title: 'title', cell: ({ title }) => title, flexible: true }, { title: 'outcome', cell: ({ outcome }) => outcome },
  ], terminalWidth()))
}

export async function reportShow(id: string, { out, ...options }: ReportOptions & { readonly out?: string }): Promise<number> {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Failure('misconfigured', 'report.id', 'An id has 32 hex digits: watchkeeper report list shows them.')
  const config = configOf(options)
  const { reports } = (await askApi(config, '/api/v1/reports?limit=1000')) as { readonly reports: readonly ReportRow[] }
  const row = reports.find(({ report_id: report, run_id: run }) => report === id || run === id)
  if (row === undefined) throw new Failure('rejected', 'report.none', 'There is no report of this id: watchkeeper report list shows them.')
  if (out !== undefined) await writeFiles(config, { path: `/api/v1/reports/${id}/files` }, out)
  return tell(options, row, () => [...factsOf(row), ...(out === undefined ? [] : [`copied    ${safe(out)}`])])
}

export async function reportSchedule(options: ReportOptions): Promise<number> {
  const answer = (await askApi(configOf(options), '/api/v1/reports/schedules')) as { readonly schedules: readonly ScheduleState[] }
  if (answer.schedules.length === 0 && options.json !== true) return tell(options, answer, () => ['No report is scheduled: reports.schedules in the configuration says which are made when.'])
  return tell(options, answer, () => tableLines(answer.schedules, [
    { title: 'schedule', cell: ({ name }) => name }, { title: 'tenant', cell: ({ tenant }) => tenant, flexible: true }, { title: 'cron', cell: ({ cron, timezone }) => `${cron} ${timezone}`, flexible: true },
    { title: 'next (UTC)', cell: ({ next }) => minute(next) }, { title: 'last', cell: ({ last }) => minute(last) }, { title: 'waiting', cell: ({ waiting }) => String(waiting), right: true },
  ], terminalWidth()))
}

export const CODES: Readonly<Record<Verdict, number>> = { ok: 0, tampered: 1, incomplete: 2, unverifiable: 3 }
const MOST_BYTES = 268_435_456

/** Given as a line, or as a file with such lines. Throws Failure `misconfigured`. */
export async function verifiersOf(keys: readonly string[]): Promise<readonly Verifier[]> {
  const lines = (await Promise.all(keys.map(async (key) => (parseVerifierKey(key) === undefined ? (await readFile(key, 'utf8').catch(() => '')).split('\n') : [key])))).flat().filter((line) => line.trim() !== '')
  const verifiers = lines.map((line) => parseVerifierKey(line.trim())).filter((one) => one !== undefined)
  if (verifiers.length === 0) throw new Failure('misconfigured', 'report.key', 'No verifier key: give --key with the line of keys/notary.pub, or a file that holds it, from somebody you trust.')
  return verifiers
}

async function filesIn(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Failure('misconfigured', 'report.directory', `${directory} cannot be read: ${error.code ?? 'unknown error'}.`)
  })
  const files = new Map<string, string>()
  let bytes = 0
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const text = await readFile(path, 'utf8')
    bytes += text.length
    if (bytes > MOST_BYTES) throw new Failure('misconfigured', 'report.directory', `${directory} is too large for a report.`)
    files.set(path.slice(join(directory, sep).length).split(sep).join('/'), text)
  }
  return files
}

interface Again {
  readonly report_hash: string
  readonly library: string
  readonly answers: Readonly<Record<string, string>>
}

/** What the tables say now, against what they said. */
async function differences({ tenant, title, controls, from, to, as_of: asOf, library, answers }: Manifest, options: VerifyOptions): Promise<readonly string[]> {
  const wish = { tenant, title, controls: controls.map(({ id }) => id), from, to, as_of: asOf }
  const again = (await askApi(configOf(options), '/api/v1/reports/again', wish)) as Again
  if (again.library !== library) return ['the server has another version of the questions: ask the version that made the report']
  return answers.filter(({ question, sha256 }) => again.answers[question] !== sha256).map(({ question, title: name }) => `${question} (${name}) has another answer now`)
}

/** Exit codes as of `watchkeeper verify`: 0 as it was made, 1 changed, 2 something is missing, 3 it cannot be said. */
export async function reportVerify(directory: string, options: VerifyOptions): Promise<number> {
  const { verdict, problems, signedBy, manifest } = checkFiles(await filesIn(directory), await verifiersOf(options.key))
  const again = options.rerun === true && verdict === 'ok' && manifest !== undefined ? await differences(manifest, options) : []
  const found = { verdict: again.length > 0 ? 'tampered' as const : verdict, problems: [...problems, ...again], signed_by: signedBy, rerun: options.rerun === true && verdict === 'ok' }
  tell(options, found, () => (found.verdict === 'ok'
    ? [`ok: every file is as it was signed by ${safe(signedBy)}${found.rerun ? ', and the tables give the same answers, byte for byte' : ''}`]
    : [`${again.length > 0 ? 'the files are as they were signed, but the tables say otherwise now' : found.verdict}:`, ...found.problems.map((problem) => `  ${safe(problem)}`)]))
  return CODES[found.verdict]
}
