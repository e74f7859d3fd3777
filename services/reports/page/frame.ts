/** What every page has around its content. */
import { type Html, html, type Part, trusted } from './html.ts'
import { POLICY, STYLE } from './style.ts'

/** The whole document. `title` is for the tab and the file's name in a print. */
export const pageOf = (title: string, content: Part): string => html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
${content}
</body>
</html>
`.text

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** `2026-11-21T08:00:00.000Z` as `2026-11-21 08:00:00`; everything else as it is. */
export const readable = (cell: string | number): string =>
  typeof cell === 'number' ? String(cell).replace(/\B(?=(\d{3})+$)/g, '\u202f') : TIME.test(cell) ? cell.slice(0, 19).replace('T', ' ') : cell

export interface TableColumn {
  readonly name: string
  readonly title: string
}

/** A table that says what it is; numbers stand right, times do not break. */
export function tableOf(caption: string, columns: readonly TableColumn[], rows: readonly (readonly (string | number)[])[]): Html {
  const numeric = columns.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'))
  const head = columns.map(({ title }, i) => (numeric[i] === true ? html`<th scope="col" class="n">${title}</th>` : html`<th scope="col">${title}</th>`))
  const cell = (value: string | number, i: number): Html => {
    if (numeric[i] === true) return html`<td class="n">${readable(value)}</td>`
    return typeof value === 'string' && TIME.test(value) ? html`<td class="t">${readable(value)}</td>` : html`<td dir="auto">${value === '' ? '\u2013' : value}</td>`
  }
  const lines = rows.map((row) => html`<tr>${row.map(cell)}</tr>
`)
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${lines}</tbody></table></div>`
}
