/** The status as lines for a terminal of a given width. Pure. */
import type { Colors } from 'picocolors/types.js'
import type { FullStatus, Status } from '../api/status.ts'
import { bytes, count, duration } from './amounts.ts'
import { type Column, safe, tableLines } from './terminal-table.ts'
import { wrapped } from './wrapped.ts'

export interface PageOptions {
  /** Characters in a line. */
  readonly width: number
  readonly colors: Colors
  /** Rows of a table before the rest is only counted. */
  readonly most: number
}

const since = (iso: string, at: string): string => (iso === '' ? '' : duration((Date.parse(at) - Date.parse(iso)) / 1000))

type Fact = readonly [name: string, text: string]

function facts(status: Status, { width }: PageOptions): string[] {
  const { disk, versions } = status
  const tabled = 'not_known' in status ? undefined : status
  const tables = tabled === undefined ? '' : `; tables ${bytes(tabled.disk.tables_bytes)}`
  const log = disk.log_max_bytes === 0 ? '' : `, log ${bytes(disk.log_bytes)} of ${bytes(disk.log_max_bytes)}`
  const lines: Fact[] = [
    ['up', duration(status.uptime_seconds)],
    ...(tabled === undefined ? [] : activity(tabled)),
    ['disk', `${bytes(disk.free_bytes)} free of ${bytes(disk.total_bytes)}${tables}${log}`],
    ...(tabled === undefined ? [] : [parts(tabled)]),
    ['versions', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')],
    ...('not_known' in status ? [['tables', safe(status.not_known)] as const] : []),
  ]
  return lines.flatMap(([name, text]) => wrapped(name.padEnd(9), text, width))
}

const parts = ({ tables, merges }: FullStatus): Fact => [
  'parts', `${count(tables.reduce((sum, table) => sum + table.parts, 0))} in ${tables.length} table${tables.length === 1 ? '' : 's'}, ${count(merges)} merges running`,
]

function activity(status: FullStatus): Fact[] {
  const { throughput, alerts, conservation } = status
  const accounts = conservation.verdict === 'adds up'
    ? `add up until ${conservation.settled_until.slice(0, 16).replace('T', ' ')} UTC`
    : conservation.verdict === 'unknown' ? 'nothing to judge yet' : `do not add up: ${count(conservation.missing)} missing in ${count(conservation.minutes)} min`
  const open = alerts.unacknowledged === 0 ? 'none open' : `${count(alerts.unacknowledged)} open, the oldest for ${since(alerts.oldest_unacknowledged_at, status.at)}`
  return [
    ['stored', `${throughput.stored_per_second.toFixed(1)} events/s in the last minute; ${count(throughput.findings_last_minute)} findings`],
    ['records', `${accounts}${conservation.in_flight === 0 ? '' : `; ${count(conservation.in_flight)} in flight`}`],
    ['alerts', open],
    ['proof', proofWords(status)],
  ]
}

function proofWords({ proof: { log, size, signed_at: signedAt, anchors }, at }: FullStatus): string {
  if (log === '') return 'nothing is signed yet'
  const outside = anchors.filter(({ anchored_at: taken }) => taken !== '').map(({ anchor, size: has, anchored_at: taken }) =>
    `${safe(anchor)} ${has === size ? 'has it' : `has ${count(has)}`} (${since(taken, at)} ago)`)
  return `${safe(log)} signed to ${count(size)}, ${since(signedAt, at)} ago; ${outside.length === 0 ? 'no anchor outside has it' : outside.join(', ')}`
}

interface Section<R> {
  readonly title: string
  readonly rows: readonly R[]
  readonly columns: readonly Column<R>[]
  /** What stands there where there are no rows. */
  readonly none: string
}

function section<R>({ title, rows, columns, none }: Section<R>, { width, colors, most }: PageOptions): string[] {
  const shown = rows.slice(0, most)
  if (shown.length === 0) return ['', colors.bold(title), none]
  const [titles = '', ...lines] = tableLines(shown, columns, width)
  const rest = rows.length > most ? [colors.dim(`and ${count(rows.length - most)} more: --json shows all`)] : []
  return ['', colors.bold(title), colors.dim(titles), ...lines, ...rest]
}

/** The first line says it all; problems follow, each with what to do. */
export function statusPage(status: Status, options: PageOptions): string[] {
  const { colors, width } = options
  const head = status.healthy ? colors.green('Watchkeeper is healthy.') : colors.red(`Watchkeeper is degraded: ${status.problems.length} problem${status.problems.length === 1 ? '' : 's'}.`)
  const problems = status.problems.flatMap((problem) => wrapped('- ', safe(problem), width))
  return [
    head, ...problems.map((line) => colors.yellow(line)), '', ...facts(status, options),
    ...section({
      title: 'Lag', rows: status.lag, none: 'no consumer group yet', columns: [
        { title: 'group', cell: ({ group }) => group, flexible: true }, { title: 'topic', cell: ({ topic }) => topic, flexible: true },
        { title: 'behind', cell: ({ lag }) => count(lag), right: true, paint: (text, { lag }) => (lag > 0 ? colors.yellow(text) : text) },
        { title: 'partitions', cell: ({ partitions }) => String(partitions), right: true },
      ],
    }, options),
    ...('not_known' in status ? [] : fromTables(status, options)),
  ]
}

function fromTables(status: FullStatus, options: PageOptions): string[] {
  const { colors } = options
  return [
    ...section({
      title: 'Sources', rows: status.sources, none: 'nothing was received yet', columns: [
        { title: 'source', cell: ({ source }) => source || '(unnamed)', flexible: true }, { title: 'tenant', cell: ({ tenant }) => tenant, flexible: true },
        { title: 'events', cell: ({ events }) => count(events), right: true },
        { title: 'last', cell: ({ last_received_at: last }) => last.slice(0, 19).replace('T', ' ') },
        { title: 'silent for', cell: ({ silent_seconds: silent }) => duration(silent), right: true },
      ],
    }, options),
    ...section({
      title: 'Quarantine', rows: status.quarantine, none: 'empty', columns: [
        { title: 'reason', cell: ({ reason }) => reason, flexible: true },
        { title: 'waiting', cell: ({ waiting }) => count(waiting), right: true, paint: (text, { waiting }) => (waiting > 0 ? colors.yellow(text) : text) },
        { title: 'replayed', cell: ({ replayed }) => count(replayed), right: true },
        { title: 'discarded', cell: ({ discarded }) => count(discarded), right: true },
      ],
    }, options),
    ...section({
      title: 'Tables', rows: status.tables, none: 'none', columns: [
        { title: 'table', cell: ({ table }) => table, flexible: true }, { title: 'rows', cell: ({ rows }) => count(rows), right: true },
        { title: 'size', cell: ({ bytes: size }) => bytes(size), right: true }, { title: 'parts', cell: ({ parts }) => count(parts), right: true },
      ],
    }, options),
  ]
}
