import { describe, expect, it } from 'vitest'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import type { Row } from '../../schemas/ports.ts'
import type { Expiry, Remover, RemovalRow, Subject } from '../../schemas/removal.ts'
import { RemovalDesk, withoutNames } from './desk.ts'
import { daysFor, dueOf } from './due.ts'
import { logKeysJob } from './job.ts'

const DAY = 86_400_000_000_000n
const NOW = BigInt(Date.UTC(2026, 10, 21)) * 1_000_000n
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const asking = { by: 'dpo', source: 'api.token' } as const
const order = { tenant: 'default', subject: 'Ann@Example.org', aliases: [], reason: 'Request of ann@example.org', mentions: false }
const removed = { tables: new Map([['audit_events', 3n]]), events: 3n, digest: 'd'.repeat(64) }

/** Tables in memory, and a remover whose work is what a test says. */
function rig(change: Partial<Remover> = {}) {
  const rows = { legal_holds: new Map<string, Row>(), removals: new Map<string, Row>() }
  const kept = new Map<string, string>()
  const fail = { insert: false }
  const deeds: AdminDeed[] = []
  const forgotten: string[] = []
  const erased: { id: string; subject: Subject }[] = []
  const expired: Expiry[] = []
  const told: unknown[] = []
  const remover: Remover = {
    tenants: async () => ['default', 'other'], count: async () => removed.tables, against: async (subject, holds) => holds.filter(({ value }) => subject.names.includes(value.toLowerCase())),
    erase: async (id, subject) => {
      erased.push({ id, subject })
      return removed
    },
    countExpired: async ({ tenant }) => new Map([['audit_events', tenant === 'default' ? 3n : 0n]]),
    expire: async (_id, expiry) => {
      expired.push(expiry)
      return removed
    },
    ...change,
  }
  const open = (): RemovalDesk => new RemovalDesk({
    remover, turns: { during: (_tenant, work) => work(() => undefined) },
    orders: { keep: async (id, text) => void kept.set(id, text), list: async () => [...kept.keys()], read: async (id) => kept.get(id), destroy: async (id) => void kept.delete(id) }, clock: { now: () => NOW }, log: { ...quiet, error: (fields) => void told.push(fields) }, keyedHash: async () => ({ of: (_tenant, _purpose, text) => `hash of ${text.length}` }),
    audit: {
      async during(deed, work) {
        deeds.push(deed)
        return await work()
      },
    },
    forget: async (_tenant, names) => {
      forgotten.push(...names)
      return 'forgotten'
    },
    store: {
      async insertRows(table, given) {
        if (fail.insert) throw new Error('full')
        for (const row of given) rows[table as keyof typeof rows].set(String(row['hold_id'] ?? row['removal_id']), row)
      },
      async query(sql, parameters = {}) {
        const found = [...rows[sql.includes('legal_holds') ? 'legal_holds' : 'removals'].values()]
        if (sql.includes('removal_id =')) return found.filter((row) => row['removal_id'] === parameters['removalId'])
        if (sql.includes('subject_hash =')) return found.filter((row) => row['subject_hash'] === parameters['subjectHash'] && row['state'] === 'running')
        if (sql.includes('alert_id')) return []
        return found.filter((row) => parameters['released'] !== 0 || row['released_by'] === '')
      },
    },
  }, { metadata_days: 400, tenants: { other: { metadata_days: 200, content_days: 190 } } }, [{ tenant: 'default', name: 'Ann', aliases: ['ann@example.org', 'u-17'] }])
  const desk = open()
  const removals = (): RemovalRow[] => [...rows.removals.values()] as unknown as RemovalRow[]
  return { desk, open, kept, fail, deeds, forgotten, erased, expired, told, removals }
}

const settled = async ({ desk }: ReturnType<typeof rig>): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
  await desk.idle()
  await new Promise((resolve) => setImmediate(resolve))
}

