import { expect, it } from 'vitest'
import type { Row } from '../../schemas/ports.ts'
import { HoldDesk } from './holds.ts'

/** Rows of a table, as the statement asks for them: behind a place, in order, so many at a time. */
const storeOf = (rows: readonly Row[]) => ({
  insertRows: async () => undefined,
  async query(sql: string, parameters: Readonly<Record<string, unknown>> = {}) {
    const limit = Number(/LIMIT (\d+)/.exec(sql)?.[1])
    const place = (row: Row): string => `${String(row['tenant'])}\u0000${String(row['hold_id'])}`
    const after = `${String(parameters['afterTenant'])}\u0000${String(parameters['afterId'])}`
    return rows.filter((row) => place(row) > after).sort((a, b) => (place(a) < place(b) ? -1 : 1)).slice(0, limit)
  },
})

it('lists every hold, however many there are, newest first', async () => {
  const rows = Array.from({ length: 25_001 }, (_, n) => ({ hold_id: (n * 7_919 % 25_001).toString(16).padStart(32, '0'), tenant: n % 2 === 0 ? 'a' : 'b', placed_at: BigInt(n), released_by: '' }))
  const holds = await new HoldDesk({ store: storeOf(rows), clock: { now: () => 0n } }).list(undefined, false)
  expect([holds.length, new Set(holds.map(({ hold_id: id }) => id)).size]).toEqual([25_001, 25_001])
  expect([holds[0]?.placed_at, holds.at(-1)?.placed_at]).toEqual([25_000n, 0n])
})
