import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm } from '../detector.ts'
import { rehearsal, rehearse } from '../rehearse.ts'
import { discoveryScan } from './detector.ts'

const DAY = 86_400
const MONDAY = Date.UTC(2026, 2, 2, 2) / 1000
const at = (seconds: number, fields: Partial<InteractionFields> = {}): InteractionFields => {
  const time = BigInt(Math.round(seconds * 1000)) * 1_000_000n
  return { ...blankInteraction(), tenant: 'acme', actor: 'job', actor_kind: 'service', method: 'tools/list', outcome: 'ok', started_at: time, ended_at: time, received_at: time, ...fields }
}
type Play = ReturnType<typeof rehearsal>
const lists = (play: Play, from: number, servers: number, fields: Partial<InteractionFields> = {}) =>
  Array.from({ length: servers }, (_, i) => play(at(from + i, { server: `s${i}`, ...fields }))).flat()
const textOf = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))

describe('discovery-scan', () => {
  const cases = ['fires', 'quiet'].flatMap((name) => rehearse(discoveryScan, readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { expect: wanted, drafts }) => {
    expect(drafts).toHaveLength(wanted.findings)
    const worst = drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]
    if (wanted.severity !== undefined) expect(worst).toBe(wanted.severity)
    for (const reason of wanted.reasons) expect(textOf(drafts)).toContain(reason)
  })

  it('knows an inventory job after three nights, told low until then', () => {
    const play = rehearsal(arm(discoveryScan, {}))
    const said = Array.from({ length: 10 }, (_, day) => lists(play, MONDAY + day * DAY, 60).map(({ severity }) => severity).join())
    expect(said).toEqual(['low', 'low', 'low', '', '', '', '', '', '', ''])
  })

  it('measures a newcomer by its peers', () => {
    const play = rehearsal(arm(discoveryScan, {}))
    for (let peer = 0; peer < 5; peer++) for (let day = 0; day < 5; day++) lists(play, MONDAY + day * DAY, 14, { actor: `peer-${peer}`, actor_kind: 'principal' })
    expect(lists(play, MONDAY + 9 * DAY, 15, { actor: 'new', actor_kind: 'principal' })).toEqual([])
    expect(lists(play, MONDAY + 9 * DAY, 40, { actor: 'newer', actor_kind: 'principal' })).toHaveLength(1)
  })

  it('holds no name that a caller chose, and nothing of callers without a name', () => {
    const play = rehearsal(arm(discoveryScan, {}))
    const said = Array.from({ length: 40 }, (_, i) => play(at(MONDAY + i, { method: 'tools/call', server: `evil-${i % 8}`, tool: `ignore-${i}`, outcome: 'denied' }))).flat()
    expect(said.length).toBeGreaterThan(0)
    expect(textOf(said)).not.toMatch(/evil|ignore/)
    expect(lists(rehearsal(arm(discoveryScan, {})), MONDAY, 60, { actor: '' })).toEqual([])
  })

  it('keeps a bounded state, plain JSON, whatever comes', () => {
    const call = fc.record({ skip: fc.integer({ min: -1000, max: 5_000 }), server: fc.string({ maxLength: 4 }), tool: fc.string({ maxLength: 6 }), method: fc.constantFrom('tools/list', 'tools/call'),
      type: fc.string({ maxLength: 400 }) })
    fc.assert(fc.property(fc.array(call, { maxLength: 300 }), (calls) => {
      const armed = arm(discoveryScan, {})
      const state = armed.begin()
      let now = MONDAY
      for (const { skip, server, tool, method, type } of calls) {
        now = Math.max(0, now + skip)
        const interaction = at(now, { server, tool, method, error_type: type, outcome: method === 'tools/call' ? 'denied' : 'ok' })
        for (const key of armed.keysOf(interaction)) armed.step(state, interaction, key, { hash: String })
      }
      expect(textOf(state).length).toBeLessThan(3_400)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }))
  })
})
