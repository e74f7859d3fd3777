/** Leaves beyond the plain case: what older versions stored, what replays store, answers that were lost, events that no table takes. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, HASH_DIGITS } from '../../schemas/canonical.ts'
import { Failure } from '../../schemas/failure.ts'
import type { LeafRun } from '../../schemas/ports.ts'
import type { Replay } from '../../schemas/quarantined.ts'
import { EventRecord } from '../../schemas/topics.ts'
import { putAgain } from '../../services/archiver/again.ts'
import { type Candidate, candidateOf } from '../../services/archiver/gate.ts'
import { LeafLog, type LeafStore } from '../../services/archiver/leaves.ts'

let directory = ''
let store: ClickHouseStore
let partition = 0
const kept = async (): Promise<boolean> => true

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-leaves-'))
  store = openStore({ directory, readers: 2 })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(() => { partition++ })

const bytesOf = (n: number): Buffer => encodeCanonical({ ...exampleAuditEvent, event_id: `${partition}${n.toString(16).padStart(8, '0')}`.padStart(32, '0') }).bytes
function candidate(n: number): Candidate {
  const bytes = bytesOf(n)
  const { head } = EventRecord.of(bytes)
  if (head === undefined) throw new Error('no record')
  return candidateOf(head, bytes, { partition, offset: Math.floor(n / 3), offsetIndex: n % 3 })
}
const candidates = (from: number, to: number): Candidate[] => Array.from({ length: to - from }, (_, i) => candidate(from + i))
const places = async (): Promise<readonly string[]> => (await store.query(
  'SELECT toUInt32(leaf_index) AS i, toUInt32(offset) AS o, offset_index AS x FROM watchkeeper.event_leaves WHERE partition = {partition:UInt32} ORDER BY leaf_index, o, x', { partition },
)).map(({ i, o, x }) => `${String(i)}:${String(o)}.${String(x)}`)

it('events that an older version stored get theirs first, in the order of the bus', async () => {
  await store.insertEvents(candidates(0, 7), randomUUID())
  const log = new LeafLog(partition, store)
  const plan = await log.plan({ first: 3, next: 4 }, kept)
  expect(plan?.base).toBe(7)
  await log.append(plan!, candidates(9, 12), false)
  expect(await places()).toEqual(['0:0.0', '1:0.1', '2:0.2', '3:1.0', '4:1.1', '5:1.2', '6:2.0', '7:3.0', '8:3.1', '9:3.2'])
  const again = new LeafLog(partition, store)
  expect((await again.plan({ first: 4, next: 5 }, kept))?.base).toBe(10)
})

it('nothing is written by who has lost the partition', async () => {
  await store.insertEvents(candidates(0, 3), randomUUID())
  expect(await new LeafLog(partition, store).plan({ first: 5, next: 6 }, async () => false)).toBeUndefined()
  expect(await places()).toEqual([])
})

it('an insert without an answer is made again at the same indexes, whether it was done or not, and whatever the store remembers', async () => {
  for (const done of [true, false]) {
    partition += 100
    let lost = true
    const torn: LeafStore = {
      query: (sql, parameters) => store.query(sql, parameters),
      async insertLeaves(runs: readonly LeafRun[]) {
        if (!lost || done) await store.insertLeaves(runs, randomUUID())
        if (lost) throw new Failure('unavailable', 'store.insert', 'no answer')
      },
    }
    const log = new LeafLog(partition, torn)
    const plan = await log.plan({ first: 0, next: 2 }, kept)
    await expect(log.append(plan!, candidates(0, 6), false)).rejects.toMatchObject({ kind: 'unavailable' })
    lost = false
    // Here, and in another process that reads what was written down.
    for (const owner of [log, new LeafLog(partition, store, { begun: plan })]) {
      expect(await owner.plan({ first: 0, next: 2 }, kept)).toEqual(plan)
      await owner.append(plan!, candidates(0, 6), true)
    }
    expect(await places()).toEqual(['0:0.0', '1:0.1', '2:0.2', '3:1.0', '4:1.1', '5:1.2'])
    expect((await new LeafLog(partition, store).plan({ first: 2, next: 3 }, kept))?.base).toBe(6)
  }
})

it('a replayed event gets the next index from the owner of its partition, once, however often it is replayed', async () => {
  let now = 0
  const log = new LeafLog(partition, store, { now: () => now })
  const first = await log.plan({ first: 0, next: 1 }, kept)
  await store.insertEvents(candidates(0, 2), randomUUID())
  await log.append(first!, candidates(0, 2), false)
  const put = candidate(2)
  const record = {
    quarantine_id: randomUUID().replaceAll('-', ''), tenant: put.head.tenant, source: put.head.source, stage: 'archiver', detector: '', reason: 'refused_row', topic: 'events', partition,
    offset: put.offset, offset_index: put.offsetIndex, payload: put.bytes.toString('base64'), detail: '', quarantined_at: 1n,
  } as const
  const bus = { publish: async () => undefined, broadcast: async () => undefined }
  for (let times = 0; times < 2; times++) await putAgain({ record, step: 1 } as unknown as Replay, { bus, store })
  expect(await log.waited({ first: 1, next: 2 })).toBe(false)
  now += 11_000
  expect(await log.waited({ first: 1, next: 2 })).toBe(true)
  const second = await log.plan({ first: 1, next: 2 }, kept)
  expect(second?.orders.map(({ record_hash: hash }) => hash)).toEqual([put.hashes.toString('latin1', put.hashesAt + HASH_DIGITS, put.hashesAt + 2 * HASH_DIGITS)])
  await log.append(second!, candidates(3, 5), false)
  now += 11_000
  expect(await log.waited({ first: 2, next: 3 })).toBe(false)
  expect(await places()).toEqual(['0:0.0', '1:0.1', '2:0.2', '3:1.0', '4:1.1'])
})
