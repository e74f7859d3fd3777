/** Found and falsely flagged items of a set, as a table or as JSON lines. */

export interface Item {
  readonly id: string
  readonly label: 0 | 1
  /** What it is told apart by. */
  readonly group: string
  readonly found: boolean
}

interface Counts {
  readonly name: string
  readonly items: readonly Item[]
}

function columnsOf({ items }: Counts): readonly string[] {
  const of = (label: number, found: boolean): number => items.filter((item) => item.label === label && item.found === found).length
  const [found, missed, falsely, rightly] = [of(1, true), of(1, false), of(0, true), of(0, false)]
  const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${part}/${whole} ${((100 * part) / whole).toFixed(1)}%`)
  const ratio = (part: number, rest: number): string => (part + rest === 0 ? '-' : (part / (part + rest)).toFixed(3))
  const f1 = found + missed === 0 ? '-' : ((2 * found) / (2 * found + missed + falsely)).toFixed(3)
  return [share(found, found + missed), share(falsely, falsely + rightly), ratio(found, falsely), ratio(found, missed), f1]
}

const line = (name: string, columns: readonly string[]): string => name.padEnd(26) + columns.map((column) => column.padStart(17)).join('')

/** A row a group and one for all; with `json` one object an item. */
export function scoreTable(set: string, items: readonly Item[], { json, goal }: { readonly json: boolean; readonly goal: string }): readonly string[] {
  if (json) return items.map((item) => JSON.stringify({ evaluation: set, ...item }))
  const groups = [...new Set(items.map(({ group }) => group))].sort().map((name) => ({ name, items: items.filter(({ group }) => group === name) }))
  const rows = [...(groups.length > 1 ? groups : []), { name: 'all', items }].map((counts) => line(counts.name, columnsOf(counts)))
  return ['', `${set} (goal: ${goal})`, line('', ['found', 'falsely', 'precision', 'recall', 'F1']), ...rows]
}
