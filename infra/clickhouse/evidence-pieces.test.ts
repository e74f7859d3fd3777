import { expect, it } from 'vitest'
import { type Ask, piecesOf } from './evidence-pieces.ts'

const DAY = "tenant = 'acme' AND toDate32(started_at) = toDate32(20000)"
const answers = (...given: (readonly (readonly unknown[])[])[]): Ask => async () => given.shift() ?? []

it('takes a day that is small as one', async () => {
  expect(await piecesOf({ tenant: 'acme', day: 20_000, rows: 10 }, 10, answers())).toEqual([{ id: DAY, rows: 10 }])
})

it('divides a day by actors and a large actor by time, each piece open where the next begins', async () => {
  const ask = answers([["o'hara", 4], ['p', 5], ['q', 30], ['r', 1]], [['-2', 8], ['100', 9], ['101', 3], ['103', 10]])
  expect(await piecesOf({ tenant: 'acme', day: 20_000, rows: 40 }, 12, ask)).toEqual([
    { id: `${DAY} AND actor < 'q'`, rows: 9 },
    { id: `${DAY} AND actor >= 'q' AND actor < 'r' AND started_at < fromUnixTimestamp64Nano(toInt64(100000000000), 'UTC')`, rows: 8 },
    { id: `${DAY} AND actor >= 'q' AND actor < 'r' AND started_at >= fromUnixTimestamp64Nano(toInt64(100000000000), 'UTC') AND started_at < fromUnixTimestamp64Nano(toInt64(103000000000), 'UTC')`, rows: 12 },
    { id: `${DAY} AND actor >= 'q' AND actor < 'r' AND started_at >= fromUnixTimestamp64Nano(toInt64(103000000000), 'UTC')`, rows: 10 },
    { id: `${DAY} AND actor >= 'r'`, rows: 1 },
  ])
})
