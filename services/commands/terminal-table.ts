/** Tables for a terminal: as wide as it is and no wider, one line a row. Cells are data: what could move the cursor is shown as what it is. */
import { printable } from '../demo/printable.ts'

export interface Column<R> {
  readonly title: string
  cell(row: R): string
  readonly right?: boolean
  /** Gives way first where there is no room. */
  readonly flexible?: boolean
  readonly paint?: (text: string, row: R) => string
}

const LEAST = 8
const GAP = '  '

/** One line, nothing that a terminal obeys. */
export const safe = (text: string): string => printable(text).replace(/[\t\n]/g, ' ')

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`)

function widthsOf(cells: readonly (readonly string[])[], columns: readonly Column<never>[], room: number): number[] {
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)))
  let over = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - room
  // The widest of those that give way gives way, again and again.
  while (over > 0) {
    const widest = columns.reduce((best, { flexible }, i) => (flexible === true && (widths[i] ?? 0) > (widths[best] ?? 0) ? i : best), columns.findIndex(({ flexible }) => flexible === true))
    if (widest < 0 || (widths[widest] ?? 0) <= LEAST) break
    widths[widest] = (widths[widest] ?? 0) - 1
    over--
  }
  return widths
}

/** Lines of at most `room` characters where the flexible columns can give way so far. */
export function tableLines<R>(rows: readonly R[], columns: readonly Column<R>[], room: number): string[] {
  const titles = columns.map(({ title }) => title)
  const cells = rows.map((row) => columns.map(({ cell }) => safe(cell(row))))
  const widths = widthsOf([titles, ...cells], columns as readonly Column<never>[], room)
  const line = (texts: readonly string[], row: R | undefined): string => columns.map(({ right, paint }, i) => {
    const width = widths[i] ?? 0
    const text = cut(texts[i] ?? '', width)
    const padded = right === true ? text.padStart(width) : i === columns.length - 1 ? text : text.padEnd(width)
    return paint === undefined || row === undefined ? padded : paint(padded, row)
  }).join(GAP).trimEnd()
  return [line(titles, undefined), ...cells.map((texts, i) => line(texts, rows[i]))]
}
