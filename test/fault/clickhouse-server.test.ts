/** Inserts and queries over a wire that fails: what was asked is stored once, and what cannot be said is said to be unknown. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import { transportFailure } from '../../infra/clickhouse/server/failures.ts'
import { openServerStore, type ServerStore } from '../../infra/clickhouse/server/server-store.ts'
import { kindOf } from '../../schemas/failure.ts'
import type { Fault } from '../clickhouse-shim/faults.ts'
import { type Shim, startShim } from '../clickhouse-shim/shim.ts'
import { batchOf as largeBatchOf } from './store-batches.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-server-fault-'))
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const INSERT = /^INSERT INTO watchkeeper\.audit_events/
const BATCH_ROWS = 60
let engine: Engine
let shim: Shim
let store: ServerStore
/** Gives up soon: for what never comes. */
let hasty: ServerStore
beforeAll(async () => {
  engine = openEngine({ directory, readers: 6 })
  shim = await startShim({ engine })
  store = await openServerStore({ url: shim.url, user: 'default', clock })
  hasty = await openServerStore({ url: shim.url, user: 'default', clock, requestTimeoutMs: 1_000 })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await hasty.close()
  await shim.stop()
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})

let next = 1
const rowsOf = async (number: number): Promise<unknown> => {
  const [row] = await store.query(
    'SELECT count() AS n, uniqExact(event_id) AS ids FROM watchkeeper.audit_events WHERE offset = {number:Int64}', { number })
  return { ...row }
}
/** Over two month partitions, so that an insert can be half done. */
const batchOf = (number: number): ReturnType<typeof largeBatchOf> => {
  const { events, token } = largeBatchOf(number)
  return { events: events.filter((_, i) => i % 6 < 2).slice(0, BATCH_ROWS), token }
}
const whole = { n: BigInt(BATCH_ROWS), ids: BigInt(BATCH_ROWS) }

/** As the archiver does: the same batch under the same token until it is taken. Returns what was said on the way. */
async function insertUntilTaken(number: number, first: ServerStore = store): Promise<unknown[]> {
  const { events, token } = batchOf(number)
  const said: unknown[] = []
  for (;;) {
    try {
      await (said.length === 0 ? first : store).insertEvents(events, token)
      return said
    } catch (error) {
      if (kindOf(error) !== 'unavailable') throw error
      said.push((error as { code: string }).code)
    }
  }
}

const FAULTS: readonly (readonly [string, Fault, number, readonly string[]])[] = [
  ['a connection reset before the block was read', { kind: 'reset', when: 'reading' }, 1, []],
  ['a connection reset before the insert ran', { kind: 'reset', when: 'before' }, 1, []],
  ['an answer lost after the insert ran', { kind: 'reset', when: 'after' }, 1, []],
  ['four answers lost', { kind: 'reset', when: 'after' }, 4, ['store.connection']],
  ['a proxy that says 502 before the insert ran', { kind: 'answer', status: 502, body: '<html>Bad Gateway', when: 'before' }, 1, ['store.answer']],
  ['a proxy that says 504 after the insert ran', { kind: 'answer', status: 504, body: 'late', when: 'after' }, 2, ['store.answer', 'store.answer']],
  ['a proxy that says 200 in the place of the server', { kind: 'answer', status: 200, body: 'OK', when: 'before' }, 1, ['store.answer']],
  ['too many parts', { kind: 'exception', code: 252, symbol: 'TOO_MANY_PARTS' }, 2, ['store.too_many_parts', 'store.too_many_parts']],
  ['memory limit exceeded', { kind: 'exception', code: 241, symbol: 'MEMORY_LIMIT_EXCEEDED' }, 1, ['store.insert']],
  ['a block that looked damaged once', { kind: 'exception', code: 33, symbol: 'CANNOT_READ_ALL_DATA' }, 1, []],
]

describe('inserts over a wire that fails', () => {
  it.each(FAULTS)('%s: stored once', async (_, fault, times, expected) => {
    const number = next++
    shim.faults.plan(INSERT, fault, times)
    const before = shim.faults.done.length
    expect(await insertUntilTaken(number)).toEqual(expected)
    expect(shim.faults.done.length - before).toBe(times)
    expect(await rowsOf(number)).toEqual(whole)
    await insertUntilTaken(number)
    expect(await rowsOf(number)).toEqual(whole)
  })

  it('no answer at all: stored once', async () => {
    const number = next++
    shim.faults.plan(INSERT, { kind: 'silence' })
    expect(await insertUntilTaken(number, hasty)).toEqual(['store.timeout'])
    expect(await rowsOf(number)).toEqual(whole)
  })

  it('an insert that runs when its repetition has been answered is no second one', async () => {
    const number = next++
    let run = (): void => undefined
    shim.faults.plan(INSERT, { kind: 'silence', until: new Promise((resolve) => { run = resolve }) })
    expect(await insertUntilTaken(number, hasty)).toEqual(['store.timeout'])
    const ran = shim.idle()
    run()
    await ran
    expect(await rowsOf(number)).toEqual(whole)
  })

  it('says when to come back where there are too many parts', async () => {
    shim.faults.plan(INSERT, { kind: 'exception', code: 252, symbol: 'TOO_MANY_PARTS' })
    const { events, token } = batchOf(next++)
    await expect(store.insertEvents(events, token)).rejects.toMatchObject({ kind: 'unavailable', code: 'store.too_many_parts', retryAfterSeconds: 5 })
  })

  it('a refusal that comes twice is believed', async () => {
    shim.faults.plan(INSERT, { kind: 'exception', code: 117, symbol: 'INCORRECT_DATA' }, 2)
    const { events, token } = batchOf(next++)
    await expect(store.insertEvents(events, token)).rejects.toMatchObject({ kind: 'rejected' })
  })

  it('sends one block as one synchronous insert under its token', async () => {
    await insertUntilTaken(next++)
    const sent = shim.seen.filter(({ sql }) => INSERT.test(sql)).at(-1)
    expect(Object.fromEntries(sent?.settings ?? [])).toMatchObject({ insert_deduplication_token: `events:0:${next - 1}`, async_insert: '0' })
  })
})

