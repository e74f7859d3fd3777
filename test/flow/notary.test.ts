/** The notary over the real parts: what is stored is signed, what is signed goes outside, and nothing is ever signed that contradicts what was. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { appendNote } from '../../infra/anchor-file/append-file.ts'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { guardedPost } from '../../infra/webhook/post.ts'
import { reachOf } from '../../infra/webhook/target.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { bodyOf, type CheckpointRow } from '../../schemas/checkpoint.ts'
import type { Finding } from '../../schemas/finding.ts'
import { leafHash, rootOf } from '../../schemas/merkle.ts'
import { openNote, parseCheckpoint, parseVerifierKey, type Verifier, verifierKey } from '../../schemas/note.ts'
import type { Log, Row, Service } from '../../schemas/ports.ts'
import { EventRecord, events, findings } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import type { Anchor, NotaryConfig } from '../../services/notary/contracts.ts'
import { createNotary } from '../../services/notary/service.ts'
import { Witness } from './notary/witness.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const NAME = 'log.example/wk'
const reach = reachOf({ allowPrivate: true, allowNetworks: [] })

let directory = ''
let bus: EmbeddedLog
let store: ClickHouseStore
let archiver: Service
let running: Service[] = []
let keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
let now = 1_795_225_800_000_000_000n
let sent = 0
let told: Finding[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-notary-'))
  keys = generateKeyPairSync('ed25519')
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 2, clock: { now: () => now } })
  store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  const snapshots = await openFileSnapshots(join(directory, 'state'), quiet)
  const limits = { records: 1_000, milliseconds: 5 }
  archiver = createArchiver({ events: limits, others: limits }, { bus, store, snapshots, log })
  await archiver.start()
  told = []
  await bus.subscribe(findings, { group: 'test', gap: async () => undefined, failed: quiet, handle: async (envelopes) => { for (const { records } of envelopes) told.push(...records) } })
  sent = 0
  return async () => {
    for (const service of [...running.splice(0), archiver]) await service.stop()
    await bus.close()
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
})
afterEach(() => vi.useRealTimers())

async function notary(over: Partial<NotaryConfig> = {}, privateKey = keys.privateKey): Promise<Service> {
  const config: NotaryConfig = { name: NAME, acceptKey: undefined, checkpointSeconds: 10, checkpointEvents: 10_000, anchors: [], lookMs: 10, ...over }
  const snapshots = await openFileSnapshots(join(directory, 'state'), quiet)
  const service = createNotary(config, { bus, store, snapshots, clock: { now: () => now }, log, privateKey })
  await service.start()
  running.push(service)
  return service
}
async function stop(service: Service): Promise<void> {
  running = running.filter((one) => one !== service)
  await service.stop()
}

async function send(count: number): Promise<void> {
  const made = Array.from({ length: count }, () => ({ ...exampleAuditEvent, event_id: (++sent).toString(16).padStart(32, '0') }))
  await bus.publish(events, EventRecord.together(made).map((record, i) => ({ key: `k${i % 7}`, record })))
  await vi.waitUntil(async () => Number((await store.query('SELECT count() AS n FROM watchkeeper.event_leaves'))[0]?.['n']) === sent, { timeout: 20_000, interval: 20 })
}

const vkey = (): string => verifierKey(`${NAME}/log`, keys.publicKey)
const rowsOf = async (): Promise<readonly (CheckpointRow & Row)[]> => (await store.query('SELECT * FROM watchkeeper.checkpoints ORDER BY made_at, partition < 0, partition')) as unknown as (CheckpointRow & Row)[]

/** Waits until the checkpoints cover everything that was sent, and gives them. */
async function covered(): Promise<readonly (CheckpointRow & Row)[]> {
  now += 11_000_000_000n
  await vi.waitUntil(async () => {
    const [row] = await store.query('SELECT sum(size) AS n FROM (SELECT max(size) AS size FROM watchkeeper.checkpoints WHERE partition >= 0 GROUP BY partition)')
    return Number(row?.['n']) === sent
  }, { timeout: 20_000, interval: 20 })
  await vi.waitUntil(async () => {
    const rows = await rowsOf()
    return rows.some((row) => row.partition < 0 && Number(row.size) === rows.filter(({ partition }) => partition >= 0).length)
  }, { timeout: 20_000, interval: 20 })
  return await rowsOf()
}

