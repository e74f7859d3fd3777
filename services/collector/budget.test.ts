import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Admitted } from './authenticate.ts'
import { Budgets, overBudgetMessage } from './budget.ts'

const SECOND = 1_000_000_000n

function rig(common: Admitted['budget'] = {}) {
  const clock = { at: 1_000n * SECOND, now: () => clock.at }
  const taken: [string, string, number][] = []
  const refused: [string, string][] = []
  const budgets = new Budgets(common, clock, {
    taken: (...what) => void taken.push(what), refused: (...what) => void refused.push(what),
  })
  return { budgets, clock, taken, refused }
}
const who = (name: string, budget?: Admitted['budget']): Admitted => ({ tenant: 'a', name, budget })

describe('budgets', () => {
  it('limit nobody where there is no number', () => {
    const { budgets, taken } = rig()
    for (let count = 0; count < 1_000; count++) expect(budgets.begin(who('a'))).toBeUndefined()
    budgets.spendBytes(who('a'), 1e12)
    expect([budgets.over(who('a')), taken.length]).toEqual([undefined, 1_001])
  })

  it('let a burst of requests in, then the rate', () => {
    const { budgets, clock, refused } = rig({ requests_per_second: 2, burst_requests: 3 })
    const begin = (name = 'a') => budgets.begin(who(name)) === undefined
    expect([begin(), begin(), begin(), begin()]).toEqual([true, true, true, false])
    clock.at += SECOND / 2n
    expect([begin(), begin(), begin('b')]).toEqual([true, false, true])
    expect(refused).toEqual([['a', 'requests'], ['a', 'requests']])
    clock.at += 1_000n * SECOND
    expect([begin(), begin(), begin(), begin()]).toEqual([true, true, true, false])
  })

  it('take a body larger than the burst, and then nothing until it is paid', () => {
    const { budgets, clock } = rig({ bytes_per_second: 1_024, burst_bytes: 2_048 })
    expect(budgets.begin(who('a'))).toBeUndefined()
    budgets.spendBytes(who('a'), 2_048 + 10_240)
    expect(budgets.over(who('a'))).toEqual({ what: 'bytes', seconds: 3 })
    clock.at += 9n * SECOND
    expect(budgets.begin(who('a'))).toMatchObject({ what: 'bytes', seconds: 1 })
    clock.at += SECOND + 1_000_000n
    expect(budgets.begin(who('a'))).toBeUndefined()
  })

  it('prefer the number of the token, also when it changes', () => {
    const { budgets } = rig({ requests_per_second: 1, burst_requests: 1 })
    const own = { requests_per_second: 1, burst_requests: 5 }
    expect([1, 2, 3, 4, 5, 6].map(() => budgets.begin(who('a', own)) === undefined)).toEqual([true, true, true, true, true, false])
    expect(budgets.begin(who('a', {}))).toBeUndefined()
  })

  it('give nothing for a clock that was set back, and not more than a burst for one set forward', () => {
    const { budgets, clock } = rig({ requests_per_second: 1, burst_requests: 2 })
    budgets.begin(who('a'))
    budgets.begin(who('a'))
    clock.at -= 500n * SECOND
    expect(budgets.begin(who('a'))).toBeDefined()
    clock.at += SECOND
    expect(budgets.begin(who('a'))).toBeUndefined()
    clock.at += 10_000_000_000n * SECOND
    expect([1, 2, 3].map(() => budgets.begin(who('a')) === undefined)).toEqual([true, true, false])
  })

  it('never let in more requests than burst and rate allow, whatever the steps', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 3_000 }), { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (steps, rate, burst) => {
      const { budgets, clock } = rig({ requests_per_second: rate, burst_requests: burst })
      let letIn = 0
      let elapsed = 0
      for (const milliseconds of steps) {
        clock.at += BigInt(milliseconds) * 1_000_000n
        elapsed += milliseconds / 1_000
        if (budgets.begin(who('a')) === undefined) letIn++
        expect(letIn).toBeLessThanOrEqual(burst + rate * elapsed + 1e-6)
      }
    }))
  })

  it('say when to come again, never later than an exporter would wait', () => {
    const { budgets } = rig({ requests_per_second: 0.01, burst_requests: 1 })
    budgets.begin(who('a'))
    const over = budgets.begin(who('a'))
    expect(over).toEqual({ what: 'requests', seconds: 3 })
    expect(overBudgetMessage(over!)).toBe('Too many requests for this token: send this again in 3 seconds, and fewer.')
  })
})
