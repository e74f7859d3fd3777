import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { diceOf } from '../quiet-day.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { slowLeak } from './detector.ts'

const DAY = 86_400
const START = Date.UTC(2026, 0, 5, 9) / 1000
const send = (day: number, bytes: number, fields: Partial<InteractionFields> = {}): Interaction => {
  const time = BigInt(START + Math.round(day * DAY)) * 1_000_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'ana', actor_kind: 'principal', method: 'tools/call', tool: 'upload', server: 'share', effect: 'send',
    arguments: '{"url":"https://partner.com/in"}', arguments_bytes: BigInt(Math.round(bytes)), started_at: time, ended_at: time, received_at: time, ...fields }
}

describe('slow-leak', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(slowLeak, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('sees a rise of a few percent a day, which no hour and no day shows', () => {
    const play = rehearsal(arm(slowLeak, {}))
    const dice = diceOf(3)
    const told = Array.from({ length: 90 }, (_, day) => play(send(day, 40_000 * (0.7 + dice() * 0.6) * (day < 40 ? 1 : 1.06 ** (day - 40)))).length)
    expect(told.slice(0, 45).some((one) => one > 0)).toBe(false)
    expect(told.some((one) => one > 0)).toBe(true)
    expect(told.reduce((sum, one) => sum + one)).toBeLessThan(6)
  })

  it('tells few of many flows that only vary', () => {
    let worse = 0
    let told = 0
    for (let seed = 1; seed <= 100; seed++) {
      const play = rehearsal(arm(slowLeak, {}))
      const dice = diceOf(seed)
      for (const actor of ['ana', 'bo']) for (let day = 0; day < 60; day++) {
        if (day % 7 > 4) continue
        const drafts = play(send(day, 30_000 * Math.exp((dice() + dice() + dice() - 1.5) * 1.6), { actor }))
        told += drafts.length
        worse += drafts.filter(({ severity }) => severity !== 'low').length
      }
    }
    // 200 flows for eight weeks.
    expect(worse).toBeLessThanOrEqual(2)
    expect(told).toBeLessThan(50)
  })

  it('is blind without sizes, and to what reads', () => {
    const armed = arm(slowLeak, {})
    expect(armed.keysOf(send(1, -1))).toEqual([])
    expect(armed.keysOf(send(1, 10, { effect: 'read' }))).toEqual([])
    expect(armed.keysOf(send(1, 10, { actor: '' }))).toEqual([])
    expect(armed.keysOf(send(1, 10, { arguments: '{"channel":"general"}' }))).toEqual(['upload of share\u0000ana'])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const armed = arm(slowLeak, {})
    fc.assert(fc.property(fc.array(fc.record({ skip: fc.double({ min: -5, max: 40, noNaN: true }), bytes: fc.bigInt({ min: -1n, max: 2n ** 60n }) }), { minLength: 1, maxLength: 150 }), (calls) => {
      const state = armed.begin()
      let day = 1
      for (const { skip, bytes } of calls) {
        const interaction = { ...send(day += skip, 1), arguments_bytes: bytes }
        for (const key of armed.keysOf(interaction)) armed.step(state, interaction, key, { hash: (text) => text })
      }
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      expect(JSON.stringify(state).length).toBeLessThan(900)
    }), { numRuns: 40 })
  })
})
