import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { Row } from '../../schemas/ports.ts'
import { Convoy } from './convoy.ts'
import type { InsertStore } from './traced-store.ts'

interface Inserted {
  readonly table: string
  readonly rows: readonly unknown[]
  readonly token: string
}

const unused = (): never => {
  throw new Error('no part of this test')
}

function recorder(fail: (insert: Inserted) => Error | undefined = () => undefined) {
  const inserted: Inserted[] = []
  const take = async (insert: Inserted): Promise<void> => {
    inserted.push(insert)
    const error = fail(insert)
    if (error !== undefined) throw error
  }
  const store: InsertStore = {
    query: unused, places: unused, eventIdsFrom: unused, insertEvents: unused,
    insertRows: (table, rows, token) => take({ table, rows, token }),
    insertLeaves: (runs, token) => take({ table: 'leaves', rows: runs, token }),
  }
  return { inserted, convoy: new Convoy(store) }
}

const row = (id: string): Row => ({ id })

/** As batches of one rhythm do: all have begun before the first of them inserts. */
const during = <R>(convoy: Convoy, work: () => Promise<R>): Promise<R> => convoy.during(async () => {
  await Promise.resolve()
  return await work()
})

describe('batches of several partitions that are written at the same time', () => {
  it('put their rows into one insert a table', async () => {
    const { convoy, inserted } = recorder()
    await Promise.all(['b', 'a', 'c'].map((id) => during(convoy, () => Promise.all([
      convoy.store.insertRows('ledger', [row(id)], `ledger ${id}`), convoy.store.insertLeaves([{ first: 7, leaves: [{ id } as never] }], `leaves ${id}`),
    ]))))
    expect(inserted).toMatchObject([
      { table: 'ledger', rows: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
      { table: 'leaves', rows: [{ first: 7, leaves: [{ id: 'a' }] }, { leaves: [{ id: 'b' }] }, { leaves: [{ id: 'c' }] }] },
    ])
  })

  it('have one token for the same company, whoever comes first, and another for other company', async () => {
    const { convoy, inserted } = recorder()
    const write = (...ids: string[]): Promise<unknown> => Promise.all(ids.map((id) => during(convoy, () => convoy.store.insertRows('ledger', [row(id)], id))))
    await write('a', 'b')
    await write('b', 'a')
    await write('a', 'c')
    await write('a')
    const [first, again, other, alone] = inserted.map(({ token }) => token)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
    expect(alone).toBe('a')
  })

  it('do not wait for one that has nothing to insert', async () => {
    const { convoy, inserted } = recorder()
    let end: () => void = () => undefined
    const idle = convoy.during(() => new Promise<void>((resolve) => {
      end = resolve
    }))
    const busy = during(convoy, () => convoy.store.insertRows('ledger', [row('a')], 'a'))
    expect(inserted).toEqual([])
    end()
    await Promise.all([idle, busy])
    expect(inserted).toHaveLength(1)
  })

  it('wait a moment and no longer for one that is held up', async () => {
    const { convoy, inserted } = recorder()
    void convoy.during(() => new Promise<void>(() => undefined))
    await during(convoy, () => convoy.store.insertRows('ledger', [row('a')], 'a'))
    expect(inserted).toHaveLength(1)
  })

  it('go apart where a row is refused: it is nobody else\'s fault', async () => {
    const { convoy, inserted } = recorder(({ rows }) => (rows.some((each) => (each as Row)['id'] === 'bad') ? new Failure('rejected', 'store.row', 'no') : undefined))
    const written = await Promise.allSettled(['a', 'bad', 'c'].map((id) => during(convoy, () => convoy.store.insertRows('findings', [row(id)], id))))
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(inserted.slice(1).map(({ token }) => token)).toEqual(['a', 'bad', 'c'])
  })

  it('all hear that the store is away', async () => {
    const { convoy } = recorder(() => new Failure('unavailable', 'store.insert', 'away'))
    const written = await Promise.allSettled(['a', 'b'].map((id) => during(convoy, () => convoy.store.insertRows('findings', [row(id)], id))))
    expect(written).toMatchObject([{ status: 'rejected', reason: { kind: 'unavailable' } }, { status: 'rejected', reason: { kind: 'unavailable' } }])
  })

  it('send what is large alone and at once', async () => {
    const { convoy, inserted } = recorder()
    const large = Array.from({ length: 6_000 }, () => row('a'))
    await Promise.all(['a', 'b'].map((id) => during(convoy, () => convoy.store.insertRows('interactions', large, id))))
    expect(inserted.map(({ token }) => token)).toEqual(['a', 'b'])
  })
})
