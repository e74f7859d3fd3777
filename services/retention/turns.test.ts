import { expect, it } from 'vitest'
import type { Row } from '../../schemas/ports.ts'
import { RemovalTurns } from './turns.ts'

/** A table that drops the second insert of a token, as the engine does. */
function table() {
  const rows: Row[] = []
  const tokens = new Set<string>()
  return {
    rows,
    async insertRows(_table: string, given: readonly Row[], token: string) {
      if (!tokens.has(token)) rows.push(...given)
      tokens.add(token)
    },
    async query(_sql: string, parameters: Readonly<Record<string, unknown>> = {}) {
      return parameters['turn'] === undefined ? rows.slice(-1) : rows.filter(({ turn }) => turn === parameters['turn'])
    },
  }
}
const clock = { now: () => 1n }
const options = { alone: false, renewMs: 60_000, silentMs: 120_000, pollMs: 1, elapsed: () => 0 }

it('lets one process work at a time', async () => {
  const store = table()
  let [now, most] = [0, 0]
  const work = async (): Promise<void> => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 5))
    now--
  }
  await Promise.all(Array.from({ length: 4 }, () => new RemovalTurns(store, clock, options)).map((turns) => turns.during('default', work)))
  expect([now, most]).toEqual([0, 1])
  expect(store.rows.at(-1)?.['holder']).toBe('')
})

it('takes over from one that is silent for too long, which then is told', async () => {
  const store = table()
  let elapsed = 0
  const dead = new RemovalTurns(store, clock, { ...options, elapsed: () => elapsed })
  const next = new RemovalTurns(store, clock, { ...options, elapsed: () => (elapsed += 50_000) })
  await dead.during('default', async (check) => {
    check()
    await next.during('default', async () => undefined)
    expect(check).toThrow('Another process')
  })
})

it('does not wait for a dead holder where nobody else can have the tables', async () => {
  const store = table()
  await store.insertRows('', [{ turn: 1n, holder: 'dead' }], 'one')
  expect(await new RemovalTurns(store, clock, { ...options, alone: true }).during('default', async () => 7)).toBe(7)
})
