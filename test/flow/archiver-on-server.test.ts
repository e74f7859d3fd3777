/** The archiver against a server whose answers get lost: every event once, bad rows alone in quarantine, larger batches under back-pressure. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import { openServerStore, type ServerStore } from '../../infra/clickhouse/server/server-store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import type { Log, Service, Snapshots } from '../../schemas/ports.ts'
import { EventRecord, events, findings } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { type Shim, startShim } from '../clickhouse-shim/shim.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (fields, message) => console.error(message, fields) }
const INSERT = /^INSERT INTO watchkeeper\.audit_events/
const MONTH = 31n * 86_400_000_000_000n

let directory = ''
let engine: Engine
let shim: Shim
let store: ServerStore
let bus: EmbeddedLog
let snapshots: Snapshots
let archiver: Service
let run = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-archive-server-'))
  engine = openEngine({ directory: join(directory, 'tables'), readers: 6 })
  shim = await startShim({ engine })
  store = await openServerStore({ url: shim.url, user: 'default', clock })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await shim.stop()
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  run++
  bus = await openEmbeddedLog({ directory: join(directory, `log${run}`), partitions: 2, clock })
  snapshots = await openFileSnapshots(join(directory, `state${run}`), () => undefined)
  await engine.write('TRUNCATE TABLE watchkeeper.audit_events')
  await startArchiver()
})
afterEach(async () => {
  shim.faults.clear()
  await archiver.stop()
  await bus.close()
})

async function startArchiver(records = 500): Promise<void> {
  archiver = createArchiver({ events: { records, milliseconds: 5 }, others: { records, milliseconds: 5 } }, { bus, store, snapshots, log })
  await archiver.start()
}

const id = (n: number): string => `${run}${n.toString(16).padStart(8, '0')}`.padStart(32, '0')
const eventOf = (n: number, change: Partial<AuditEvent> = {}): AuditEvent =>
  ({ ...exampleAuditEvent, event_id: id(n), started_at: exampleAuditEvent.started_at + BigInt(n % 2) * MONTH, ...change })
function publish(from: number, count: number, change?: (n: number) => Partial<AuditEvent>): Promise<void> {
  const made = Array.from({ length: count }, (_, i) => eventOf(from + i, change?.(from + i)))
  return bus.publish(events, EventRecord.together(made).map((record, i) => ({ key: id(from + i), record })))
}

async function settled(): Promise<void> {
  for (;;) {
    const lags = (await bus.lag()).filter(({ group }) => group === 'archiver')
    if (lags.length > 0 && lags.every(({ committed, end }) => committed === end)) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
async function stored(): Promise<unknown> {
  const [row] = await store.query('SELECT count() AS n, uniqExact(event_id) AS ids FROM watchkeeper.audit_events')
  return { ...row }
}

it('stores every event once while answers are lost, and the archiver starts again in between', async () => {
  for (const kind of ['after', 'before', 'after', 'reading', 'after'] as const) shim.faults.plan(INSERT, { kind: 'reset', when: kind }, 2)
  shim.faults.plan(INSERT, { kind: 'answer', status: 502, body: '', when: 'after' }, 2)
  shim.faults.plan(/^SELECT event_id/, { kind: 'cut', bytes: 200 }, 3)
  for (let from = 0; from < 1_500; from += 50) await publish(from, 50)
  await archiver.stop()
  await startArchiver()
  // Some come again, as a sender's retry; one with other content, which is a conflict and kept under its own id.
  for (let from = 1_500; from < 2_400; from += 50) await publish(from, 50)
  await publish(700, 100)
  await publish(2_400, 100)
  await publish(10, 1, () => ({ tool: 'another' }))
  await settled()
  expect(shim.faults.done.length).toBeGreaterThanOrEqual(12)
  expect(await stored()).toEqual({ n: 2_501n, ids: 2_501n })
})

it('a row that the server refuses goes to quarantine alone, and its neighbours are stored', async () => {
  await engine.write("ALTER TABLE watchkeeper.audit_events ADD CONSTRAINT no_poison CHECK tool != 'poison'")
  try {
    await publish(0, 400, (n) => (n === 123 || n === 301 ? { tool: 'poison' } : {}))
    await settled()
    expect(await stored()).toEqual({ n: 398n, ids: 398n })
    const refused = await store.query("SELECT topic, offset FROM watchkeeper.quarantine WHERE reason = 'refused_row'")
    expect(refused).toHaveLength(2)
  } finally {
    await engine.write('ALTER TABLE watchkeeper.audit_events DROP CONSTRAINT no_poison')
  }
})

it('what a bus says that was made anew is stored, though its records stand in places that the store has seen', async () => {
  const finding = (n: number): Finding => ({ ...exampleFinding, finding_id: id(n) })
  const said = async (): Promise<number> => (await store.query(`SELECT finding_id FROM watchkeeper.findings WHERE startsWith(finding_id, '${id(0).slice(0, -8)}')`)).length
  const ledger = async (): Promise<unknown> => {
    const [line] = await store.query('SELECT sum(taken) AS taken FROM watchkeeper.archive_ledger FINAL')
    return line?.['taken']
  }
  const before = Number(await ledger())
  for (const [generation, made] of ['first', 'second'].entries()) {
    if (made === 'second') {
      await archiver.stop()
      await bus.close()
      bus = await openEmbeddedLog({ directory: join(directory, `log${run}-${made}`), partitions: 2, clock })
      snapshots = await openFileSnapshots(join(directory, `state${run}-${made}`), () => undefined)
      await startArchiver()
    }
    await publish(generation * 2, 1, () => ({ received_at: exampleAuditEvent.received_at + BigInt(10 + generation) * MONTH }))
    await bus.publish(findings, [{ key: 'default', record: finding(generation) }])
    await settled()
    await expect.poll(said).toBe(generation + 1)
  }
  expect(await stored()).toEqual({ n: 2n, ids: 2n })
  expect(Number(await ledger())).toBe(before + 2)
})

it('batches grow while the server has too many parts', async () => {
  await archiver.stop()
  await startArchiver(10_000)
  shim.seen.length = 0
  shim.faults.plan(INSERT, { kind: 'exception', code: 252, symbol: 'TOO_MANY_PARTS' }, 2)
  let sent = 0
  while (sent < 300 || shim.faults.done.length < 2) {
    await publish(sent, 10)
    sent += 10
  }
  await settled()
  expect(await stored()).toEqual({ n: BigInt(sent), ids: BigInt(sent) })
  // What came while it waited is one batch a partition, or two: not one for each publish.
  const tokens = new Set(shim.seen.filter(({ sql }) => INSERT.test(sql)).map(({ settings }) => settings.get('insert_deduplication_token')))
  expect(tokens.size).toBeLessThanOrEqual(6)
})
