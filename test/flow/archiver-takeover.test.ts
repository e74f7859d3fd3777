/** A partition is taken over while its owner still has a batch in hand: whatever the two do in which order, every event is stored once. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { Failure } from '../../schemas/failure.ts'
import { exampleInteraction } from '../../schemas/interaction.ts'
import type { Log, Service, Snapshots, Store, StoredEvent } from '../../schemas/ports.ts'
import { EventRecord, events, interactions } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { Gate } from './archiver-takeover/gate.ts'
import { TornGroup } from './archiver-takeover/torn-group.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (fields, message) => console.error(message, fields) }
const MONTH = 31n * 86_400_000_000_000n
const PER_ENVELOPE = 5

let directory = ''
let store: ClickHouseStore
let group: TornGroup
let running: Service[] = []
let run = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-takeover-'))
  store = openStore({ directory, readers: 4 })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  run++
  group = new TornGroup()
  await store.engine.write('TRUNCATE TABLE watchkeeper.audit_events')
  await store.engine.write('TRUNCATE TABLE watchkeeper.archive_ledger')
  await store.engine.write('TRUNCATE TABLE watchkeeper.event_leaf_versions')
  await store.engine.write('TRUNCATE TABLE watchkeeper.leaf_orders')
  await store.engine.write('TRUNCATE TABLE watchkeeper.interaction_versions')
  return async () => {
    await Promise.all(running.map((each) => each.stop()))
    running = []
  }
})

interface Around {
  readonly store?: Partial<Store>
  readonly snapshots?: (own: Snapshots) => Partial<Snapshots>
  /** Records of a batch; what is less waits until the partition is lost. */
  readonly records?: number
}

async function archiver(member: string, { store: changed = {}, snapshots, records = 10 }: Around = {}): Promise<void> {
  const own = group.snapshots(member)
  const limits = { records, milliseconds: 3_600_000 }
  const real: Pick<Store, 'insertEvents' | 'insertLeaves' | 'insertRows' | 'places' | 'eventIdsFrom' | 'query'> = {
    insertEvents: (rows, token) => store.insertEvents(rows, token), insertRows: (table, rows, token) => store.insertRows(table, rows, token),
    insertLeaves: (runs, token) => store.insertLeaves(runs, token),
    places: (tenant, ids) => store.places(tenant, ids), eventIdsFrom: (partition, offset) => store.eventIdsFrom(partition, offset),
    query: (sql, parameters) => store.query(sql, parameters),
  }
  const service = createArchiver({ events: limits, others: limits }, {
    bus: group.bus(member), store: { ...real, ...changed }, snapshots: { ...own, ...snapshots?.(own) }, log,
  })
  await service.start()
  running.push(service)
}

const id = (n: number): string => `${run}${n.toString(16).padStart(8, '0')}`.padStart(32, '0')

/** Events of two months, so that one insert makes two parts. */
function append(envelopes: number): void {
  const before = appended
  appended += envelopes
  for (let envelope = before; envelope < appended; envelope++) {
    const made = Array.from({ length: PER_ENVELOPE }, (_, i) => envelope * PER_ENVELOPE + i)
      .map((n) => ({ ...exampleAuditEvent, event_id: id(n), started_at: exampleAuditEvent.started_at + BigInt(n % 2) * MONTH }))
    group.append(events, EventRecord.together(made))
  }
}
let appended = 0
beforeEach(() => { appended = 0 })

async function stored(): Promise<Readonly<Record<string, unknown>>> {
  const [rows] = await store.query('SELECT count() AS n, uniqExact(event_id) AS ids FROM watchkeeper.audit_events')
  const [ledger] = await store.query('SELECT toUInt64(sum(stored)) AS told FROM watchkeeper.archive_ledger FINAL')
  // Of each stored event one leaf, under consecutive indexes in the order of the bus.
  const [leaves] = await store.query(`SELECT count() AS leaves, uniqExact(event_id) AS leaf_ids, toUInt64(max(leaf_index) + 1) AS size, arraySort(x -> x.1, groupArray((leaf_index, offset, offset_index)))
    = arraySort(x -> (x.2, x.3), groupArray((leaf_index, offset, offset_index))) AS ordered FROM watchkeeper.event_leaves`)
  const [matching] = await store.query(`SELECT count() AS matching FROM watchkeeper.event_leaves AS l
    INNER JOIN watchkeeper.audit_events AS e ON e.event_id = l.event_id AND e.record_hash = l.record_hash AND e.offset = l.offset AND e.offset_index = l.offset_index AND e.tenant = l.tenant`)
  return { ...rows, ...ledger, ...leaves, ...matching }
}
const rowsAndLeaves = (n: bigint): unknown => ({ n, ids: n, told: n, leaves: n, leaf_ids: n, size: n, ordered: 1, matching: n })
const exactly = (envelopes: number): unknown => rowsAndLeaves(BigInt(envelopes * PER_ENVELOPE))

