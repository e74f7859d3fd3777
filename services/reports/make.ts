/** Makes a report: asks the questions, hashes the answers. The same asked again of the same tables gives the same bytes. */
import { Failure } from '../../schemas/failure.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { type Control, FRAMEWORKS } from './library/control.ts'
import { controlsOf, LIBRARY_HASH, questionsOf, statementOf } from './library/library.ts'
import type { Question } from './library/question.ts'
import { type AnswerFacts, FORMAT, type Manifest, manifestText, sha256Of } from './manifest.ts'

/** What is asked for. Times are nanoseconds: received from … and before …, stored before `asOf`. */
export interface ReportOrder {
  readonly tenant: string
  /** Frameworks, controls, or `all`. */
  readonly controls: readonly string[]
  readonly title: string
  readonly from: bigint
  readonly to: bigint
  readonly asOf: bigint
}

export interface Answered {
  readonly facts: AnswerFacts
  /** Cells by the order of its columns. */
  readonly rows: readonly (readonly Cell[])[]
  /** answers/<question>.jsonl: one JSON object a row. */
  readonly jsonl: string
}
export type Cell = string | number

export interface MadeReport {
  readonly manifest: Manifest
  /** Bytes of report.json. */
  readonly json: string
  readonly reportHash: string
  readonly answers: readonly Answered[]
}

/** ISO 8601 with milliseconds, and with all nine digits as the engine reads it. */
const isoOf = (nanoseconds: bigint): string => new Date(Number(nanoseconds / 1_000_000n)).toISOString()
const engineTime = (nanoseconds: bigint): string =>
  `${isoOf(nanoseconds).slice(0, 19).replace('T', ' ')}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}`

/** Identity of what is asked: the same order is the same report. */
export const reportIdOf = ({ tenant, title, from, to, asOf }: ReportOrder, controls: readonly Control[]): string =>
  sha256Of([FORMAT, tenant, title, from, to, asOf, ...controls.map(({ id }) => id)].join('\u0000')).slice(0, 32)

function cellOf(value: unknown): Cell {
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint') return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
  throw new Failure('defect', 'report.cell', `an answer has a value of type ${typeof value}`)
}

function answered(question: Question, found: readonly Row[]): Answered {
  const names = Object.keys(question.columns)
  const rows = found.map((row) => names.map((name) => cellOf(row[name])))
  const jsonl = rows.map((cells) => `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, cells[i]])))}\n`).join('')
  return {
    rows, jsonl,
    facts: {
      question: question.id, title: question.title, asks: question.asks, exceptions: question.exceptions, cannot_see: question.cannotSee,
      columns: names.map((name) => ({ name, title: question.columns[name] ?? name })), sql: statementOf(question),
      rows: rows.length, rows_in_all: Number(found[0]?.['rows_in_all'] ?? 0), sha256: sha256Of(jsonl),
    },
  }
}

const shown = ({ id, framework, reference, title, asks, questions, notShown }: Control): Manifest['controls'][number] =>
  ({ id, framework: FRAMEWORKS[framework], reference, title, asks, questions: [...questions], not_shown: notShown })

/** Throws Failure `rejected` for a control that there is not or times in the wrong order, `unavailable` where the store does not answer. */
export async function makeReport(order: ReportOrder, store: Pick<Store, 'query'>, signal?: AbortSignal): Promise<MadeReport> {
  const { tenant, title, from, to, asOf } = order
  if (from >= to || to > asOf) throw new Failure('rejected', 'report.period', 'A report needs a period that begins before it ends, and ends no later than its as-of time.')
  const controls = controlsOf(order.controls)
  if (controls.length === 0) throw new Failure('rejected', 'report.control', 'A report needs at least one control.')
  const parameters = { tenant, from: engineTime(from), to: engineTime(to), as_of: engineTime(asOf) }
  const answers: Answered[] = []
  for (const question of questionsOf(controls)) {
    signal?.throwIfAborted()
    answers.push(answered(question, await store.query(statementOf(question), parameters)))
  }
  const manifest: Manifest = {
    format: FORMAT, report_id: reportIdOf(order, controls), title, tenant, from: isoOf(from), to: isoOf(to), as_of: isoOf(asOf), parameters, library: LIBRARY_HASH,
    controls: controls.map(shown), answers: answers.map(({ facts }) => facts),
  }
  const json = manifestText(manifest)
  return { manifest, json, reportHash: sha256Of(json), answers }
}
