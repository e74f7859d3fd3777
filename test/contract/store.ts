/** What every Store must do. Run on each adapter with a fresh, empty store. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ruleTextOf } from '../../detectors/rule-text.ts'
import { rule as unexpectedCommand } from '../../detectors/unexpected-command/rule.ts'
import { type Alert, BLANK_LIFE, type Delivery } from '../../schemas/alert.ts'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { contentHash, encodeCanonical, recordHash, writeHashes } from '../../schemas/canonical.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import { exampleInteraction } from '../../schemas/interaction.ts'
import type { MetricPoint } from '../../schemas/metric-point.ts'
import type { Row, Store, StoredEvent, StoredLeaf } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'

function storedEvent(event: AuditEvent, place: { partition?: number; offset?: number; offsetIndex?: number } = {}): StoredEvent {
  const canonical = encodeCanonical(event)
  return { bytes: canonical.bytes, partition: 0, offset: 0, offsetIndex: 0, ...place, hashes: writeHashes(canonical), hashesAt: 0 }
}

export const eventId = (n: number): string => n.toString(16).padStart(32, '0')
const events = (from: number, count: number, change: Partial<AuditEvent> = {}): StoredEvent[] =>
  Array.from({ length: count }, (_, i) => storedEvent({ ...exampleAuditEvent, event_id: eventId(from + i), ...change }, { offset: from + i }))

const exampleAlert: Alert = {
  alert_id: 'b'.repeat(32), version: 1, tenant: 'default', status: 'open', severity: 'critical', group_key: 'lineage:x', title: 'a command',
  detectors: ['unexpected-command'], actor: 'claude-desktop', actor_kind: 'client', principal: '', client: 'claude-desktop', server: 'files',
  tool: 'run_command',
  trace_id: 'd61a', conversation: '', finding_ids: [exampleFinding.finding_id], interaction_ids: [], evidence_ids: [], reasons: ["it's so"],
  first_seen: 1n, last_seen: 2n, sql: "SELECT '1'", created_at: 3n, updated_at: 4n, ...BLANK_LIFE,
}
const exampleDelivery: Delivery = {
  message_id: 'm1', attempt: 1, tenant: 'default', alert_id: exampleAlert.alert_id, alert_version: 1, receiver: 'soc', attempted_at: 5n,
  duration_ns: 6n,
  status: 503, outcome: 'retry', answer: 'busy',
}
const exampleQuarantined: Quarantined = {
  quarantine_id: 'c'.repeat(32), tenant: 'default', source: 'files-mcp', stage: 'archiver', reason: 'refused_row', detector: '', detail: 'x',
  topic: 'events', partition: -1, offset: -1, offset_index: -1,
  payload: 'AA==', quarantined_at: 7n,
}
const UNDECIDED = { state: 'waiting', steps: 0, decided_by: '', decided_why: '', decided_at: 0n }
const examplePoint: MetricPoint = {
  point_id: 'd'.repeat(32), tenant: 'default', metric: 'mcp.server.operation.duration', unit: 's', kind: 'histogram', temporality: 'cumulative',
  source: 'files-mcp', method: 'tools/call',
  tool: 'read_file', server: 'files', started_at: 1n, at: 2n, received_at: 3n, count: 4n, sum: 0.5, value_seconds: 0.125,
  attributes: new Map([['b', '2'], ['a', '1']]),
}

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store
    beforeAll(async () => {
      store = await open()
      await store.migrate()
    })
    afterAll(async () => {
      await store.close()
      await store.close()
    })
    const one = async (sql: string, parameters?: Record<string, unknown>): Promise<Row> => (await store.query(sql, parameters))[0] ?? {}
    const count = async (table: string, where = '1'): Promise<bigint> =>
      (await one(`SELECT count() AS n FROM watchkeeper.${table} WHERE ${where}`))['n'] as bigint

    it('migrates again without a change', async () => {
      const before = await store.query('SELECT * FROM watchkeeper.schema_migrations ORDER BY number')
      expect(before.length).toBeGreaterThan(0)
      await store.migrate()
      expect(await store.query('SELECT * FROM watchkeeper.schema_migrations ORDER BY number')).toEqual(before)
    })

    it('stores the events of one token once, and all of another', async () => {
      await store.insertEvents(events(1, 5), 'contract:a')
      await store.insertEvents(events(1, 5), 'contract:a')
      await store.insertEvents(events(6, 2), 'contract:b')
      await store.insertEvents([], 'contract:none')
      expect(await count('audit_events')).toBe(7n)
    })

    it('tells where stored events of that tenant stand', async () => {
      const canonical = encodeCanonical({ ...exampleAuditEvent, event_id: eventId(1) })
      const place = { partition: 0, offset: 1, offset_index: 0, content_hash: contentHash(canonical), record_hash: recordHash(canonical) }
      expect(await store.places('default', [eventId(1), eventId(999)])).toEqual(new Map([[eventId(1), expect.objectContaining(place)]]))
      expect(await store.places('other', [eventId(1)])).toEqual(new Map())
      expect(await store.places('default', [])).toEqual(new Map())
    })

    it('tells which events came from a part of the bus', async () => {
      expect([...(await store.eventIdsFrom(0, 5))].sort()).toEqual([eventId(5), eventId(6), eventId(7)])
      expect(await store.eventIdsFrom(0, 8)).toEqual([])
      expect(await store.eventIdsFrom(1, 0)).toEqual([])
    })

    it('keeps the rows of blocks apart that are on their way together, whatever their sizes and one damaged among them', async () => {
      const block = (from: number, rows: number, text: string): StoredEvent[] => events(from, rows, { tenant: 'apart', arguments: `${from} ${text}` })
      const long = 'x'.repeat(4_000)
      for (const [round, sizes] of [[3, 40, 7], [60, 1, 25], [2, 2, 300]].entries()) {
        const from = (index: number): number => 200_000 + round * 10_000 + index * 1_000
        const damaged = [...block(1, 2, long), { ...block(1, 1, '')[0] as StoredEvent, bytes: Buffer.from([1, 255]) }]
        await Promise.all([
          ...sizes.map((rows, index) => store.insertEvents(block(from(index), rows, index === 1 ? long : 'short'), `contract:apart:${round}:${index}`)),
          expect(store.insertEvents(damaged, `contract:apart:${round}:damaged`)).rejects.toMatchObject({ code: 'store.event' }),
        ])
      }
      const rows = await store.query(
        "SELECT offset, arguments, length(arguments) AS n, name, toString(attributes) AS attributes FROM watchkeeper.audit_events WHERE tenant = 'apart'")
      expect(rows).toHaveLength(440)
      const wrong = rows.filter(({ offset, arguments: text, n }) => {
        const from = Number(offset) - (Number(offset) % 1_000)
        return !String(text).startsWith(`${from} `) || (n as bigint) !== BigInt(`${from} `.length + (from % 10_000 === 1_000 ? 4_000 : 5))
      })
      expect(wrong).toEqual([])
      expect(new Set(rows.map(({ name, attributes }) => `${name}${attributes}`)).size).toBe(1)
    })

    it('takes a block whose clocks are centuries apart, once', async () => {
      const year = 31_556_952_000_000_000n
      const wild = Array.from({ length: 250 }, (_, i) =>
        storedEvent(
          {
            ...exampleAuditEvent, tenant: 'wild', event_id: eventId(i),
            started_at: i === 0 ? -(2n ** 63n) : i === 1 ? 2n ** 63n - 1n : (BigInt(i) * year) / 2n,
          },
        ))
      await store.insertEvents(wild, 'contract:wild')
      await store.insertEvents(wild, 'contract:wild')
      expect(await count('audit_events', "tenant = 'wild'")).toBe(250n)
    })

    it('refuses a damaged event, and stores nothing of its block', async () => {
      const [good, bad] = events(5000, 2)
      const cut = { ...(bad as StoredEvent), bytes: (bad as StoredEvent).bytes.subarray(0, 200) }
      await expect(store.insertEvents([good as StoredEvent, cut], 'contract:cut')).rejects.toMatchObject({ name: 'Failure', kind: 'rejected' })
      expect((await store.places('default', [eventId(5000)])).size).toBe(0)
    })

    it('stores leaves of several partitions in one insert, each at its own index, and those that come again in other company once', async () => {
      const leaf = (partition: number, n: number): StoredLeaf => ({
        partition, offset: n, offsetIndex: 0, head: { event_id: eventId(n), tenant: 'leaves' }, hashes: Buffer.from(eventId(n).padStart(128, '0'), 'latin1'), hashesAt: 0,
      })
      const [one, other] = [{ first: 7, leaves: [leaf(0, 1), leaf(0, 2)] }, { first: 40, leaves: [leaf(3, 3)] }]
      await store.insertLeaves([one, { first: 9, leaves: [] }, other], 'contract:leaves')
      await store.insertLeaves([other], 'contract:leaves:again')
      const rows = await store.query("SELECT `partition`, toUInt32(leaf_index) AS place, event_id, record_hash FROM watchkeeper.event_leaves WHERE tenant = 'leaves' ORDER BY `partition`, leaf_index")
      expect(rows.map(Object.values)).toEqual([[0, 7, 1], [0, 8, 2], [3, 40, 3]].map(([partition, place, n]) => [partition, place, eventId(n as number), eventId(n as number).padStart(64, '0')]))
    })

    it('shows only the newest version of an interaction, and none that was withdrawn', async () => {
      const moved = {
        ...exampleInteraction, version: 3, tool: 'other', started_at: exampleInteraction.started_at - 40n * 86_400_000_000_000n,
        requested_by: 'scheduled',
      }
      const second = { ...exampleInteraction, interaction_id: 'e'.repeat(32) }
      await store.insertRows('interactions', [exampleInteraction, second], 'i:1')
      await store.insertRows('interactions', [moved, { ...exampleInteraction, version: 2 }], 'i:2')
      await store.insertRows('interactions', [{ ...second, version: 2, merged_into: exampleInteraction.interaction_id }], 'i:3')
      const { merged_into: _, ...shown } = moved
      expect((await store.query('SELECT * FROM watchkeeper.interactions')).map((row) => ({ ...row }))).toEqual([shown])
      expect(await count('interactions')).toBe(1n)
      expect(await count('interactions', "tool = 'run_command'")).toBe(0n)
    })

    it('gives a finding the alert it was grouped into', async () => {
      await store.insertRows('findings', [exampleFinding, { ...exampleFinding, finding_id: 'a'.repeat(32) }], 'f:1')
      expect((await one('SELECT groupUniqArray(alert_id) AS ids FROM watchkeeper.findings'))['ids']).toEqual([''])
      await store.insertRows('alerts', [exampleAlert], 'al:1')
      await store.insertRows('alerts', [{ ...exampleAlert, version: 2, status: 'resolved' }], 'al:2')
      await store.insertRows('findings', [{ ...exampleFinding, version: 2, interaction_id: 'i' }], 'f:2')
      const features = exampleFinding.features.map(({ name, observed, expected, weight }) => [name, observed, expected, weight])
      const finding = async (): Promise<Row> => await one('SELECT * FROM watchkeeper.findings WHERE finding_id = {id:String}', { id: exampleFinding.finding_id })
      expect(await finding()).toMatchObject({ ...exampleFinding, features, version: 2, interaction_id: 'i', alert_id: exampleAlert.alert_id, benign: [] })
      const rules = [1, 2].map((version): Row => ({ ...ruleTextOf(unexpectedCommand), version, benign: [`harmless in ${version}`] }))
      await store.insertRows('rules', rules, 'r:1')
      await store.insertRows('rules', rules, 'r:1')
      expect(await count('rules')).toBe(2n)
      expect(await finding()).toMatchObject({ benign: ['harmless in 1'], runbook: unexpectedCommand.runbook, owasp_mcp_2025: unexpectedCommand.maps.owaspMcp2025 })
      expect(await count('findings')).toBe(2n)
      expect(await count('alerts')).toBe(1n)
      expect(await one('SELECT * FROM watchkeeper.alerts')).toMatchObject({ ...exampleAlert, version: 2, status: 'resolved' })
    })

    it.each(
      [['deliveries', exampleDelivery, {}], ['quarantine', exampleQuarantined, { offset: -1n, ...UNDECIDED }], ['mcp_metrics', examplePoint, {}]] as const,
    )('keeps %s as given, once', async (table, row, as64bits) => {
      await store.insertRows(table, [row], 'x:1')
      await store.insertRows(table, [row, row], 'x:2')
      expect((await store.query(`SELECT * FROM watchkeeper.${table}`)).map((found) => ({ ...found }))).toEqual([{ ...row, ...as64bits }])
    })

    it('refuses rows that do not fit, naming the column and never the value', async () => {
      const refused = (row: Row): Promise<unknown> => store.insertRows('deliveries', [exampleDelivery, row], 'bad').catch((error: unknown) => error)
      expect(await refused({ ...exampleDelivery, status: 70_000 })).toMatchObject({
        kind: 'rejected', message: expect.stringContaining('row 1, column status') as unknown,
      })
      expect(await refused({ ...exampleDelivery, answer: 5 })).toMatchObject({ kind: 'rejected' })
      expect(await refused({ ...exampleDelivery, extra: 'S3CRET' })).toMatchObject({
        kind: 'rejected', message: expect.not.stringContaining('S3CRET') as unknown,
      })
      expect(await refused({ message_id: 'm2' })).toMatchObject({ kind: 'rejected' })
      expect(await count('deliveries')).toBe(1n)
    })

    it('binds what attackers write as data', async () => {
      const nasty = "'; DROP TABLE watchkeeper.audit_events; --\\' \0 {x:String}\n\t`"
      expect(await one('SELECT {x:String} AS x, {y:Array(String)} AS y', { x: nasty, y: [nasty, ''] })).toEqual(Object.assign(Object.create(null), {
        x: nasty, y: [nasty, ''],
      }))
      await expect(store.query('DROP TABLE watchkeeper.audit_events')).rejects.toMatchObject({ name: 'Failure' })
    })
  })
}
