/** What each source sends and what is blind without the rest: the newest word of table `coverage`, with the counts of one day. */
import type { CoverageSource } from '../../schemas/coverage.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import { isoTime } from './responses.ts'

export interface SourceCoverage extends CoverageSource {
  /** Of the last 24 hours. */
  readonly events: number
  readonly calls: number
  /** Share of `events`, and of `calls`, that have the field. */
  readonly fields: Readonly<Record<string, number>>
  readonly call_fields: Readonly<Record<string, number>>
  readonly detectors: Readonly<Record<string, number>>
  readonly blind_detectors: readonly string[]
  readonly missing: readonly string[]
  readonly switches: readonly string[]
  /** ISO 8601. */
  readonly last_received_at: string
  readonly quiet_seconds: number
  readonly usual_interval_seconds: number
  readonly silent: boolean
  readonly sequence_sessions: number
  readonly sequence_gaps: number
  readonly sampling: readonly string[]
  /** Null where nothing is said. */
  readonly sampling_probability: number | null
  readonly unmapped: readonly string[]
}

export interface Coverage {
  /** Nothing is blind, silent, sampled or missing. */
  readonly complete: boolean
  readonly at: string
  /** '' where nobody has looked yet. */
  readonly looked_at: string
  /** Those with something to say first. */
  readonly sources: readonly SourceCoverage[]
}

const DAY_NS = 86_400_000_000_000n
const MOST_SOURCES = 1_000
const SOURCE = 'tenant, source, emitter, scope_version, service_version, mapping_version'

const sqlFor = (now: bigint, tenant: string | undefined): string => `SELECT ${SOURCE}, sum(events) AS n, sum(calls) AS tool_calls, sumMap(fields) AS f, sumMap(call_fields) AS c,
    argMax((blind_detectors, missing, switches, usual_interval_seconds, silent, sequence_sessions, sequence_gaps, sampling, sampling_probability, detectors), window_start) AS word,
    max(last_received_at) AS last, max(looked_at) AS looked, arraySlice(arraySort(groupUniqArrayArray(unmapped)), 1, 50) AS names
  FROM watchkeeper.coverage WHERE window_start >= ${sqlTime(now - DAY_NS)}${tenant === undefined ? '' : ` AND tenant = ${sqlText(tenant)}`} GROUP BY ${SOURCE} ORDER BY n DESC, source LIMIT ${MOST_SOURCES}`

type Word = readonly [
  blind: readonly string[], missing: readonly string[], switches: readonly string[], usual: number, silent: boolean, sessions: bigint, gaps: bigint, sampling: readonly string[],
  probability: number, detectors: ReadonlyMap<string, number>,
]

const shares = (counts: unknown, of: number): Readonly<Record<string, number>> =>
  Object.fromEntries([...(counts as ReadonlyMap<string, bigint>)].map(([name, count]) => [name, Number((Number(count) / of).toFixed(4))]))

function sourceOf(row: Row, now: bigint): SourceCoverage {
  const [blind, missing, switches, usual, silent, sessions, gaps, sampling, probability, detectors] = row['word'] as Word
  const [events, calls, last] = [Number(row['n']), Number(row['tool_calls']), row['last'] as bigint]
  return {
    tenant: String(row['tenant']), source: String(row['source']), emitter: String(row['emitter']), scope_version: String(row['scope_version']),
    service_version: String(row['service_version']), mapping_version: String(row['mapping_version']), events, calls, fields: shares(row['f'], events),
    call_fields: shares(row['c'], calls), detectors: Object.fromEntries(detectors), blind_detectors: blind, missing, switches, last_received_at: isoTime(last),
    quiet_seconds: Math.max(0, Number((now - last) / 1_000_000_000n)), usual_interval_seconds: usual, silent, sequence_sessions: Number(sessions), sequence_gaps: Number(gaps),
    sampling, sampling_probability: Number.isNaN(probability) ? null : probability, unmapped: row['names'] as readonly string[],
  }
}

/** What somebody should look at. */
const troubles = ({ blind_detectors: blind, silent, sequence_gaps: gaps, sampling_probability: share }: SourceCoverage): number =>
  (silent ? 100 : 0) + (gaps > 0 ? 50 : 0) + (share !== null && share < 1 ? 20 : 0) + blind.length

/** `tenant`: of this one alone. */
export async function coverageOf(store: Pick<Store, 'query'>, now: bigint, tenant?: string): Promise<Coverage> {
  const rows = await store.query(sqlFor(now, tenant))
  const sources = rows.map((row) => sourceOf(row, now)).sort((a, b) => troubles(b) - troubles(a) || b.events - a.events)
  const looked = rows.map((row) => row['looked'] as bigint).reduce((a, b) => (a > b ? a : b), 0n)
  return { complete: looked > 0n && sources.every((source) => troubles(source) === 0), at: isoTime(now), looked_at: isoTime(looked), sources }
}
