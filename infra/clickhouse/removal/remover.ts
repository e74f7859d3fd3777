/** The Remover port on ClickHouse. First everything is chosen and the choice written down, then it is changed: whoever goes on after a crash changes the same. */
import type { Expiry, Hold, Removed, Remover, Subject, Told } from '../../../schemas/removal.ts'
import { hash } from 'node:crypto'
import { sqlText } from '../../../schemas/sql-literal.ts'
import { identifier } from '../bindings.ts'
import { EVENT_COLUMNS } from '../native-events.ts'
import { Changes, type RemovalRunner } from './change.ts'
import { before, type Chosen, eventsOf, heldBy, NO_TOMBSTONE, notHeld, rowsOf, writtenDown } from './choose.ts'
import { EVENT_BLANKS, EVENT_CONTENT, INTERACTION_CONTENT, type Place, PLACES } from './places.ts'
import { Rewriter } from './rewriting.ts'

/** Digits that an event id begins with: the digest is made of one digest for each, so that no list of all ids has to be held. */
const FIRST_DIGITS = [...'0123456789abcdef']

/** Rows of canonical version 1: they commit to nothing by a salted hash, so that blank ones could not prove themselves. They go as a whole, and their leaves stay. */
const UNSALTED = "(salt = '' AND erasure = '')"

/** Partitions that are written anew at a time, whatever the cores: the engine ends them together and then takes a second to begin the next. Each takes some 45 MiB. */
const LANES = 6

const updates = (change: Readonly<Record<string, string>>, names: readonly string[] = Object.keys(change)): string =>
  names.map((name) => `${identifier(name)} = ${change[name]}`).join(', ')

/** Rows that outlive their time, of one class; `held` says which condition of a hold keeps them. */
interface Aging {
  readonly table: string
  readonly key: string
  readonly time: string
  readonly held?: 'interactions' | 'findings' | 'alerts' | 'alertsOwn'
  /** Its rows go with the rows of this other table that have the same key. */
  readonly goesWith?: Aging
  readonly change: Readonly<Record<string, string>> | 'delete'
  /** Rows for which something is left to be done. */
  readonly only?: string
}

const FINDINGS: Aging = { table: 'finding_versions', key: 'finding_id', time: 'created_at', held: 'findings', change: 'delete' }

const AGING: Readonly<Record<Expiry['class'], readonly Aging[]>> = {
  metadata: [
    { table: 'interaction_versions', key: 'interaction_id', time: 'received_at', held: 'interactions', change: 'delete' },
    { table: 'mcp_metric_versions', key: 'point_id', time: 'received_at', change: 'delete' },
    { table: 'quarantine_versions', key: 'quarantine_id', time: 'quarantined_at', change: 'delete' },
  ],
  content: [{
    table: 'interaction_versions', key: 'interaction_id', time: 'received_at', held: 'interactions', change: INTERACTION_CONTENT,
    only: "(arguments != '' OR result != '' OR request_text != '' OR resource != '' OR notEmpty(argument_sources))",
  }],
  findings: [
    FINDINGS,
    { table: 'finding_history', key: 'finding_id', time: 'created_at', goesWith: FINDINGS, change: 'delete' },
    { table: 'alert_versions', key: 'alert_id', time: 'updated_at', held: 'alerts', change: 'delete' },
    { table: 'alert_event_versions', key: 'event_id', time: 'at', held: 'alertsOwn', change: 'delete' },
    { table: 'delivery_versions', key: "concat(message_id, '/', receiver, '/', toString(attempt))", time: 'attempted_at', held: 'alertsOwn', change: 'delete' },
  ],
}

interface Work {
  readonly removalId: string
  readonly tenant: string
  readonly told: Told
}

export class ClickHouseRemover implements Remover {
  readonly #changes: Changes
  readonly #rewriter: Rewriter

  /** `now`: milliseconds that only grow. */
  constructor(runner: RemovalRunner, now: () => number) {
    this.#changes = new Changes(runner, now)
    this.#rewriter = new Rewriter(this.#changes, LANES)
  }