async function settledAt(next: number): Promise<void> {
  await vi.waitUntil(() => group.committed.get('events') === next, { timeout: 10_000, interval: 5 })
}

describe('every event is stored once', () => {
  it('when an insert arrives after another owner has stored the same and more', async () => {
    const [gate, late] = [new Gate(), new Gate()]
    await archiver('a', { store: { insertEvents: async (rows, token) => {
      await gate.pass()
      await store.insertEvents(rows, token)
      late.open()
    } } })
    append(4)
    await group.give('events', 'a')
    await group.deliver('events', 'a', { to: 2 })
    await gate.reached
    await archiver('b', { records: 1_000 })
    await group.give('events', 'b')
    await group.deliver('events', 'b')
    await settledAt(2)
    await group.tell('events', 'b')
    await settledAt(4)
    gate.open()
    await late.pass()
    await group.tell('events', 'a')
    expect(await stored()).toEqual(exactly(4))
  })

  it('when the insert arrives before the other owner asks what is there, or between', async () => {
    const [first, second] = [new Gate(), new Gate()]
    await archiver('a', { store: { insertEvents: async (rows, token) => {
      await first.pass()
      await store.insertEvents(rows, token)
      await second.pass()
    } } })
    append(4)
    await group.give('events', 'a')
    await group.deliver('events', 'a', { to: 2 })
    await first.reached
    await archiver('b', { records: 1_000, store: { insertEvents: async (rows, token) => {
      first.open()
      await second.reached
      await store.insertEvents(rows, token)
    } } })
    await group.give('events', 'b')
    await group.deliver('events', 'b')
    await settledAt(2)
    second.open()
    await group.tell('events', 'b')
    await group.tell('events', 'a')
    expect(await stored()).toEqual(exactly(4))
  })

  it('when the first owner stood still before it wrote down where its batch ends', async () => {
    const gate = new Gate()
    await archiver('a', { snapshots: (own) => ({ save: async (name, snapshot) => {
      await gate.pass()
      await own.save(name, snapshot)
    } }) })
    append(4)
    await group.give('events', 'a')
    await group.deliver('events', 'a', { to: 2 })
    await gate.reached
    await archiver('b', { records: 15 })
    await group.give('events', 'b')
    await group.deliver('events', 'b', { to: 3 })
    await settledAt(3)
    gate.open()
    await group.tell('events', 'a')
    expect(await stored()).toEqual(exactly(3))
    expect(group.committed.get('events')).toBe(3)
  })

  it('when the first owner hears of its loss with a batch that it has only gathered', async () => {
    await archiver('a', { records: 1_000 })
    append(3)
    await group.give('events', 'a')
    await group.deliver('events', 'a', { to: 2 })
    await archiver('b', { records: 15 })
    await group.give('events', 'b')
    await group.deliver('events', 'b')
    await settledAt(3)
    await group.tell('events', 'a')
    expect(await stored()).toEqual(exactly(3))
  })

  it('when the group has forgotten its offset, and what is stored comes again in other batches', async () => {
    await archiver('a')
    append(6)
    await group.give('events', 'a')
    await group.deliver('events', 'a')
    await group.tell('events', 'a')
    await settledAt(6)
    group.committed.delete('events')
    await archiver('b', { records: 15 })
    append(1)
    await group.give('events', 'b')
    await group.deliver('events', 'b')
    await group.tell('events', 'b')
    await settledAt(7)
    expect(await stored()).toEqual(exactly(7))
  })

  it('when the answer to an insert is lost, and the store has forgotten its token by the next try', async () => {
    await archiver('a', { store: { insertEvents: async (rows) => {
      await store.insertEvents(rows, `${run} ${rows.length} ${randomUUID()}`)
      throw new Failure('unavailable', 'store.connection', 'the answer is lost')
    } } })
    append(2)
    await group.give('events', 'a')
    await group.deliver('events', 'a')
    await settledAt(2)
    expect(await stored()).toEqual(exactly(2))
  })

  it('when an insert ended between its two parts, and another owner makes it whole', async () => {
    const gate = new Gate()
    const isOdd = ({ bytes }: StoredEvent): boolean => Number.parseInt(EventRecord.of(bytes).head!.event_id.slice(-1), 16) % 2 === 1
    await archiver('a', { store: { insertEvents: async (rows, token) => {
      await store.insertEvents(rows.filter(isOdd), token)
      await gate.pass()
      await store.insertEvents(rows, token)
    } } })
    append(3)
    await group.give('events', 'a')
    await group.deliver('events', 'a', { to: 2 })
    await gate.reached
    const sizes: number[] = []
    await archiver('b', { store: { insertEvents: async (rows, token) => {
      sizes.push(rows.length)
      await store.insertEvents(rows, token)
    } } })
    await group.give('events', 'b')
    await group.deliver('events', 'b')
    await group.tell('events', 'b')
    gate.open()
    await group.tell('events', 'a')
    expect(sizes).toEqual([5, 5])
    expect(await stored()).toEqual(exactly(3))
  })

  it('when rows are refused, and the owner is gone in the middle of finding out which', async () => {
    const isBad = ({ offset, offsetIndex }: StoredEvent): boolean => offset === 1 && offsetIndex === 3
    const insert = async (rows: readonly StoredEvent[], token: string): Promise<void> => {
      if (rows.some(isBad)) throw new Failure('rejected', 'store.row', 'a bad row')
      await store.insertEvents(rows, token)
    }
    const gate = new Gate()
    let inserted = 0
    await archiver('a', { store: { insertEvents: async (rows, token) => {
      await insert(rows, token)
      if (++inserted === 1) await gate.pass()
    } } })
    append(2)
    await group.give('events', 'a')
    await group.deliver('events', 'a')
    await gate.reached
    await archiver('b', { store: { insertEvents: insert } })
    await group.give('events', 'b')
    await group.deliver('events', 'b')
    await settledAt(2)
    gate.open()
    await group.tell('events', 'a')
    expect(await stored()).toEqual(rowsAndLeaves(9n))
  })
})

