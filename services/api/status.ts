/** How everything is, on one page. Each problem comes with what to do about it. */
import { Failure, kindOf } from '../../schemas/failure.ts'
import type { PartitionLag, Row, Service, Store } from '../../schemas/ports.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import { problemsOfProof, type ProofStatus, proofOf } from './proof-status.ts'
import { isoTime } from './responses.ts'

export interface GroupLag {
  readonly topic: string
  readonly group: string
  /** Envelopes that are not committed. */
  readonly lag: number
  readonly partitions: number
}

export interface SourceStatus {
  readonly tenant: string
  readonly source: string
  readonly events: number
  /** ISO 8601. */
  readonly last_received_at: string
  readonly silent_seconds: number
}

export interface QuarantineCount {
  readonly reason: string
  readonly waiting: number
  readonly replayed: number
  readonly discarded: number
}

export interface TableStatus {
  readonly table: string
  readonly rows: number
  readonly bytes: number
  readonly parts: number
}

export interface ConservationStatus {
  /** `unknown`: nothing was received yet, or nothing is settled. */
  readonly verdict: 'adds up' | 'does not add up' | 'unknown'
  /** Records missing (and too many) in settled minutes, by stage, and minutes in which that is so. */
  readonly missing: number
  readonly minutes: number
  readonly in_flight: number
  /** Everything received before it is judged; '' where nothing is. */
  readonly settled_until: string
}

/** What every process knows. */
interface OwnStatus {
  readonly healthy: boolean
  /** Sentences; none where healthy. */
  readonly problems: readonly string[]
  readonly at: string
  readonly uptime_seconds: number
  readonly versions: Readonly<Record<string, string>>
  /** None where the bus does not answer, which then is among the problems. */
  readonly lag: readonly GroupLag[]
  readonly disk: Disk
}

interface FromTables {
  readonly throughput: { readonly stored_per_second: number; readonly findings_last_minute: number }
  readonly sources: readonly SourceStatus[]
  readonly tables: readonly TableStatus[]
  readonly merges: number
  readonly alerts: { readonly unacknowledged: number; readonly oldest_unacknowledged_at: string }
  readonly quarantine: readonly QuarantineCount[]
  readonly conservation: ConservationStatus
  readonly proof: ProofStatus
}

export interface FullStatus extends OwnStatus, FromTables {
  readonly disk: Disk & { readonly tables_bytes: number }
}

/** Of a process that has no tables, or whose ClickHouse does not answer. */
export interface StatusWithoutTables extends OwnStatus {
  /** Why everything that tables say is not here, and whom to ask. */
  readonly not_known: string
}

export type Status = FullStatus | StatusWithoutTables

export interface Disk {
  readonly directory: string
  readonly free_bytes: number
  readonly total_bytes: number
  /** Of the embedded log; 0 where the bus is elsewhere. */
  readonly log_bytes: number
  readonly log_max_bytes: number
}

export interface StatusPorts {
  readonly parts: readonly Pick<Service, 'name' | 'notReady'>[]
  /** Where this process reaches no tables: why, and whom to ask. */
  readonly store: Pick<Store, 'query'> | { readonly none: string }
  lag(): Promise<readonly PartitionLag[]>
  disk(): Promise<Disk>
  /** Nanoseconds. */
  now(): bigint
  readonly startedAt: bigint
  /** Name → version of what runs here, without the store's. */
  readonly versions: Readonly<Record<string, string>>
}

const SECOND_NS = 1_000_000_000n
const DAY_NS = 86_400n * SECOND_NS
const MOST_SOURCES = 500
const LEAST_FREE_BYTES = 2_000_000_000
const MOST_LAG = 5_000
const MOST_PARTS = 1_000
const FULL = 0.9