describe('queries over a wire that fails', () => {
  const rows = async (from = store): Promise<number> => (await from.query('SELECT number FROM numbers(20000)')).length

  it.each([
    ['an answer that is cut', { kind: 'cut', bytes: 1_000 }],
    // Up to the first rows' end: what came is well-formed, and only the length tells.
    ['an answer that is cut between two rows', { kind: 'cut', bytes: 15 + 8 * 100 }],
    ['a connection reset', { kind: 'reset', when: 'before' }],
  ] as const)('%s is asked for again', async (_, fault) => {
    shim.faults.plan(/numbers\(20000\)/, fault)
    expect(await rows()).toBe(20_000)
  })

  it.each([
    ['a byte at a time', { kind: 'drip', everyMs: 50 }, 'store.timeout'],
    ['never', { kind: 'silence' }, 'store.timeout'],
    ['from a proxy', { kind: 'answer', status: 503, body: '', when: 'before' }, 'store.answer'],
    ['with an error', { kind: 'exception', code: 159, symbol: 'TIMEOUT_EXCEEDED' }, 'store.query'],
  ] as const)('an answer that comes %s is unavailable', async (_, fault, code) => {
    shim.faults.plan(/numbers\(20000\)/, fault)
    await expect(rows(hasty)).rejects.toMatchObject({ kind: 'unavailable', code })
  })

  it('asks for more ids than fit into a URL', async () => {
    await insertUntilTaken(next)
    const { events } = batchOf(next++)
    const ids = Array.from({ length: 5_000 }, (_, i) => `${next - 1}x${i}`.padStart(32, '0'))
    const before = shim.seen.length
    expect((await store.places('default', ids)).size).toBe(events.length)
    expect(shim.seen.length - before).toBe(3)
  })

  it('uses a connection again, and none that the server may have let go', async () => {
    const before = shim.connections
    for (let i = 0; i < 20; i++) await rows()
    expect(shim.connections - before).toBeLessThanOrEqual(1)
  })
})

describe('a server that lets go of idle connections early', () => {
  it('is asked on a new one', async () => {
    const impatient = await startShim({ engine, keepAliveMs: 10 })
    const client = await openServerStore({ url: impatient.url, user: 'default', clock })
    for (let i = 0; i < 40; i++) {
      expect(await client.query('SELECT 1 AS one')).toHaveLength(1)
      await new Promise((resolve) => setTimeout(resolve, 5 + (i % 10)))
    }
    expect(impatient.connections).toBeGreaterThan(1)
    await client.close()
    await impatient.stop()
  })
})

describe('a certificate that runs out under a store at work', () => {
  it('is waited for, not given up', () => {
    const failure = transportFailure(Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'https://db')
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'store.tls' })
  })
})

describe('a storm', () => {
  it('of lost answers, cuts, resets and proxies leaves every batch stored once', async () => {
    const kinds: readonly Fault[] = [
      { kind: 'reset', when: 'after' }, { kind: 'reset', when: 'before' }, { kind: 'reset', when: 'reading' },
      { kind: 'answer', status: 502, body: '', when: 'after' }, { kind: 'exception', code: 252, symbol: 'TOO_MANY_PARTS' },
    ]
    const seed = Math.floor(Math.random() * 2 ** 31)
    console.log(`storm seed ${seed}`)
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return Math.floor((state / 0x80000000) * below)
    }
    const numbers = Array.from({ length: 24 }, () => next++)
    for (let i = 0; i < 40; i++) shim.faults.plan(INSERT, kinds[random(kinds.length)] as Fault)
    const lanes = [0, 1, 2, 3].map(async (lane) => {
      for (const number of numbers.filter((n) => n % 4 === lane)) await insertUntilTaken(number)
    })
    await Promise.all(lanes)
    const [row] = await store.query(
      'SELECT count() AS n, uniqExact(event_id) AS ids FROM watchkeeper.audit_events WHERE offset BETWEEN {a:Int64} AND {b:Int64}',
      { a: numbers[0], b: numbers.at(-1) })
    const all = BigInt(24 * BATCH_ROWS)
    expect({ ...row }).toEqual({ n: all, ids: all })
  })
})
