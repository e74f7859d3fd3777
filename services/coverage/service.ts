/** Coverage: which fields arrive from whom, counted in the tables by a job, so that it costs nothing where telemetry comes in. */
import { COVERAGE_WINDOW_NS, type CoverageRow } from '../../schemas/coverage.ts'
import { coverage } from '../../schemas/topics.ts'
import { type CoveragePorts, type Knowledge, type Need, sourceKey } from './contracts.ts'
import { MOST_LINES, readCalls, readListers, readWindows } from './facts.ts'
import { newestWindow, type Past, readPast } from './history.ts'
import { coverageRows } from './judge.ts'
import { readSampling, SAMPLING_KEYS } from './sampling.ts'
import { readSequences } from './sequence.ts'
import { createWitness } from './witness.ts'

/** Of the shape that the scheduler runs. */
export interface CoverageJob {
  readonly name: string
  readonly schedule: string
  run(signal?: AbortSignal): Promise<void>
}

const MINUTE_NS = 60_000_000_000n
const DAY_NS = 24n * COVERAGE_WINDOW_NS
const WEEK_NS = 7n * DAY_NS
/** How late a record may be archived and still count at the next look; what is later counts within the hour. */
const LATE_NS = 20n * MINUTE_NS
const VERY_LATE_NS = 6n * COVERAGE_WINDOW_NS
/** A look that took long is followed by a pause so many times as long. */
const PAUSE = 100n
const AT_ONCE = 500

const hourOf = (at: bigint): bigint => at - (at % COVERAGE_WINDOW_NS)
const latest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
/** Everything but when it was looked at. */
const word = ({ version: _version, ...row }: CoverageRow): string =>
  JSON.stringify(Object.values(row).map((value: unknown) => (value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value)))
const rowKey = (row: CoverageRow): string => `${row.window_start}${sourceKey(row)}`

export function createCoverage(knowledge: Knowledge, ports: CoveragePorts): readonly CoverageJob[] {
  const { bus, store, clock, log } = ports
  const witness = createWitness(ports)
  const needs: ReadonlyMap<string, readonly Need[]> = new Map(knowledge.detectors.map(({ id, needs: own }) => [id, own]))
  let told = new Map<string, string>()
  let lookedAt: bigint | undefined
  let notBefore = 0n
  let farBack = false

  async function sinceWhen(now: bigint): Promise<bigint> {
    if (lookedAt === undefined) return hourOf(latest((await newestWindow(store)) - COVERAGE_WINDOW_NS, now - DAY_NS))
    return hourOf(lookedAt - (farBack ? VERY_LATE_NS : LATE_NS))
  }

  async function rowsNow(now: bigint): Promise<readonly CoverageRow[]> {
    const since = await sinceWhen(now)
    const span = { since, until: hourOf(now) + COVERAGE_WINDOW_NS }
    const windows = await readWindows(store, span)
    if (windows.length >= MOST_LINES) log.warn({ lines: MOST_LINES }, 'more sources than one look takes: those that send most are in coverage')
    const calls = await readCalls(store, span, { needs, listers: await readListers(store, now - WEEK_NS) })
    const past = await readPast(store, { week: now - WEEK_NS, day: now - DAY_NS, until: since })
    const numbered = [...new Set([...windows, ...past].filter(countsNumbers).map(({ emitter }) => emitter))]
    const sequences = await readSequences(store, { since: now - DAY_NS, now }, numbered)
    const sampling = await readSampling(store, span, SAMPLING_KEYS.filter((key) => windows.some(({ attributes }) => attributes.includes(key))))
    return coverageRows({ now, windows, calls, past, sequences, sampling }, knowledge)
  }

  async function look(): Promise<void> {
    const now = clock.now()
    if (now < notBefore) return
    const rows = await rowsNow(now)
    // Before the rows: what they say is not told again.
    await witness.tell(rows, now)
    const changed = rows.filter((row) => told.get(rowKey(row)) !== word(row))
    for (let i = 0; i < changed.length; i += AT_ONCE) {
      await bus.publish(coverage, changed.slice(i, i + AT_ONCE).map((record) => ({ key: record.tenant, record })))
    }
    told = new Map(rows.map((row) => [rowKey(row), word(row)]))
    lookedAt = now
    farBack = false
    notBefore = now + (clock.now() - now) * PAUSE
  }

  return [
    { name: 'coverage', schedule: '40 * * * * *', run: look },
    { name: 'coverage-late', schedule: '35 7 * * * *', run: async () => { farBack = true } },
  ]
}

const countsNumbers = ({ fields }: Pick<Past, 'fields'>): boolean => (fields.get('sequence') ?? 0) > 0
