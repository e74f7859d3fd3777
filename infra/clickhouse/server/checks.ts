/** What must be true of a server before anything is written to it. Each breach is a Failure `misconfigured` that says what to change. */
import { Failure } from '../../../schemas/failure.ts'
import { decodeRows } from '../row-binary.ts'
import { rightsFailure } from './failures.ts'
import type { ServerLink } from './link.ts'
import type { Settings } from './options.ts'

/** The first version with every setting that the migrations and inserts name; a test compares them with the engine's own history. */
const OLDEST_VERSION = '26.6'

const BINARY = { format: 'RowBinaryWithNamesAndTypes' } as const
const parts = (version: string): number[] => version.split('.').slice(0, 2).map(Number)

export function isTooOld(version: string): boolean {
  const [year = 0, month = 0] = parts(version)
  const [oldestYear = 0, oldestMonth = 0] = parts(OLDEST_VERSION)
  return Number.isNaN(year) || Number.isNaN(month) || year < oldestYear || (year === oldestYear && month < oldestMonth)
}

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n)

function checkClock(server: number, { before, after, allowed }: { readonly before: number; readonly after: number; readonly allowed: number }): void {
  const ahead = server > after ? server - after : server < before ? server - before : 0
  if (Math.abs(ahead) <= allowed) return
  const seconds = Math.round(Math.abs(ahead) / 1_000)
  throw new Failure('misconfigured', 'store.clock',
    `The clock of ClickHouse is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's: set the wrong one of the two (NTP), ` +
      `at most ${Math.round(allowed / 1_000)} s are allowed.`)
}

/** Version and clock. Returns the version. Also throws what `link` throws. */
export async function checkServer(link: ServerLink, { clock, maxClockSkewMs, url }: Settings): Promise<string> {
  const before = milliseconds(clock.now())
  const [row] = decodeRows(await link.read('SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now', BINARY))
  const after = milliseconds(clock.now())
  const version = String(row?.['version'])
  if (isTooOld(version)) {
    throw new Failure('misconfigured', 'store.version',
      `ClickHouse at ${url} is version ${version}: ${OLDEST_VERSION} is the oldest that has what the tables need. Update the server.`)
  }
  checkClock(Number(row?.['now']), { before, after, allowed: maxClockSkewMs })
  return version
}

/** What a store must be allowed, as roles `watchkeeper_writer` and `watchkeeper_reader` of `roles/01_services.sql` are. */
export function neededRights(tables: readonly string[], access: Settings['access']): readonly string[] {
  if (access === 'read') return ['SELECT ON watchkeeper.*']
  return [
    ...tables.map((table) => `INSERT ON watchkeeper.${table}`),
    'SELECT(tenant, event_id, `partition`, `offset`, offset_index, content_hash, record_hash, transport, exporter_peer, received_at, conflict_with, credential, salt, erasure) ON watchkeeper.audit_events',
    'SELECT ON watchkeeper.event_leaf_versions',
    'SELECT ON watchkeeper.leaf_orders',
    'SELECT(tenant, point_id, at, received_at) ON watchkeeper.mcp_metric_versions',
    'SELECT ON watchkeeper.schema_migrations',
  ]
}

export async function checkRights(link: ServerLink, tables: readonly string[], { user, access }: Settings): Promise<void> {
  const missing: string[] = []
  for (const right of neededRights(tables, access)) {
    if (String(await link.read(`CHECK GRANT ${right}`)).trim() !== '1') missing.push(right)
  }
  if (missing.length > 0) throw rightsFailure(user, `do what is asked of it (missing: ${missing.join('; ')})`)
}