  async tenants(): Promise<readonly string[]> {
    return (await this.#changes.rows('SELECT DISTINCT tenant FROM watchkeeper.audit_events ORDER BY tenant')).map(({ tenant }) => String(tenant))
  }

  async count(subject: Subject): Promise<ReadonlyMap<string, bigint>> {
    const chosen = choiceOf(subject)
    const counts = new Map([['audit_events', await this.#count('audit_events', eventsOf(subject))]])
    for (const place of PLACES) counts.set(place.table, await this.#count(place.table, rowsOf(place, subject, chosen)))
    return counts
  }

  async against(subject: Subject, holds: readonly Hold[]): Promise<readonly Hold[]> {
    const standing: Hold[] = []
    for (const hold of holds) if (hold.tenant === subject.tenant && await this.#isAgainst(subject, hold)) standing.push(hold)
    return standing
  }

  async #isAgainst(subject: Subject, hold: Hold): Promise<boolean> {
    if (hold.kind === 'tenant' || (hold.kind === 'principal' && subject.names.includes(hold.value.toLowerCase()))) return true
    const held = heldBy(hold)
    const chosen = choiceOf(subject)
    const meets = [['audit_events', eventsOf(subject), held.events] as const, ...PLACES.flatMap((place) => {
      const kept = { interaction_versions: held.interactions, finding_versions: held.findings, alert_versions: held.alerts }[place.table]
      return kept === undefined ? [] : [[place.table, rowsOf(place, subject, chosen), kept] as const]
    })]
    for (const [table, own, kept] of meets) if (await this.#count(table, `(${own}) AND ${kept}`) > 0n) return true
    return false
  }

  async erase(removalId: string, subject: Subject, told: Told): Promise<Removed> {
    const work = { removalId, tenant: subject.tenant, told }
    const chosen = writtenDown(subject.tenant, removalId)
    await this.#chooseEvents(work, eventsOf(subject), 'blanked')
    for (const place of PLACES) await this.#choose(work, place, rowsOf(place, subject, chosen))
    const tables = new Map<string, bigint>()
    for (const [done, place] of PLACES.entries()) {
      told(place.table, done, PLACES.length + 2)
      tables.set(place.table, await this.#change(work, place))
    }
    told('audit_events', PLACES.length, PLACES.length + 2)
    await this.#blankEvents(work)
    told('files', PLACES.length + 1, PLACES.length + 2)
    const removed = await this.#removed(work, tables)
    const changed = [...removed.tables].flatMap(([table, rows]) => (rows > 0n ? [table] : []))
    if (!(await this.#changes.cleaned(changed))) told('files that the engine still holds', PLACES.length + 1, PLACES.length + 2)
    await this.#rewriter.restore()
    return removed
  }

  async countExpired(expiry: Expiry, holds: readonly Hold[]): Promise<ReadonlyMap<string, bigint>> {
    const counts = new Map<string, bigint>()
    if (isHeld(expiry, holds)) return counts
    if (expiry.class !== 'findings') counts.set('audit_events', await this.#count('audit_events', expiredEvents(expiry, holds)))
    for (const aging of AGING[expiry.class]) counts.set(aging.table, await this.#count(aging.table, expiredRows(aging, expiry, holds)))
    return counts
  }

  async expire(removalId: string, expiry: Expiry, holds: readonly Hold[], told: Told): Promise<Removed> {
    const work = { removalId, tenant: expiry.tenant, told }
    const tables = new Map<string, bigint>()
    if (isHeld(expiry, holds)) return this.#removed(work, tables)
    if (expiry.class !== 'findings') await this.#chooseEvents(work, expiredEvents(expiry, holds), expiry.class === 'content' ? 'blanked' : 'dropped')
    for (const aging of AGING[expiry.class]) await this.#choose(work, aging, expiredRows(aging, expiry, holds))
    for (const [done, aging] of AGING[expiry.class].entries()) {
      told(aging.table, done, AGING[expiry.class].length + 1)
      tables.set(aging.table, await this.#change(work, aging))
    }
    told('audit_events', AGING[expiry.class].length, AGING[expiry.class].length + 1)
    const own = `tenant = ${sqlText(work.tenant)} AND event_id IN (${writtenDown(work.tenant, removalId).events})`
    if (expiry.class === 'metadata') await this.#drop('audit_events', own)
    if (expiry.class === 'content') await this.#blankContent(removalId, own)
    return this.#removed(work, tables)
  }

  #count(table: string, where: string): Promise<bigint> {
    return this.#changes.number(`(SELECT count() FROM watchkeeper.${table} WHERE ${where})`)
  }

  async #chooseEvents({ removalId, tenant }: Work, where: string, how: 'blanked' | 'dropped'): Promise<void> {
    await this.#changes.write(`INSERT INTO watchkeeper.removed_events (tenant, removal_id, partition, offset, offset_index, event_id, record_hash, how)
      SELECT ${sqlText(tenant)}, ${sqlText(removalId)}, partition, offset, offset_index, event_id, record_hash, ${how === 'dropped' ? sqlText(how) : `if(${UNSALTED}, 'dropped', 'blanked')`}
      FROM watchkeeper.audit_events WHERE ${where} SETTINGS log_queries = 0, max_execution_time = 600`)
  }

  async #choose({ removalId, tenant }: Work, { table, key }: Pick<Place, 'table' | 'key'>, where: string): Promise<void> {
    await this.#changes.write(`INSERT INTO watchkeeper.removal_keys (tenant, removal_id, table, key)
      SELECT DISTINCT ${sqlText(tenant)}, ${sqlText(removalId)}, ${sqlText(table)}, ${key} FROM watchkeeper.${table} WHERE ${where} SETTINGS log_queries = 0, max_execution_time = 600`)
  }

  /** Changes or drops what was chosen of a table; the answer is how many rows were chosen. */
  async #change({ removalId, tenant }: Work, { table, key, change, isLarge }: Pick<Place, 'table' | 'key' | 'change' | 'isLarge'>): Promise<bigint> {
    const keys = writtenDown(tenant, removalId).keys(table)
    const where = `tenant = ${sqlText(tenant)} AND ${key} IN (${keys})`
    await this.#changes.settled(table)
    if (change === 'delete') await this.#drop(table, where)
    else if (isLarge === true) await this.#blank(table, change, where)
    else await this.#changes.alter(table, `UPDATE ${updates(change)}`, where)
    return this.#changes.number(`(SELECT uniqExact(key) FROM (${keys}))`)
  }

  /** Blanks, in place, the columns that hold something in the rows that were chosen; none of them is part of the table's sorting key. */
  async #blank(table: string, change: Readonly<Record<string, string>>, where: string): Promise<void> {
    const counts = Object.entries(change).map(([name, value]) => `countIf(${identifier(name)} != ${value})`)
    await this.#rewriter.rewrite({
      table,
      parts: `SELECT _part AS name, arrayFilter((one, rows) -> rows > 0, [${Object.keys(change).map(sqlText).join(', ')}], [${counts.join(', ')}]) AS held
        FROM watchkeeper.${table} WHERE ${where} GROUP BY name HAVING notEmpty(held)`,
      inPlace: (partition, held) => `UPDATE ${updates(change, held)} IN PARTITION ID ${sqlText(partition)} WHERE ${where}`,
    })
  }

  /** Rows go; a part that has no others goes as a whole. */
  async #drop(table: string, where: string): Promise<void> {
    await this.#changes.settled(table)
    await this.#changes.dropWholeParts(table, where)
    await this.#changes.alter(table, 'DELETE', where)
  }

  async #blankContent(removalId: string, own: string): Promise<void> {
    const where = `${own} AND salt != ''`
    await this.#changes.settled('audit_events')
    const set = `UPDATE ${updates(EVENT_CONTENT)}, salt = '', erasure = ${sqlText(removalId)}`
    await this.#changes.alter('audit_events', set, where)
    await this.#drop('audit_events', `${own} AND ${UNSALTED}`)
  }

  /**
   * The actor is part of the sorting key, so blanked rows are written anew before the old ones are deleted: a crash between leaves both, and the next run knows. Another removal may
   * have been stopped there, and have left an event whole and blank: it becomes one row.
   */
  async #blankEvents({ removalId, tenant }: Work): Promise<void> {
    const own = `tenant = ${sqlText(tenant)} AND event_id IN (${writtenDown(tenant, removalId).events})`
    const left = `${own} AND erasure != ${sqlText(removalId)}`
    await this.#changes.settled('audit_events')
    const columns = [...EVENT_COLUMNS, 'erasure']
    const values = { ...EVENT_BLANKS, salt: "''", erasure: sqlText(removalId) } as Readonly<Record<string, string>>
    const written = `SELECT event_id FROM watchkeeper.audit_events WHERE ${own} AND erasure = ${sqlText(removalId)}`
    await this.#changes.write(`INSERT INTO watchkeeper.audit_events (${columns.map(identifier).join(', ')})
      SELECT ${columns.map((name) => values[name] ?? identifier(name)).join(', ')} FROM watchkeeper.audit_events
      WHERE ${left} AND NOT ${UNSALTED} AND event_id NOT IN (${written}) LIMIT 1 BY event_id SETTINGS log_queries = 0, max_execution_time = 600, max_partitions_per_insert_block = 0, exclude_materialize_skip_indexes_on_insert = 'arguments_text'`)
    await this.#changes.dropWholeParts('audit_events', left)
    await this.#rewriter.hide('audit_events', left)
    await this.#rewriter.rewrite({
      table: 'audit_events',
      parts: `SELECT name, CAST([], 'Array(String)') AS held FROM system.parts
        WHERE database = 'watchkeeper' AND table = 'audit_events' AND active AND has_lightweight_delete = 1`,
      inPlace: (partition) => `APPLY DELETED MASK IN PARTITION ID ${sqlText(partition)}`,
    })
  }

  async #removed({ removalId, tenant }: Work, others: ReadonlyMap<string, bigint>): Promise<Removed> {
    const { events } = writtenDown(tenant, removalId)
    const count = await this.#changes.number(`(SELECT uniqExact(event_id) FROM (${events}))`)
    const digests: string[] = []
    for (const digit of FIRST_DIGITS) {
      const [row] = await this.#changes.rows(
        `SELECT lower(hex(SHA256(arrayStringConcat(arraySort(groupUniqArray(event_id)))))) AS digest FROM (${events}) WHERE startsWith(event_id, '${digit}')`)
      digests.push(String(row?.['digest']))
    }
    return { tables: new Map([...others, ['audit_events', count]]), events: count, digest: hash('sha256', digests.join(''), 'hex') }
  }
}

/** The subject's rows as they are now, without anything written down. */
function choiceOf(subject: Subject): Chosen {
  const chosen: Chosen = {
    events: `SELECT event_id FROM watchkeeper.audit_events WHERE ${eventsOf(subject)}`,
    keys(table) {
      const place = PLACES.find((one) => one.table === table) as Place
      return `SELECT ${place.key} FROM watchkeeper.${table} WHERE ${rowsOf(place, subject, chosen)}`
    },
  }
  return chosen
}

const isHeld = ({ tenant }: Expiry, holds: readonly Hold[]): boolean => holds.some((hold) => hold.tenant === tenant && hold.kind === 'tenant')
const holdsOf = ({ tenant }: Expiry, holds: readonly Hold[]): readonly Hold[] => holds.filter((hold) => hold.tenant === tenant)

const expiredEvents = (expiry: Expiry, holds: readonly Hold[]): string =>
  `${before(expiry.tenant, expiry.until)} AND ${NO_TOMBSTONE} AND ${notHeld(holdsOf(expiry, holds)).events}${expiry.class === 'content' ? " AND erasure = ''" : ''}`

function expiredRows({ key, time, held, goesWith, only }: Aging, expiry: Expiry, holds: readonly Hold[]): string {
  const own = holdsOf(expiry, holds)
  if (goesWith !== undefined) {
    const staying = `SELECT ${goesWith.key} FROM watchkeeper.${goesWith.table} WHERE tenant = ${sqlText(expiry.tenant)} AND NOT (${expiredRows(goesWith, expiry, holds)})`
    return `${before(expiry.tenant, expiry.until, time)} AND ${key} NOT IN (${staying})`
  }
  // What cannot be told apart by whom or which case it is about stays as long as anything is held.
  const kept = held === undefined ? (own.length === 0 ? '1' : '0') : notHeld(own)[held]
  return [before(expiry.tenant, expiry.until, time), kept, ...(only === undefined ? [] : [only])].join(' AND ')
}