/** Whoever does not answer is a problem among the others: what is known is said all the same. `tenant`: of its sources and records alone. */
export async function statusOf(ports: StatusPorts, tenant?: string): Promise<Status> {
  const now = ports.now()
  const [lag, disk, tabled] = await Promise.all([unlessAway(ports.lag().then(byGroup)), ports.disk(), unlessAway(tabledOf(ports.store, { now, of: tenant === undefined ? '1' : `tenant = ${sqlText(tenant)}` }))])
  const away = [lag, tabled].flatMap((answer) => (answer instanceof Failure ? [answer.message] : []))
  const groups = lag instanceof Failure ? [] : lag
  const known = tabled instanceof Failure || 'none' in tabled ? undefined : tabled
  const problems = [...problemsOf({ lag: groups, disk }, ports.parts), ...away, ...(known === undefined ? [] : problemsInTables(known.told))]
  const own = {
    healthy: problems.length === 0, problems, at: isoTime(now), uptime_seconds: Number((now - ports.startedAt) / SECOND_NS), versions: ports.versions,
    lag: groups, disk,
  }
  if (tabled instanceof Failure) return { ...own, not_known: tabled.message }
  if ('none' in tabled) return { ...own, not_known: tabled.none }
  const bytes = tabled.told.tables.reduce((sum, table) => sum + table.bytes, 0)
  return { ...own, ...tabled.told, disk: { ...disk, tables_bytes: bytes }, versions: { ...ports.versions, clickhouse: tabled.version } }
}

async function unlessAway<T>(asked: Promise<T>): Promise<T | Failure> {
  try {
    return await asked
  } catch (error) {
    if (kindOf(error) === 'unavailable') return error as Failure
    throw error
  }
}

/** `of`: condition on whose records count. */
interface Scope {
  readonly now: bigint
  readonly of: string
}

async function tabledOf(store: StatusPorts['store'], scope: Scope): Promise<{ readonly none: string } | { readonly told: FromTables; readonly version: string }> {
  if ('none' in store) return store
  const [tables, sources, throughput, alerts, quarantine, conservation, proof, { version, merges }] = await Promise.all([
    tablesOf(store), sourcesOf(store, scope), throughputOf(store, scope), alertsOf(store, scope), quarantineOf(store, scope), conservationOf(store, scope), proofOf(store, scope.now), engineOf(store),
  ])
  return { told: { tables, sources, throughput, alerts, quarantine, conservation, proof, merges }, version }
}

function problemsOf({ lag, disk }: Pick<OwnStatus, 'lag' | 'disk'>, parts: StatusPorts['parts']): string[] {
  const problems = parts.map((part) => ({ name: part.name, missing: part.notReady() })).filter(({ missing }) => missing !== '')
    .map(({ name, missing }) => `${name} is not ready: ${missing}`)
  if (disk.free_bytes < LEAST_FREE_BYTES) problems.push(`${gigabytes(disk.free_bytes)} are free in ${disk.directory}: make room, or the log will refuse more`)
  if (disk.log_max_bytes > 0 && disk.log_bytes > disk.log_max_bytes * FULL) {
    problems.push(`the log has ${gigabytes(disk.log_bytes)} of ${gigabytes(disk.log_max_bytes)}: raise bus.max_bytes, or lower bus.retention_bytes`)
  }
  for (const { topic, group, lag: behind } of lag) {
    if (behind > MOST_LAG) problems.push(`${group} is ${behind} envelopes behind on ${topic}: look for its errors in the log, or give it more processes`)
  }
  return problems
}

