/** Makes reports, keeps them, lists them. Who asked is written down by who hands the order in. */
import { randomBytes } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import type { Row } from '../../schemas/ports.ts'
import type { ReportPorts, ReportRow } from './contracts.ts'
import { controlsOf } from './library/library.ts'
import { type MadeReport, makeReport, type ReportOrder, reportIdOf } from './make.ts'
import { sha256Of, signReport } from './manifest.ts'
import { reportPage } from './page/report-page.ts'
import { settled } from './settled.ts'

/** Who asks, and the schedule that it is for; '' where a person did. */
export interface Asker {
  readonly by: string
  readonly schedule: string
}

const MS = 1_000_000n
const RUN_MS = 300_000
const iso = (nanoseconds: bigint): string => new Date(Number(nanoseconds / MS)).toISOString()

/** A page of its own for each: tenant, day, and what was asked. */
const nameOf = ({ tenant, asOf }: ReportOrder, reportId: string): string => `${tenant}/${iso(asOf).slice(0, 10)}-${reportId.slice(0, 12)}`

export interface Kept {
  readonly row: ReportRow
  readonly files: ReadonlyMap<string, string>
}

/** The files of a report, the signed note among them, made of the report alone. */
async function filesOf(report: MadeReport, ports: Pick<ReportPorts, 'signer'>): Promise<{ readonly files: ReadonlyMap<string, string>; readonly pageHash: string; readonly note: string }> {
  const page = reportPage(report)
  const pageHash = sha256Of(page)
  const note = signReport({ reportId: report.manifest.report_id, reportHash: report.reportHash, pageHash }, await ports.signer())
  const answers = report.answers.map(({ facts, jsonl }): [string, string] => [`answers/${facts.question}.jsonl`, jsonl])
  return { files: new Map([['report.html', page], ['report.json', report.json], ['report.note', note], ...answers]), pageHash, note }
}

const COLUMNS = `report_id, run_id, tenant, title, schedule, controls, period_start, period_end, as_of, made_at, made_by, host, directory, outcome, reason, report_hash, page_hash, note,
  result_rows`

function rowOf(row: Row): ReportRow {
  const { period_start: from, period_end: to, as_of: asOf, made_at: madeAt, result_rows: rows, ...rest } = row
  return {
    ...(rest as unknown as ReportRow), from: iso(from as bigint), to: iso(to as bigint), as_of: iso(asOf as bigint), made_at: iso(madeAt as bigint), result_rows: Number(rows),
  }
}

export interface Listing {
  /** Undefined: of all tenants. */
  readonly tenant: string | undefined
  readonly id?: string
  readonly limit: number
}

export class ReportDesk {
  readonly #ports: ReportPorts

  constructor(ports: ReportPorts) {
    this.#ports = ports
  }

  /**
   * Makes the report, keeps its files, and then its row. Throws Failure `rejected` for an order that makes no sense, `unavailable` when store or bus are away; what fails
   * for another reason than the order leaves a row that says so.
   */
  async run(order: ReportOrder, asker: Asker, signal: AbortSignal = AbortSignal.timeout(RUN_MS)): Promise<ReportRow> {
    const reportId = reportIdOf(order, controlsOf(order.controls))
    await settled(order.asOf, this.#ports, signal)
    let report: MadeReport
    try {
      report = await makeReport(order, this.#ports.store, signal)
    } catch (error) {
      if (!(error instanceof Failure && error.kind === 'rejected') && !signal.aborted) await this.#failed(order, asker, { reportId, error })
      throw error
    }
    const { files, pageHash, note } = await filesOf(report, this.#ports)
    const directory = await this.#ports.files.keep(nameOf(order, reportId), files)
    return this.#write(order, asker, {
      reportId, directory, outcome: 'done', reason: '', report_hash: report.reportHash, page_hash: pageHash, note,
      answers: new Map(report.answers.map(({ facts }) => [facts.question, facts.sha256])), result_rows: BigInt(report.answers.reduce((sum, { rows }) => sum + rows.length, 0)),
    })
  }

  /** The hashes of the same asked now; nothing is kept. Throws as `run`. */
  async again(order: ReportOrder, signal: AbortSignal = AbortSignal.timeout(RUN_MS)): Promise<{ readonly report_id: string; readonly report_hash: string; readonly library: string; readonly answers: Readonly<Record<string, string>> }> {
    await settled(order.asOf, this.#ports, signal)
    const { manifest, reportHash, answers } = await makeReport(order, this.#ports.store, signal)
    return { report_id: manifest.report_id, report_hash: reportHash, library: manifest.library, answers: Object.fromEntries(answers.map(({ facts }) => [facts.question, facts.sha256])) }
  }

  /** Newest first. */
  async list({ tenant, id, limit }: Listing): Promise<readonly ReportRow[]> {
    const terms = [...(tenant === undefined ? [] : ['tenant = {tenant:String}']), ...(id === undefined ? [] : ['(report_id = {id:String} OR run_id = {id:String})'])]
    const rows = await this.#ports.store.query(
      `SELECT ${COLUMNS} FROM watchkeeper.reports WHERE ${terms.length === 0 ? '1' : terms.join(' AND ')} ORDER BY made_at DESC, run_id LIMIT ${Math.trunc(limit)}`,
      { ...(tenant === undefined ? {} : { tenant }), ...(id === undefined ? {} : { id }) })
    return rows.map(rowOf)
  }

  /** Undefined where there is no such report of this tenant, or its files lie on another machine. */
  async files(listing: Omit<Listing, 'limit'>): Promise<Kept | undefined> {
    for (const row of await this.list({ ...listing, limit: 20 })) {
      const files = row.outcome === 'done' ? await this.#ports.files.read(row.directory) : undefined
      if (files !== undefined) return { row, files }
    }
    return undefined
  }

  async #failed(order: ReportOrder, asker: Asker, { reportId, error }: { readonly reportId: string; readonly error: unknown }): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error)
    this.#ports.log.error({ report: reportId, tenant: order.tenant, err: error }, 'a report could not be made')
    await this.#write(order, asker, {
      reportId, directory: '', outcome: 'failed', reason, report_hash: '', page_hash: '', note: '', answers: new Map(), result_rows: 0n,
    }).catch((also: unknown) => this.#ports.log.error({ report: reportId, err: also }, 'nor could that be written down'))
  }

  async #write(order: ReportOrder, { by, schedule }: Asker, { reportId, ...found }: Made): Promise<ReportRow> {
    const { tenant, title, from, to, asOf } = order
    const row = {
      report_id: reportId, run_id: randomBytes(16).toString('hex'), tenant, title, schedule, controls: controlsOf(order.controls).map(({ id }) => id),
      period_start: from, period_end: to, as_of: asOf, made_at: this.#ports.clock.now(), made_by: by, host: this.#ports.host, ...found,
    }
    await this.#ports.store.insertRows('reports', [row], `report:${row.run_id}`)
    const { answers: _answers, ...shown } = row
    return rowOf(shown)
  }
}

interface Made {
  readonly reportId: string
  readonly directory: string
  readonly outcome: 'done' | 'failed'
  readonly reason: string
  readonly report_hash: string
  readonly page_hash: string
  readonly note: string
  readonly answers: ReadonlyMap<string, string>
  readonly result_rows: bigint
}
