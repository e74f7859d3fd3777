import { expect, it } from 'vitest'
import { isWhole, tamper, type Tampering } from './tampering.ts'

/** All 10,000 of them: `npm run bench -- tamper`. */
const COUNT = 420
const SEED = Number(process.env['WATCHKEEPER_SEED'] ?? Math.floor(Math.random() * 1e9))

it(`finds every alteration, or shows that it lies after the last anchor (WATCHKEEPER_SEED=${SEED})`, { timeout: 120_000 }, async () => {
  expect(await isWhole(SEED)).toMatchObject({ exit_code: 0, faults: [] })
  const all: Tampering[] = []
  for await (const one of tamper(SEED, COUNT)) all.push(one)
  expect(all.filter(({ outcome }) => outcome === 'missed')).toEqual([])
  // Without the key there is no hiding: only who has it, or cuts off the end, can be after the last anchor.
  expect(all.filter(({ kind, outcome }) => outcome === 'after the last anchor' && !/^(stolen key|everything)/.test(kind))).toEqual([])
  expect(new Set(all.map(({ outcome }) => outcome))).toContain('after the last anchor')
})