function problemsInTables({ tables, conservation, proof }: FromTables): string[] {
  const problems: string[] = [...problemsOfProof(proof)]
  for (const { table, parts: count } of tables) {
    if (count > MOST_PARTS) problems.push(`table ${table} has ${count} parts: merges do not keep up, so give ClickHouse more CPU or faster disks`)
  }
  if (conservation.verdict === 'does not add up') {
    problems.push(`records do not add up in ${conservation.minutes} minute${conservation.minutes === 1 ? '' : 's'}: ` +
      'watchkeeper query "SELECT * FROM conservation WHERE difference != 0 ORDER BY window_start"')
  }
  return problems
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

function byGroup(lags: readonly PartitionLag[]): readonly GroupLag[] {
  const groups = new Map<string, { topic: string; group: string; lag: number; partitions: number }>()
  for (const { topic, group, committed, end } of lags) {
    const key = `${group}\u0000${topic}`
    const known = groups.get(key) ?? { topic, group, lag: 0, partitions: 0 }
    known.lag += Math.max(0, end - committed)
    known.partitions++
    groups.set(key, known)
  }
  return [...groups.values()].sort((a, b) => b.lag - a.lag || a.group.localeCompare(b.group) || a.topic.localeCompare(b.topic))
}

type Query = Pick<Store, 'query'>
const one = async (store: Query, sql: string): Promise<Row> => (await store.query(sql))[0] ?? {}
const number = (value: unknown): number => Number(value ?? 0)
const seconds = (nanoseconds: bigint): number => Number(nanoseconds / SECOND_NS)

async function sourcesOf(store: Query, { now, of }: Scope): Promise<readonly SourceStatus[]> {
  const rows = await store.query(`SELECT tenant, source, count() AS events, max(received_at) AS last FROM watchkeeper.audit_events
    WHERE ${of} GROUP BY tenant, source ORDER BY last DESC LIMIT ${MOST_SOURCES}`)
  return rows.map(({ tenant, source, events, last }) => ({
    tenant: String(tenant), source: String(source), events: number(events), last_received_at: isoTime(last as bigint),
    silent_seconds: Math.max(0, seconds(now - (last as bigint))),
  }))
}

async function throughputOf(store: Query, { now, of }: Scope): Promise<FromTables['throughput']> {
  const since = sqlTime(now - 60n * SECOND_NS)
  const [events, findings] = [
    await one(store, `SELECT count() AS n FROM watchkeeper.audit_events WHERE ${of} AND received_at >= ${since}`),
    await one(store, `SELECT count() AS n FROM watchkeeper.findings WHERE ${of} AND created_at >= ${since}`),
  ]
  return { stored_per_second: number(events['n']) / 60, findings_last_minute: number(findings['n']) }
}

async function alertsOf(store: Query, { of }: Scope): Promise<FromTables['alerts']> {
  const row = await one(store, `SELECT count() AS n, min(created_at) AS oldest FROM watchkeeper.alerts WHERE ${of} AND status = 'open'`)
  return { unacknowledged: number(row['n']), oldest_unacknowledged_at: number(row['n']) === 0 ? '' : isoTime(row['oldest'] as bigint) }
}

async function quarantineOf(store: Query, { of }: Scope): Promise<readonly QuarantineCount[]> {
  const rows = await store.query(`SELECT reason, countIf(state = 'waiting') AS waiting, countIf(state = 'replayed') AS replayed, countIf(state = 'discarded') AS discarded
    FROM watchkeeper.quarantine WHERE ${of} GROUP BY reason ORDER BY waiting DESC, reason`)
  return rows.map((row) => ({
    reason: String(row['reason']), waiting: number(row['waiting']), replayed: number(row['replayed']), discarded: number(row['discarded']),
  }))
}

/** Of what was looked at within a day: what is older has its finding. */
async function conservationOf(store: Query, { now, of }: Scope): Promise<ConservationStatus> {
  const row = await one(store, `SELECT countIf(settled) AS judged, countIf(settled AND OFF) AS minutes, sumIf(difference, settled AND OFF) AS missing, sum(in_flight) AS under_way,
    maxIf(window_start, settled) AS until FROM watchkeeper.conservation WHERE ${of} AND checked_at >= ${sqlTime(now - DAY_NS)}`.replaceAll('OFF', '(missing_in_collector != 0 OR missing_on_bus != 0 OR missing_in_archiver != 0 OR missing_in_table != 0)'))
  const minutes = number(row['minutes'])
  const settled = number(row['judged']) > 0
  return {
    verdict: minutes > 0 ? 'does not add up' : settled ? 'adds up' : 'unknown', missing: number(row['missing']), minutes,
    in_flight: number(row['under_way']), settled_until: settled ? isoTime((row['until'] as bigint) + 60n * SECOND_NS) : '',
  }
}

async function tablesOf(store: Query): Promise<readonly TableStatus[]> {
  const rows = await store.query(`SELECT table, sum(rows) AS n, sum(bytes_on_disk) AS bytes, count() AS parts FROM system.parts
    WHERE active AND database = 'watchkeeper' GROUP BY table ORDER BY bytes DESC`)
  return rows.map((row) => ({ table: String(row['table']), rows: number(row['n']), bytes: number(row['bytes']), parts: number(row['parts']) }))
}

async function engineOf(store: Query): Promise<{ readonly version: string; readonly merges: number }> {
  const row = await one(store, "SELECT version() AS version, (SELECT count() FROM system.merges WHERE database = 'watchkeeper') AS merges")
  return { version: String(row['version']), merges: number(row['merges']) }
}