/** Everything in the table is true of the leaves, and signed. */
async function check(rows: readonly CheckpointRow[]): Promise<void> {
  const leaves = new Map<number, Buffer[]>()
  for (const row of await store.query('SELECT partition, leaf_hash FROM watchkeeper.event_leaves ORDER BY partition, leaf_index')) {
    leaves.set(Number(row['partition']), [...(leaves.get(Number(row['partition'])) ?? []), Buffer.from(String(row['leaf_hash']), 'hex')])
  }
  const bodies = rows.filter(({ partition }) => partition >= 0).toSorted((a, b) => Number(a.log_index) - Number(b.log_index))
  expect(bodies.map(({ log_index: index }) => Number(index))).toEqual(bodies.map((_, i) => i))
  const top = bodies.map(({ note }) => leafHash(Buffer.from(bodyOf(note))))
  for (const row of rows) {
    const opened = openNote(row.note, [parseVerifierKey(vkey()) as Verifier])
    const checkpoint = 'body' in opened ? parseCheckpoint(opened.body) : undefined
    const [own, size] = [row.partition < 0 ? top : leaves.get(row.partition) ?? [], Number(row.size)]
    expect(checkpoint).toEqual({ origin: row.log, size, root: rootOf(own, 0, size), madeAt: row.made_at })
    expect(row.root).toBe(checkpoint?.root.toString('hex'))
  }
}

describe('notary', () => {
  it('signs what was stored, partition by partition and all together, over stops, takeovers and lost states', async () => {
    const first = await notary()
    await send(40)
    await check(await covered())
    await send(7)
    const before = await covered()
    await check(before)
    expect(new Set(before.map(({ log: origin }) => origin))).toEqual(new Set([`${NAME}/events/0`, `${NAME}/events/1`, `${NAME}/log`]))
    await stop(first)
    const second = await notary()
    await send(500)
    await check(await covered())
    // Two at once: one works, and the other goes on when it ends.
    const third = await notary()
    await send(30)
    await check(await covered())
    await stop(second)
    await send(30)
    await check(await covered())
    await stop(third)
    // The state is gone: what was signed is read back from the tables.
    await rm(join(directory, 'state'), { recursive: true, force: true })
    await notary()
    await send(3)
    const after = await covered()
    await check(after)
    expect(after.slice(0, before.length).map(({ note }) => note)).toEqual(before.map(({ note }) => note))
  }, 60_000)

  it('goes on from the longest log that was signed, also where the clock was put back since and the state is lost', async () => {
    const first = await notary()
    await send(3)
    await covered()
    now -= 3_600_000_000_000n
    await send(3)
    await covered()
    await stop(first)
    await rm(join(directory, 'state'), { recursive: true, force: true })
    await notary()
    await send(2)
    await check(await covered())
  }, 60_000)

  it('signs earlier where much comes', async () => {
    await notary({ checkpointEvents: 100 })
    await send(400)
    await covered()
    const count = (await rowsOf()).length
    await send(1)
    now += 1_000_000_000n
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await rowsOf()).length).toBe(count)
    now += 3_000_000_000n
    await vi.waitUntil(async () => (await rowsOf()).length > count, { timeout: 10_000, interval: 20 })
  }, 60_000)

  it('signs nothing over leaves that are not those that it signed, and says so', async () => {
    await notary()
    await send(20)
    await covered()
    const count = (await rowsOf()).length
    await store.engine.write('ALTER TABLE watchkeeper.event_leaf_versions DELETE WHERE leaf_index = 3 SETTINGS mutations_sync = 2')
    now += 11_000_000_000n
    await new Promise((resolve) => setTimeout(resolve, 300))
    now += 40_000_000_000n
    await vi.waitUntil(() => told.some(({ detector }) => detector === 'broken-log'), { timeout: 10_000, interval: 20 })
    expect(told[0]).toMatchObject({ severity: 'critical', observed: expect.stringMatching(/leaf|leaves/) })
    expect((await rowsOf()).length).toBe(count)
  }, 60_000)

  it('refuses to go on with another key, but where that is said to be meant', async () => {
    const first = await notary()
    await send(5)
    await covered()
    await stop(first)
    const other = generateKeyPairSync('ed25519')
    await expect(notary({}, other.privateKey)).rejects.toMatchObject({ kind: 'misconfigured', code: 'audit.other_key' })
    await notary({ acceptKey: verifierKey(`${NAME}/log`, other.publicKey) }, other.privateKey)
    await send(5)
    const last = (await covered()).at(-1)
    expect(openNote(last?.note ?? '', [parseVerifierKey(verifierKey(`${NAME}/log`, other.publicKey)) as Verifier])).toHaveProperty('body')
  }, 60_000)
})

