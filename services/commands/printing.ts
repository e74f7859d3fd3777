/** What the commands about alerts have in common: pages of the API as tables or JSON, times, and who asks. */
import { userInfo } from 'node:os'
import type { Config } from '../config/schema.ts'
import { callApi } from './api-client.ts'
import { type CommonOptions, configOf } from './common.ts'
import { type Column, tableLines } from './terminal-table.ts'
import { timeOf } from './quarantine.ts'
import { terminalWidth } from './terminal-width.ts'

export interface ListOptions extends CommonOptions {
  readonly tenant?: string
  readonly since?: string
  readonly until?: string
  readonly limit?: number
  readonly cursor?: string
  readonly json?: boolean
}

export const clock = (iso: string): string => iso.slice(0, 16).replace('T', ' ')

/** Who asks, as far as this process can tell; the token stands beside it in the log. */
export function person(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.geteuid?.() ?? ''}`
  }
}

/** What was given, as parameters behind `?`; lists with commas. */
export function queryOf(given: Readonly<Record<string, string | number | readonly string[] | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, Array.isArray(value) ? value.join(',') : String(value))
  return query.size === 0 ? '' : `?${query}`
}

/** Filters that every list has. Throws Failure `misconfigured` for what is no time. */
export const filtersOf = ({ tenant, since, until, limit, cursor }: ListOptions): Readonly<Record<string, string | number | undefined>> => ({
  tenant, limit, cursor, since: since === undefined ? undefined : timeOf(since, Date.now()), until: until === undefined ? undefined : timeOf(until, Date.now()),
})

export interface Listing<R> {
  readonly path: string
  /** Name of the list in the answer. */
  readonly name: string
  readonly columns: readonly Column<R>[]
  /** What to say where nothing fits. */
  readonly empty: string
}

export async function printList<R>(options: ListOptions, { path, name, columns, empty }: Listing<R>): Promise<number> {
  const { body } = await callApi(configOf(options), path)
  if (options.json === true) {
    console.log(JSON.stringify(body))
    return 0
  }
  const { [name]: rows, next } = body as Readonly<Record<string, unknown>>
  const list = rows as readonly R[]
  console.log(list.length === 0 ? empty : tableLines(list, columns, terminalWidth()).join('\n'))
  if (typeof next === 'string') console.log(`There are more: --cursor ${next}`)
  return 0
}

/** Prints the answer to a change: as JSON, or as `done` says it; an order whose end was not seen in time says so. */
export async function printDone<B>(options: CommonOptions & { readonly json?: boolean }, ask: (config: Config) => Promise<{ readonly status: number; readonly body: unknown }>, done: (body: B) => string): Promise<number> {
  const { status, body } = await ask(configOf(options))
  if (options.json === true) console.log(JSON.stringify(body))
  else console.log(status === 202 && typeof body === 'object' && body !== null && 'see' in body ? `It is ordered; what became of it is not known yet. Look at ${String(body.see)}` : done(body as B))
  return 0
}
