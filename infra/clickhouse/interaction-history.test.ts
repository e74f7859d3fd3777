import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { blankInteraction, exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { HistoryRange } from '../../schemas/ports.ts'
import { interactionHistory } from './interaction-history.ts'
import { openStore } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-history-'))
const store = openStore({ directory, readers: 2 })
const MINUTE = 60_000_000_000n
const START = 1_795_225_200_000_000_000n
const COUNT = 120

const call = (n: number, change: Partial<Interaction> = {}): Interaction => {
  // Every third starts together with the one before.
  const at = START + BigInt(n - (n % 3 === 0 && n > 0 ? 1 : 0)) * 7n * MINUTE
  return { ...exampleInteraction, interaction_id: n.toString(16).padStart(32, '0'), started_at: at, ended_at: at, sort_at: at, received_at: at + MINUTE, tenant: n % 5 === 0 ? 'other' : 'acme', ...change }
}
const calls = Array.from({ length: COUNT }, (_, n) => call(n))
const END = START + BigInt(COUNT) * 7n * MINUTE

beforeAll(async () => {
  await store.migrate()
  await store.insertRows('interactions', calls.map((row) => ({ ...row })), 'calls')
  await store.insertRows('interactions', [
    { ...call(3, { version: 2, outcome: 'denied' }) }, { ...call(4, { version: 2, merged_into: 'f' }) }, { ...call(5, { version: 2, server_internal: true }) },
    { ...call(6, { version: 2, arguments: 'x'.repeat(2_000) }) }, { ...call(7, { version: 2, received_at: END + 1n }) },
  ], 'versions')
}, 60_000)
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

async function read(range: Partial<HistoryRange> = {}, options: { pageRows?: number; maxMs?: number; now?: () => number } = {}): Promise<Interaction[]> {
  const history = interactionHistory(store, { pageRows: 37, maxTextBytes: 1_000, maxMs: 60_000, now: () => 0, ...options })
  const all: Interaction[] = []
  for await (const page of history.interactions({ since: START, until: END, maxRows: 10_000, ...range })) {
    expect(page.length).toBeLessThanOrEqual(options.pageRows ?? 37)
    all.push(...page)
  }
  return all
}
const idsOf = (all: readonly Interaction[]): string[] => all.map(({ interaction_id: id }) => id)

it('gives each interaction once, newest version, in order of start, whatever the size of pages', async () => {
  const all = await read()
  const gone = new Set([4, 5, 7].map((n) => call(n).interaction_id))
  expect(idsOf(all).toSorted()).toEqual(idsOf(calls).filter((id) => !gone.has(id)).toSorted())
  for (const [i, { sort_at: at }] of all.entries()) expect(at >= (all[i - 1]?.sort_at ?? 0n)).toBe(true)
  expect(all.find(({ interaction_id: id }) => id === call(3).interaction_id)).toMatchObject({ version: 2, outcome: 'denied' })
  expect(idsOf(await read({}, { pageRows: 9 }))).toEqual(idsOf(all))
  expect(idsOf(await read({}, { pageRows: 4_000 }))).toEqual(idsOf(all))
})

it('gives all that an interaction has, as the bus would', async () => {
  const [first] = await read({ until: START + MINUTE * 2n })
  expect(Object.keys(first ?? {}).toSorted()).toEqual(Object.keys(blankInteraction()).toSorted())
  expect(first).toEqual(call(0))
})

it('leaves out what was received later, what is older, long texts, and of too many rows the oldest hours', async () => {
  const until = START + 60n * 7n * MINUTE
  const some = await read({ since: START + 10n * 7n * MINUTE, until })
  expect(some.every(({ sort_at: at, received_at: received }) => at >= START + 10n * 7n * MINUTE && received < until)).toBe(true)
  expect(some.length).toBeGreaterThan(40)
  expect((await read()).find(({ interaction_id: id }) => id === call(6).interaction_id)?.arguments).toBe('')
  const latest = await read({ maxRows: 50 })
  expect(latest.length).toBeGreaterThan(35)
  expect(latest.length).toBeLessThanOrEqual(50)
  expect(latest.at(-1)?.interaction_id).toBe(call(COUNT - 1).interaction_id)
})

it('ends early when its time is over', async () => {
  let now = 0
  const some = await read({}, { pageRows: 10, maxMs: 3, now: () => now++ })
  expect(some.length).toBeGreaterThan(0)
  expect(some.length).toBeLessThan(100)
})
