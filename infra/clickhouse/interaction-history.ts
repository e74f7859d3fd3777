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

/** How finely rows are counted before they are read. */
const BUCKET_NS = 600_000_000_000n
const LONG_TEXTS: ReadonlySet<string> = new Set(['arguments', 'result'])
/** Withdrawn ones are not in the view, so it has no such column. */
const COLUMNS = Object.keys(blankInteraction()).filter((name) => name !== 'merged_into')
  .map((name) => (LONG_TEXTS.has(name) ? `if(length(h.${name}) > {text:UInt32}, '', h.${name}) AS ${name}` : `h.${name} AS ${name}`)).join(', ')

const TIME = (name: string): string => `fromUnixTimestamp64Nano({${name}:Int64}, 'UTC')`
const COUNTS = `SELECT toInt64(intDiv(toUnixTimestamp64Nano(sort_at), ${BUCKET_NS})) AS bucket, toFloat64(count()) AS rows FROM watchkeeper.interaction_versions
  WHERE sort_at >= ${TIME('since')} AND sort_at < ${TIME('until')} GROUP BY bucket ORDER BY bucket DESC`
const PAGE = `SELECT ${COLUMNS} FROM watchkeeper.interactions AS h
  WHERE h.sort_at >= ${TIME('since')} AND h.sort_at < ${TIME('until')} AND (h.sort_at > ${TIME('since')} OR h.interaction_id > {after:String})
    AND h.received_at < ${TIME('end')} AND NOT h.server_internal
  ORDER BY h.sort_at, h.interaction_id LIMIT {limit:UInt32}`

interface Slice {
  readonly since: bigint
  readonly until: bigint
}

/**
 * The latest times that together have at most `maxRows`, oldest first, each with about a page of rows. Superseded versions that are not merged away yet
 * count too, so a page is rather too small.
 */
async function slicesOf(store: Pick<Store, 'query'>, { since, until, maxRows }: HistoryRange, pageRows: number): Promise<readonly Slice[]> {
  const slices: Slice[] = []
  let left = maxRows
  let end = until
  let begin = until
  let gathered = 0
  for (const { bucket, rows } of await store.query(COUNTS, { since, until })) {
    left -= rows as number
    if (left < 0) break
    if (gathered > 0 && gathered + (rows as number) > pageRows) {
      slices.push({ since: begin, until: end })
      end = begin
      gathered = 0
    }
    gathered += rows as number
    const start = (bucket as bigint) * BUCKET_NS
    begin = start > since ? start : since
  }
  if (gathered > 0) slices.push({ since: begin, until: end })
  return slices.reverse()
}

const interactionOf = (row: Row): Interaction => ({ ...row, merged_into: '' }) as unknown as Interaction

export function interactionHistory(store: Pick<Store, 'query'>, { pageRows, maxTextBytes, maxMs, now }: HistoryOptions): History {
  async function* pages({ since, until }: Slice, end: bigint): AsyncGenerator<readonly Interaction[]> {
    for (let place = { since, after: '' };;) {
      const page = (await store.query(PAGE, { ...place, until, end, limit: pageRows, text: maxTextBytes })).map(interactionOf)
      if (page.length > 0) yield page
      const last = page.at(-1)
      if (last === undefined || page.length < pageRows) return
      place = { since: last.sort_at, after: last.interaction_id }
    }
  }

  async function* interactions(range: HistoryRange): AsyncGenerator<readonly Interaction[]> {
    const ends = now() + maxMs
    for (const slice of await slicesOf(store, range, pageRows)) {
      for await (const page of pages(slice, range.until)) {
        if (now() >= ends) return
        yield page
      }
    }
  }
  return { interactions }
}