describe('anchors', () => {
  const rows = async (): Promise<readonly Row[]> => await store.query('SELECT anchor, kind, ok, size, detail, note FROM watchkeeper.anchors ORDER BY anchored_at')
  const anchored = async (name: string, size: number): Promise<void> => {
    await vi.waitUntil(async () => (await rows()).some((row) => row['anchor'] === name && row['ok'] === true && Number(row['size']) === size), { timeout: 10_000, interval: 20 })
  }
  const topSize = async (): Promise<number> => Number((await store.query('SELECT max(size) AS n FROM watchkeeper.checkpoints WHERE partition < 0'))[0]?.['n'])

  it('a file has every checkpoint that it was given, one behind the other, also behind one that was cut off', async () => {
    const path = join(directory, 'anchors.txt')
    const file: Anchor = { kind: 'file', name: 'disk', everySeconds: 1, put: ({ note }) => appendNote(path, note) }
    await notary({ anchors: [file] })
    await send(3)
    await covered()
    await anchored('disk', await topSize())
    await appendFile(path, 'log.example/wk/log\n99\ncut o')
    await send(3)
    await covered()
    await anchored('disk', await topSize())
    const notes = (await readFile(path, 'utf8')).split(/(?<=\n— .*\n)\n/).filter((text) => text !== '')
    const opened = notes.map((text) => openNote(text.slice(text.lastIndexOf(`${NAME}/log\n`)), [parseVerifierKey(vkey()) as Verifier]))
    expect(opened.map((note) => 'body' in note && parseCheckpoint(note.body)?.size)).toEqual([...new Set(opened.map((note) => 'body' in note && parseCheckpoint(note.body)?.size))])
    expect(opened.length).toBe(2)
  }, 60_000)

  describe('a witness', () => {
    let witness: Witness
    let anchor: Anchor
    beforeEach(async () => {
      witness = new Witness(vkey())
      const url = await witness.start()
      anchor = {
        kind: 'witness', name: 'w1', everySeconds: 1, verifier: parseVerifierKey(witness.key) as Verifier,
        addCheckpoint: (body, signal) => guardedPost({ url: `${url}/add-checkpoint`, headers: { 'content-type': 'text/plain' }, body }, { reach, answerBytes: 16_384 }, signal),
      }
      return () => witness.stop()
    })

    it('cosigns every checkpoint with a proof that the log only grew, also after a lost state and behind one that it saw from elsewhere', async () => {
      const first = await notary({ anchors: [anchor] })
      for (const count of [3, 5, 60]) {
        await send(count)
        await covered()
        await anchored('w1', await topSize())
      }
      expect(witness.asked.map(({ status }) => status)).toEqual(witness.asked.map(() => 200))
      const [last] = (await rows()).slice(-1)
      expect(openNote(String(last?.['note']), [parseVerifierKey(witness.key) as Verifier])).toMatchObject({ signatures: [{ time: expect.any(Number) }] })
      await stop(first)
      await rm(join(directory, 'state'), { recursive: true, force: true })
      await notary({ anchors: [anchor] })
      await send(2)
      await covered()
      await anchored('w1', await topSize())
      // What was sent may have got one checkpoint or two.
      expect(witness.asked.map(({ status }) => status).filter((status, at, all) => status !== 200 || all[at - 1] === 409)).toEqual([409, 200])
    }, 60_000)

    it('that does not answer, or not so, makes an alarm, and gets the next when it is back', async () => {
      await notary({ anchors: [anchor] })
      await send(3)
      await covered()
      await anchored('w1', await topSize())
      for (const out of [{ status: 500, text: 'no' }, { status: 200, text: '— witness.example/w1 AAAAAAAA\n' }, { status: 200, text: '' }]) {
        witness.out = out
        await send(1)
        await covered()
        const before = witness.asked.length
        now += 20_000_000_000n
        await vi.waitUntil(() => witness.asked.length > before, { timeout: 10_000, interval: 10 })
      }
      await vi.waitUntil(async () => {
        now += 20_000_000_000n
        return told.some(({ detector }) => detector === 'anchor-failing')
      }, { timeout: 10_000, interval: 50 })
      expect(told.filter(({ detector }) => detector === 'anchor-failing')[0]).toMatchObject({ severity: 'high', title: expect.stringContaining('w1') })
      witness.out = undefined
      now += 60_000_000_000n
      await anchored('w1', await topSize())
    }, 60_000)

    it('that has seen a longer log says so', async () => {
      await notary({ anchors: [anchor] })
      await send(3)
      await covered()
      await anchored('w1', await topSize())
      witness.seen = { origin: `${NAME}/log`, size: 1_000, root: Buffer.alloc(32) }
      await send(1)
      await covered()
      await vi.waitUntil(async () => (await rows()).some((row) => row['ok'] === false && /size 1000.*cut off or put back/.test(String(row['detail']))), { timeout: 10_000, interval: 20 })
    }, 60_000)
  })
})
