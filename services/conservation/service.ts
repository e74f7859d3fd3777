/** Conservation: makes the account of every source and minute, and raises a finding where it does not add up. Run by the scheduler. */
import { hash } from 'node:crypto'
import { conservationFinding } from '../../detectors/conservation/finding.ts'
import { type ConservationRow, WINDOW_NS, windowOf } from '../../schemas/conservation.ts'
import type { Bus, Clock, Log, Store } from '../../schemas/ports.ts'
import { conservation, findings } from '../../schemas/topics.ts'
import { firstWindow, readFacts, readOff } from './facts.ts'
import { reckon } from './reckon.ts'
import { accountTelemetry } from './telemetry.ts'
import { Watermark } from './watermark.ts'

export interface ConservationConfig {
  /** How long a request may be under way between its receipt and the log. A minute is judged only so long after its end. Nanoseconds. */
  readonly allowanceNs: bigint
  /** Minutes younger than this are looked at every time, all others once an hour. Nanoseconds. */
  readonly recentNs: bigint
}

export const CONSERVATION_DEFAULTS: ConservationConfig = { allowanceNs: 60_000_000_000n, recentNs: 7_200_000_000_000n }

export interface ConservationPorts {
  readonly bus: Pick<Bus, 'publish' | 'lag'>
  readonly store: Pick<Store, 'query'>
  readonly clock: Clock
  readonly log: Log
}

/** Of the shape that the scheduler runs. */
export interface ConservationJob {
  readonly name: string
  readonly schedule: string
  run(): Promise<void>
}

const keyOf = ({ tenant, source, window_start }: ConservationRow): string => `${window_start}\u0000${tenant}\u0000${source}`
const isOff = (row: ConservationRow): boolean =>
  row.settled && (row.missing_in_collector !== 0 || row.missing_on_bus !== 0 || row.missing_in_archiver !== 0 || row.missing_in_table !== 0)
const missing = (row: ConservationRow): string =>
  [row.missing_in_collector, row.missing_on_bus, row.missing_in_archiver, row.missing_in_table].join()
/** Everything but when it was looked at. */
const word = ({ version: _version, checked_at: _at, ...row }: ConservationRow): string => Object.values(row).join('\u0000')

/** What was found off before, across looks and restarts. */
class Off {
  /** Of the look before: what is the same in two looks is none of a moment. */
  #suspects = new Map<string, string>()
  /** Told as a finding. */
  readonly #said = new Set<string>()

  /** A line that is off stands in the table only after its finding was published. */
  async load(store: Pick<Store, 'query'>): Promise<void> {
    for (const row of await readOff(store)) this.said([row])
  }

  isConfirmed(row: ConservationRow): boolean {
    return this.#suspects.get(keyOf(row)) === missing(row)
  }

  isNews(row: ConservationRow): boolean {
    return this.isConfirmed(row) && !this.#said.has(`${keyOf(row)}\u0000${missing(row)}`)
  }

  said(rows: readonly ConservationRow[]): void {
    for (const row of rows) this.#said.add(`${keyOf(row)}\u0000${missing(row)}`)
  }

  suspect(rows: readonly ConservationRow[]): void {
    this.#suspects = new Map(rows.map((row) => [keyOf(row), missing(row)]))
  }
}

export function createConservation(config: ConservationConfig, { bus, store, clock, log }: ConservationPorts): readonly ConservationJob[] {
  const watermark = new Watermark()
  const telemetry = accountTelemetry()
  const known = new Off()
  /** What was told of each line. */
  let told = new Map<string, string>()
  let first: bigint | undefined
  /** The next look goes back to the first receipt: at the start, each hour, and until what it finds is confirmed. */
  let whole = true

  async function look(): Promise<void> {
    const now = clock.now()
    const moment = { now, settledBefore: watermark.observe(now, await bus.lag()) - config.allowanceNs }
    if (first === undefined) {
      await known.load(store)
      first = await firstWindow(store)
    }
    if (first === undefined) return
    const recent = windowOf(now - config.recentNs)
    const since = recent > first ? recent : first
    const older = whole && since > first ? reckon(await readFacts(store, { since: first, until: since, onlyOff: true }), moment) : []
    const newer = reckon(await readFacts(store, { since, until: windowOf(now) + WINDOW_NS, onlyOff: false }), moment)
    const rows = [...older, ...newer]
    const off = rows.filter(isOff)
    await raise(off.filter((row) => known.isNews(row)))
    await tell(rows.filter((row) => !isOff(row) || known.isConfirmed(row)))
    // Without a watermark nothing is settled, and a look back sees nothing.
    whole &&= moment.settledBefore <= first || older.some((row) => isOff(row) && !known.isConfirmed(row))
    known.suspect(off)
    telemetry.looked(newer, off, moment)
  }

  async function tell(rows: readonly ConservationRow[]): Promise<void> {
    const changed = rows.filter((row) => told.get(keyOf(row)) !== word(row))
    for (let i = 0; i < changed.length; i += AT_ONCE) {
      await bus.publish(conservation, changed.slice(i, i + AT_ONCE).map((record) => ({ key: record.tenant, record })))
    }
    told = new Map(rows.map((row) => [keyOf(row), word(row)]))
  }

  /** One finding a source. Its id is made of what is off, so that two schedulers say one thing. */
  async function raise(news: readonly ConservationRow[]): Promise<void> {
    const sources = new Map<string, ConservationRow[]>()
    for (const row of news) {
      const source = `${row.tenant}\u0000${row.source}`
      sources.set(source, [...(sources.get(source) ?? []), row])
    }
    for (const [source, rows] of sources) {
      const about = rows.map((row) => `${row.window_start}:${missing(row)}`).join()
      const finding = conservationFinding(rows as [ConservationRow, ...ConservationRow[]], findingId(source, about))
      const difference = rows.reduce((sum, row) => sum + row.difference, 0)
      log.error({ tenant: finding.tenant, minutes: rows.length, difference }, 'records do not add up: see table conservation')
      await bus.publish(findings, [{ key: finding.tenant, record: finding }])
      known.said(rows)
    }
  }

  return [
    { name: 'conservation', schedule: '20 * * * * *', run: look },
    {
      name: 'conservation-whole',
      schedule: '5 17 * * * *',
      async run() {
        whole = true
      },
    },
  ]
}

const AT_ONCE = 1_000

const findingId = (source: string, about: string): string => hash('sha256', `conservation\u0000${source}\u0000${about}`, 'hex').slice(0, 32)
