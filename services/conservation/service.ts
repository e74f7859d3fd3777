/** Conservation: makes the account of every source and minute, and raises a finding where it does not add up. Run by the scheduler. */
import { hash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { conservationFinding } from '../../detectors/conservation/finding.ts'
import { type ConservationRow, WINDOW_NS, windowOf } from '../../schemas/conservation.ts'
import type { Bus, Clock, Log, Store } from '../../schemas/ports.ts'
import { conservation, findings } from '../../schemas/topics.ts'
import { type Firsts, firstWindows, readFacts, readOff, type Span } from './facts.ts'
import { type Facts, reckon } from './reckon.ts'
import { accountTelemetry } from './telemetry.ts'
import { Watermark } from './watermark.ts'

export interface ConservationConfig {
  /** How long a request may be under way between its receipt and the log. A minute is judged only so long after its end. Nanoseconds. */
  readonly allowanceNs: bigint
  /** Minutes younger than this, and those that are not settled, are looked at every time; a day once an hour, all once a day. Nanoseconds. */
  readonly recentNs: bigint
  /** How long a look waits for the archiver to come to where the bus was at its beginning. Milliseconds. */
  readonly patienceMs: number
}

export const CONSERVATION_DEFAULTS: ConservationConfig = { allowanceNs: 60_000_000_000n, recentNs: 600_000_000_000n, patienceMs: 5_000 }
const DAY_NS = 86_400_000_000_000n
const POLL_MS = 200

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
  run(signal?: AbortSignal): Promise<void>
}

const sourceOf = ({ points, tenant, source }: ConservationRow): string => `${tenant}\u0000${source}${points ? '\u0000points' : ''}`
const keyOf = (row: ConservationRow): string => `${row.window_start}\u0000${sourceOf(row)}`
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
  let firsts: Firsts = { records: undefined, points: undefined }
  /** The oldest window that was not settled in the last look. */
  let openSince = clock.now()
  /** How far the next look goes back: at the start, each hour and each day, and until what it finds is confirmed. */
  let back: 'recent' | 'day' | 'all' = 'day'

  /** Until when everything acknowledged is archived. Waits a little, so that one look is enough where nobody is behind. */
  async function reached(now: bigint, signal: AbortSignal | undefined): Promise<bigint> {
    let mark = watermark.observe(now, await bus.lag())
    for (let waited = 0; mark < now && waited < config.patienceMs && signal?.aborted !== true; waited += POLL_MS) {
      await wait(POLL_MS)
      mark = watermark.look(await bus.lag())
    }
    return mark
  }

  async function look(signal?: AbortSignal): Promise<void> {
    const now = clock.now()
    const moment = { now, settledBefore: (await reached(now, signal)) - config.allowanceNs }
    if (firsts.records === undefined && firsts.points === undefined) await known.load(store)
    if (firsts.records === undefined || firsts.points === undefined) firsts = await firstWindows(store)
    const first = firstOf(firsts)
    if (first === undefined) return
    const since = latest(first, earliest(windowOf(now - config.recentNs), openSince))
    const from = latest(first, back === 'all' ? 0n : windowOf(now - DAY_NS))
    const older = back !== 'recent' && since > from ? reckon(await facts({ since: from, until: since, onlyOff: true }), moment) : []
    const newer = reckon(await facts({ since, until: windowOf(now) + WINDOW_NS, onlyOff: false }), moment)
    const rows = [...older, ...newer]
    const off = rows.filter(isOff)
    await raise(off.filter((row) => known.isNews(row)))
    await tell(rows.filter((row) => !isOff(row) || known.isConfirmed(row)))
    // Without a watermark nothing is settled, and a look back sees nothing.
    if (moment.settledBefore > first && older.every((row) => !isOff(row) || known.isConfirmed(row))) back = 'recent'
    known.suspect(off)
    openSince = newer.find(({ settled }) => !settled)?.window_start ?? now
    telemetry.looked(newer, off, moment)
  }

  /** Of the time since when there is an account: what was received before has no receipts. */
  async function facts(span: Span): Promise<Facts[]> {
    return (await readFacts(store, span)).filter(({ points, window_start: window }) => {
      const first = points ? firsts.points : firsts.records
      return first !== undefined && window >= first
    })
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
      const source = sourceOf(row)
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
    lookBack('conservation-day', '5 17 * * * *', () => { if (back === 'recent') back = 'day' }),
    lookBack('conservation-all', '5 32 3 * * *', () => { back = 'all' }),
  ]
}

/** What is told to the next look, so that there is never more than one. */
function lookBack(name: string, schedule: string, order: () => void): ConservationJob {
  return { name, schedule, run: async () => order() }
}

function firstOf({ records, points }: Firsts): bigint | undefined {
  if (records === undefined || points === undefined) return records ?? points
  return earliest(records, points)
}

const latest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const earliest = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const AT_ONCE = 1_000

const findingId = (source: string, about: string): string => hash('sha256', `conservation\u0000${source}\u0000${about}`, 'hex').slice(0, 32)
