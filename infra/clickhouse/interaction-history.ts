/** The History port on any Store: pages of the view `interactions`, cut by time so that no page and no query is large. */
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { History, HistoryRange, Row, Store } from '../../schemas/ports.ts'

export interface HistoryOptions {
  /** Rows of one page. */
  readonly pageRows: number
  /** Longer arguments and results are read as ''. Characters are counted as bytes. */
  readonly maxTextBytes: number
  /** Reading ends after so long, counted from its first query. */
  readonly maxMs: number
  /** Milliseconds of a clock that only goes forward. */
  now(): number
}

const HOUR_NS = 3_600_000_000_000n
const LONGEST_SPAN_NS = 24n * HOUR_NS
const SHORTEST_SPAN_NS = HOUR_NS / 60n
/** A page that is emptier than this lets the next one look further; after a full one it looks less far. */
const SPARSE = 0.25
const LONG_TEXTS: ReadonlySet<string> = new Set(['arguments', 'result'])
/** Withdrawn ones are not in the view, so it has no such column. */
const COLUMNS = Object.keys(blankInteraction()).filter((name) => name !== 'merged_into')
  .map((name) => (LONG_TEXTS.has(name) ? `if(length(h.${name}) > {text:UInt32}, '', h.${name}) AS ${name}` : `h.${name} AS ${name}`)).join(', ')

const TIME = (name: string): string => `fromUnixTimestamp64Nano({${name}:Int64}, 'UTC')`
const HOURS = `SELECT toInt64(intDiv(toUnixTimestamp64Nano(sort_at), ${HOUR_NS})) AS hour, toFloat64(count()) AS rows FROM watchkeeper.interaction_versions
  WHERE sort_at >= ${TIME('since')} AND sort_at < ${TIME('until')} GROUP BY hour ORDER BY hour DESC`
const PAGE = `SELECT ${COLUMNS} FROM watchkeeper.interactions AS h
  WHERE h.sort_at >= ${TIME('since')} AND h.sort_at < ${TIME('until')} AND (h.sort_at > ${TIME('since')} OR h.interaction_id > {after:String})
    AND h.received_at < ${TIME('end')} AND NOT h.server_internal
  ORDER BY h.sort_at, h.interaction_id LIMIT {limit:UInt32}`

/** The latest hours that together have at most so many rows; superseded versions that are not merged away yet count too. */
async function beginning(store: Pick<Store, 'query'>, { since, until, maxRows }: HistoryRange): Promise<bigint> {
  let left = maxRows
  let begin = until
  for (const { hour, rows } of await store.query(HOURS, { since, until })) {
    left -= rows as number
    if (left < 0) return begin
    const start = (hour as bigint) * HOUR_NS
    begin = start > since ? start : since
  }
  return begin
}

const interactionOf = (row: Row): Interaction => ({ ...row, merged_into: '' }) as unknown as Interaction

export function interactionHistory(store: Pick<Store, 'query'>, { pageRows, maxTextBytes, maxMs, now }: HistoryOptions): History {
  async function* interactions(range: HistoryRange): AsyncGenerator<readonly Interaction[]> {
    const ends = now() + maxMs
    let since = await beginning(store, range)
    let after = ''
    for (let span = HOUR_NS; since < range.until && now() < ends;) {
      const until = since + span < range.until ? since + span : range.until
      const rows = await store.query(PAGE, { since, after, until, end: range.until, limit: pageRows, text: maxTextBytes })
      const page = rows.map(interactionOf)
      const last = page.at(-1)
      if (page.length > 0) yield page
      if (last !== undefined && page.length === pageRows) {
        since = last.sort_at
        after = last.interaction_id
        if (span > SHORTEST_SPAN_NS) span /= 2n
      } else {
        since = until
        after = ''
        if (page.length < pageRows * SPARSE && span < LONGEST_SPAN_NS) span *= 2n
      }
    }
  }
  return { interactions }
}