describe('erasure', () => {
  it('is written down before it is done, under all names of the subject, and leaves a tombstone that names nobody', async () => {
    const all = rig()
    const id = await all.desk.erase(order, asking)
    await settled(all)
    expect(all.erased).toEqual([{ id, subject: { tenant: 'default', names: ['ann', 'ann@example.org', 'u-17'], mentions: false } }])
    expect(all.deeds.map(({ action }) => action)).toEqual(['erasure.begin', 'erasure.done'])
    expect(all.deeds[1]?.details).toMatchObject({ events: '3', events_digest: removed.digest, bus: 'forgotten' })
    expect(JSON.stringify([all.deeds, all.removals().map(({ reason }) => reason)]).toLowerCase()).not.toContain('ann')
    expect(all.removals()).toMatchObject([{ removal_id: id, state: 'done', version: 2, events: 3n, finished_at: NOW }])
    expect(all.forgotten).toEqual(expect.arrayContaining(['Ann@Example.org', 'u-17']))
  })

  it('is refused while a hold stands against it, and goes through once that is released', async () => {
    const all = rig()
    const hold = await all.desk.holds.place({ tenant: 'default', kind: 'principal', value: 'U-17', reason: 'case 4' }, 'counsel')
    await expect(all.desk.erase(order, asking)).rejects.toMatchObject({ kind: 'rejected', code: 'removal.held', message: expect.stringContaining(hold.hold_id) as unknown })
    expect([all.erased.length, all.deeds.length, all.removals().length]).toEqual([0, 0, 0])
    expect(await all.desk.holds.release(hold.hold_id, { tenant: 'other', by: 'x', why: 'y' })).toMatchObject({ released_by: 'x' })
    await all.desk.erase(order, asking)
    await settled(all)
    expect(all.erased.length).toBe(1)
  })

  it('goes on under the same id where it was stopped', async () => {
    let fails = true
    const all = rig({ erase: async () => (fails ? Promise.reject(new Error('the disk is full')) : removed) })
    const first = await all.desk.erase(order, asking)
    await settled(all)
    expect(await all.desk.removals('default')).toMatchObject([{ row: { state: 'running' }, progress: { failed: 'the disk is full' } }])
    fails = false
    expect(await all.desk.erase({ ...order, reason: 'again' }, asking)).toBe(first)
    await settled(all)
    expect(all.removals()).toMatchObject([{ removal_id: first, state: 'done' }])
  })

  it('goes on by itself after a kill, with all names that were known, and then keeps no order', async () => {
    const all = rig({ erase: () => new Promise(() => undefined) })
    const id = await all.desk.erase(order, asking)
    await new Promise((resolve) => setImmediate(resolve))
    expect([...all.kept.keys()]).toEqual([id])
    const next = rig()
    for (const [key, text] of all.kept) next.kept.set(key, text)
    await next.desk.resume()
    await settled(next)
    expect(next.erased).toEqual([{ id, subject: { tenant: 'default', names: ['ann', 'ann@example.org', 'u-17'], mentions: false } }])
    expect(next.removals()).toMatchObject([{ removal_id: id, state: 'done', removed_by: 'dpo' }])
    expect(next.kept.size).toBe(0)
    next.kept.set(id, [...all.kept.values()][0] as string)
    await next.open().resume()
    await settled(next)
    expect([next.erased.length, next.kept.size]).toEqual([1, 0])
  })

  it('says in the log that it begins, once a process, and keeps its order where a hold stops what was begun before', async () => {
    const all = rig({ erase: async () => Promise.reject(new Error('away')) })
    const id = await all.desk.erase(order, asking)
    await settled(all)
    // Killed here; a hold is placed, and the next process may not go on.
    const next = all.open()
    await all.desk.holds.place({ tenant: 'default', kind: 'principal', value: 'u-17', reason: 'case 4' }, 'counsel')
    for (const _ of [1, 2]) {
      await next.resume()
      await next.idle()
    }
    expect(all.deeds.map(({ action, object }) => `${action} ${object}`)).toEqual([`erasure.begin removal/${id}`, `erasure.begin removal/${id}`])
    expect(await next.removals('default')).toMatchObject([{ row: { state: 'running' }, progress: { failed: expect.stringContaining('legal hold') as unknown } }])
    expect([...all.kept.keys()]).toEqual([id])
  })

  it('goes on with the others where one order cannot be read, and names that one', async () => {
    const stuck = rig({ erase: () => new Promise(() => undefined) })
    const id = await stuck.desk.erase(order, asking)
    const next = rig()
    next.kept.set('0'.repeat(32), 'damaged')
    for (const [key, text] of stuck.kept) next.kept.set(key, text)
    await next.desk.resume()
    await settled(next)
    expect([next.erased.map((one) => one.id), [...next.kept.keys()]]).toEqual([[id], ['0'.repeat(32)]])
    expect(next.told).toEqual([expect.objectContaining({ removal: '0'.repeat(32) })])
  })

  it('keeps no order of one that could not be written down', async () => {
    const all = rig()
    all.fail.insert = true
    await expect(all.desk.erase(order, asking)).rejects.toThrow('full')
    expect([all.kept.size, all.erased.length]).toEqual([0, 0])
  })

  it('is tried again after a failure, and not after a hold refused it', async () => {
    let fails = true
    const all = rig({ erase: async () => (fails ? Promise.reject(new Error('away')) : removed) })
    await all.desk.erase(order, asking)
    await settled(all)
    fails = false
    await all.desk.resume()
    await settled(all)
    expect([all.removals().map(({ state }) => state), all.deeds.map(({ action }) => action), all.kept.size]).toEqual([['done'], ['erasure.begin', 'erasure.done'], 0])
    let asked = 0
    const held = rig({ against: async () => (asked++ === 0 ? [] : [{ hold_id: 'h', version: 1, tenant: 'default', kind: 'tenant', value: '', reason: 'r', placed_by: 'c', placed_at: 1n, released_by: '', released_why: '', released_at: 0n }]) })
    await held.desk.erase(order, asking)
    await settled(held)
    expect([held.erased.length, held.kept.size]).toEqual([0, 0])
  })

  it('takes no case that is no alert', async () => {
    await expect(rig().desk.holds.place({ tenant: 'default', kind: 'case', value: 'x', reason: 'r' }, 'c')).rejects.toMatchObject({ code: 'hold.case' })
  })

  it('replaces every name of the subject in a reason, longest first', () => {
    expect(withoutNames('Ann (ann@example.org) asked', ['ann', 'ann@example.org'])).toBe('[subject] ([subject]) asked')
    expect(withoutNames('a.b wrote, axb too', ['a.b'])).toBe('[subject] wrote, axb too')
  })
})