it('a store that says how long to wait is not asked before', async () => {
  const at: number[] = []
  await archiver('a', { store: { insertEvents: async (rows, token) => {
    at.push(performance.now())
    if (at.length === 1) throw new Failure('unavailable', 'store.too_many_parts', 'too many parts', { retryAfterSeconds: 1 })
    await store.insertEvents(rows, token)
  } } })
  append(2)
  await group.give('events', 'a')
  await group.deliver('events', 'a')
  await settledAt(2)
  expect(at[1]! - at[0]!).toBeGreaterThan(990)
})

it('an interaction that both owners insert in batches of their own is there once', async () => {
  const gate = new Gate()
  await archiver('a', { store: { insertRows: async (table, rows, token) => {
    await gate.pass()
    await store.insertRows(table, rows, token)
  } } })
  for (let i = 0; i < 4; i++) {
    group.append(interactions, Array.from({ length: PER_ENVELOPE }, (_, n) => ({ ...exampleInteraction, interaction_id: id(i * PER_ENVELOPE + n) })))
  }
  await group.give('interactions', 'a')
  await group.deliver('interactions', 'a', { to: 2 })
  await gate.reached
  await archiver('b', { records: 15 })
  await group.give('interactions', 'b')
  await group.deliver('interactions', 'b')
  await group.tell('interactions', 'b')
  gate.open()
  await group.tell('interactions', 'a')
  const [row] = await store.query('SELECT count() AS n, uniqExact(interaction_id) AS ids FROM watchkeeper.interactions')
  expect({ ...row }).toEqual({ n: 20n, ids: 20n })
})
