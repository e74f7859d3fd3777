/** `watchkeeper erase`, `hold`, `retention`: what is taken away, when, and what must not be. */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../schemas/failure.ts'
import type { Config } from '../config/schema.ts'
import { callApi } from './api-client.ts'
import type { CommonOptions } from './common.ts'
import { configOf } from './common.ts'
import { clock, printDone, printList, queryOf } from './printing.ts'
import { safe } from './terminal-table.ts'

export interface EraseOptions extends CommonOptions {
  readonly subject: string
  readonly reason?: string
  readonly tenant?: string
  readonly alias?: readonly string[]
  readonly mentions?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

export interface TenantOptions extends CommonOptions {
  readonly tenant?: string
  readonly json?: boolean
}

export interface HoldAddOptions extends TenantOptions {
  readonly principal?: string
  readonly case?: string
  readonly reason: string
}

type Counts = Readonly<Record<string, number>>

interface HoldShown {
  readonly hold_id: string
  readonly tenant: string
  readonly kind: string
  readonly value: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: string
  readonly released_at: string
}

interface RemovalShown {
  readonly removal_id: string
  readonly tenant: string
  readonly kind: string
  readonly class: string
  readonly state: string
  readonly started_at: string
  readonly tables: Counts
  readonly events: number
  readonly events_digest: string
  readonly progress?: { readonly table: string; readonly done: number; readonly of: number; readonly failed: string; readonly bus: string }
}

const POLL_MS = 250
const linesOf = (tables: Counts): string[] => Object.entries(tables).filter(([, rows]) => rows > 0).map(([table, rows]) => `${String(rows).padStart(12)}  ${table}`)

async function dryRun(config: Config, wish: object, json: boolean): Promise<number> {
  const { body } = await callApi(config, '/api/v1/erasures', { method: 'POST', body: { ...wish, dry_run: true } })
  if (json) {
    console.log(JSON.stringify(body))
    return 0
  }
  const { tables, holds } = body as { readonly tables: Counts; readonly holds: readonly HoldShown[] }
  const lines = linesOf(tables)
  console.log(lines.length === 0 ? 'Nothing is stored of this subject.' : ['Rows that would be blanked or removed:', ...lines].join('\n'))
  for (const { hold_id: id, kind, reason } of holds) console.log(safe(`Legal hold ${id} (${kind}) stands against it: ${reason}`))
  return holds.length === 0 ? 0 : 1
}

/** `watchkeeper erase`: waits until it is done. What was interrupted goes on by itself. */
export async function erase(options: EraseOptions): Promise<number> {
  const { subject, reason, tenant, alias = [], mentions = false } = options
  const config = configOf(options)
  if (reason === undefined && options.dryRun !== true) throw new Failure('misconfigured', 'erase.reason', 'Say why with --reason: it is written down.')
  const wish = { subject, aliases: alias, mentions, reason: reason ?? 'dry run', ...(tenant === undefined ? {} : { tenant }) }
  if (options.dryRun === true) return dryRun(config, wish, options.json === true)
  const { body } = await callApi(config, '/api/v1/erasures', { method: 'POST', body: wish })
  const { removal_id: id } = body as { readonly removal_id: string }
  const done = await followed(config, id)
  if (options.json === true) console.log(JSON.stringify(done))
  else {
    console.log([`Erased, removal ${id}:`, ...linesOf(done.tables), `SHA-256 over the ${done.events} event ids: ${done.events_digest}`].join('\n'))
    if (done.progress?.bus !== undefined && done.progress.bus !== '') console.log(safe(done.progress.bus))
  }
  return 0
}

async function followed(config: Config, id: string): Promise<RemovalShown> {
  let told = ''
  for (;;) {
    const { body } = await callApi(config, `/api/v1/removals/${id}`)
    const removal = body as RemovalShown
    const { progress } = removal
    if (removal.state === 'done') return removal
    if (progress === undefined) throw new Failure('unavailable', 'erase.stopped', `This process does not work at removal ${id}: the one that was asked goes on with it by itself, within a minute of its start. watchkeeper removal list shows when it is done.`)
    if (progress.failed !== '') throw new Failure('unavailable', 'erase.failed', `It stopped: ${safe(progress.failed)} It is tried again every minute; watchkeeper removal list shows when it is done.`)
    const line = `${progress.done}/${progress.of} ${progress.table}`
    if (line !== told && process.stderr.isTTY) console.error(line)
    told = line
    await wait(POLL_MS)
  }
}

/** `watchkeeper removal list`: what was removed by erasure and retention. */
export const removalList = (options: TenantOptions): Promise<number> => printList<RemovalShown>(options, {
  path: `/api/v1/removals${queryOf({ tenant: options.tenant })}`, name: 'removals', empty: 'Nothing was ever removed.',
  columns: [
    { title: 'id', cell: ({ removal_id: id }) => id }, { title: 'begun', cell: ({ started_at: at }) => clock(at) }, { title: 'tenant', cell: ({ tenant }) => tenant, flexible: true },
    { title: 'kind', cell: ({ kind }) => kind }, { title: 'class', cell: ({ class: what }) => what }, { title: 'state', cell: ({ state }) => state },
    { title: 'events', cell: ({ events }) => String(events), right: true },
  ],
})

/** `watchkeeper hold add`: of a tenant as a whole, a principal, or a case. */
export async function holdAdd(options: HoldAddOptions): Promise<number> {
  const { tenant, principal, case: alert, reason } = options
  if (principal !== undefined && alert !== undefined) throw new Failure('misconfigured', 'hold.what', 'Give --principal or --case, not both; neither holds the whole tenant.')
  const what = principal !== undefined ? { kind: 'principal', value: principal } : alert !== undefined ? { kind: 'case', value: alert } : { kind: 'tenant' }
  return printDone<HoldShown>(options, (config) => callApi(config, '/api/v1/holds', { method: 'POST', body: { ...what, reason, ...(tenant === undefined ? {} : { tenant }) } }),
    ({ hold_id: id, tenant: whose, kind }) => safe(`Hold ${id} of tenant ${whose} (${kind}) is in force: nothing of it is removed until watchkeeper hold release ${id}.`))
}

export const holdList = (options: TenantOptions & { readonly released?: boolean }): Promise<number> => printList<HoldShown>(options, {
  path: `/api/v1/holds${queryOf({ tenant: options.tenant, released: options.released === true ? 'true' : undefined })}`, name: 'holds', empty: 'No legal hold is in force.',
  columns: [
    { title: 'id', cell: ({ hold_id: id }) => id }, { title: 'placed', cell: ({ placed_at: at }) => clock(at) }, { title: 'tenant', cell: ({ tenant }) => tenant, flexible: true },
    { title: 'kind', cell: ({ kind }) => kind }, { title: 'what', cell: ({ value }) => value, flexible: true }, { title: 'by', cell: ({ placed_by: by }) => by, flexible: true },
    { title: 'reason', cell: ({ reason }) => reason, flexible: true }, ...(options.released === true ? [{ title: 'released', cell: ({ released_at: at }: HoldShown) => clock(at) }] : []),
  ],
})

export const holdRelease = (id: string, options: CommonOptions & { readonly reason: string; readonly json?: boolean }): Promise<number> => {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Failure('misconfigured', 'hold.id', 'An id has 32 hex digits: watchkeeper hold list shows them.')
  return printDone<HoldShown>(options, (config) => callApi(config, `/api/v1/holds/${id}/release`, { method: 'POST', body: { reason: options.reason } }), () => `Hold ${id} is released.`)
}

interface Due {
  readonly tenant: string
  readonly class: string
  readonly until: string
  readonly tables: Counts
}

/** `watchkeeper retention plan` */
export const retentionPlan = (options: TenantOptions): Promise<number> => printList<Due>(options, {
  path: `/api/v1/retention${queryOf({ tenant: options.tenant })}`, name: 'due', empty: 'Everything is kept for good: retention of the configuration names no times.',
  columns: [
    { title: 'tenant', cell: ({ tenant }) => tenant, flexible: true }, { title: 'class', cell: ({ class: what }) => what }, { title: 'received before', cell: ({ until }) => until.slice(0, 10) },
    { title: 'rows', cell: ({ tables }) => Object.entries(tables).filter(([, rows]) => rows > 0).map(([table, rows]) => `${table} ${rows}`).join(', ') || 'none', flexible: true },
  ],
})

/** `watchkeeper retention run`: now, and not at the next time of the schedule. */
export const retentionRun = (options: TenantOptions): Promise<number> => printDone<{ readonly removals: readonly string[] }>(
  options, (config) => callApi(config, '/api/v1/retention/run', { method: 'POST', body: {} }),
  ({ removals }) => (removals.length === 0 ? 'Nothing has outlived its time.' : `Removed: ${removals.join(', ')}. watchkeeper removal list shows what they took.`))