describe('retention', () => {
  const policy = { metadata_days: 400, tenants: { other: { metadata_days: 200, content_days: 190 } } }

  it('counts by tenant, then for all, in whole months', () => {
    expect([daysFor(policy, 'default', 'metadata'), daysFor(policy, 'other', 'metadata'), daysFor(policy, 'other', 'findings')]).toEqual([400, 200, undefined])
    const due = dueOf(policy, ['default', 'other'], NOW)
    expect(due.map(({ tenant, class: kind, until }) => [tenant, kind, new Date(Number(until / 1_000_000n)).toISOString().slice(0, 10)])).toEqual([
      ['default', 'metadata', '2025-10-01'], ['other', 'metadata', '2026-05-01'], ['other', 'content', '2026-05-01'],
    ])
    for (const { until, tenant, class: kind } of due) expect(NOW - until).toBeGreaterThanOrEqual(BigInt(daysFor(policy, tenant, kind) ?? 0) * DAY)
  })

  it('removes what is due, each under an id of its own that is the same at every run, and nothing where nothing is', async () => {
    const all = rig()
    const first = await all.desk.expire(asking, new AbortController().signal)
    expect([first.length, all.expired]).toEqual([1, [expect.objectContaining({ tenant: 'default', class: 'metadata' })]])
    expect(all.deeds.map(({ action }) => action)).toEqual(['retention.begin', 'retention.done'])
    expect(await all.desk.expire(asking, new AbortController().signal)).toEqual(first)
    expect(all.removals()).toMatchObject([{ kind: 'retention', state: 'done', version: 4 }])
  })
})

describe('keys of the log', () => {
  it('are not destroyed while a legal hold is in force', async () => {
    let holds = 1
    const destroyed: string[] = []
    const actions: string[] = []
    const job = logKeysJob({
      log: quiet, holds: async () => holds,
      audit: {
        async during(deed, work) {
          actions.push(deed.action)
          return await work()
        },
      },
      sealing: {
        turnDaily: async () => undefined, due: async () => (destroyed.length === 0 ? [{ keys: ['k1'] }] : []), destroy: async ({ keys }) => void destroyed.push(...keys),
        gone: async () => destroyed.splice(1).map((key) => ({ keys: [key] })),
      },
    })
    await job.run(new AbortController().signal)
    expect(destroyed).toEqual([])
    holds = 0
    await job.run(new AbortController().signal)
    await job.run(new AbortController().signal)
    expect([destroyed, actions]).toEqual([['k1'], ['key.destroy']])
    destroyed.push('k2')
    await job.run(new AbortController().signal)
    expect(actions).toEqual(['key.destroy', 'key.gone'])
  })
})
