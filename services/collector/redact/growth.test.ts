/** Hostile texts cost in proportion to their length. A square would cost 64 times as much at eight times the length. */
import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { hostileTexts } from '../../../bench/redact-texts.ts'
import { createRedactor } from './redactor.ts'

const SHORT = 8_000
const TIMES = 8
/** Below this many milliseconds a ratio says nothing. */
const NOTHING_MS = 60
const redactor = createRedactor({ of: (tenant, purpose, text) => createHmac('sha256', `${purpose} ${tenant}`).update(text).digest('hex') }, {
  credential: 'token', card: 'token', iban: 'token', ssn: 'token', email: 'token', phone: 'token', tenants: {},
})

/** CPU milliseconds, the least of three. */
function cost(text: string): number {
  const costs = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage()
    redactor.text('t', text)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  })
  return Math.min(...costs)
}

const long = hostileTexts(SHORT * TIMES)
it.each([...hostileTexts(SHORT)])('%s', (name, text) => {
  const short = cost(text)
  expect(cost(long.get(name) ?? '')).toBeLessThan(Math.max(NOTHING_MS, short * TIMES * 4))
})
