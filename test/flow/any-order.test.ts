/** Whatever an emitter sends: its observations in any order, some twice, at once or minutes apart, give the same interactions, up to their ids. */
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { ARRIVAL, everyEvent } from '../../services/collector/normalise/sample-telemetry.ts'
import { assemble } from './assembling.ts'
import { runs } from './true-runs.ts'

const SECOND = 1_000_000_000n
/** Apart from the name and place of a call, which its first observation gives it. */
const meaning = (interactions: readonly Interaction[]): unknown[] =>
  interactions.map(({ interaction_id, version, sort_at, received_at, ...rest }) => ({ ...rest, argument_sources: [...rest.argument_sources].sort() }))
    .sort((left, right) => (left.event_ids[0] ?? '').localeCompare(right.event_ids[0] ?? ''))

const FOLDERS = [...readdirSync(new URL('../fixtures/otlp/', import.meta.url)).sort(), ...runs.map((run) => `../runs/${run}`)]
const RECORDED = FOLDERS.map((folder) => ({ folder, events: everyEvent(folder, ['/mcp']) })).filter(({ events }) => events.length > 0)

/** Each after the one before, by seconds that are drawn. */
function delayed(events: readonly AuditEventFields[], delays: readonly number[]): AuditEventFields[] {
  let at = ARRIVAL.receivedAt
  return events.map((event, i) => ({ ...event, received_at: (at += BigInt(delays[i % delays.length] ?? 0) * SECOND) }))
}

describe.each(RECORDED)('$folder', ({ events }) => {
  const expected = meaning(assemble(events))

  it('loses no call and has none twice', () => {
    const told = assemble(events).flatMap(({ event_ids: ids }) => ids)
    expect(new Set(told).size).toBe(told.length)
    const calls = events.filter(({ method }) => method !== '').map(({ event_id: id }) => id)
    expect(calls.filter((id) => !told.includes(id))).toEqual([])
  })

  it('is the same in any order, twice, and minutes apart', () => {
    const again = fc.subarray([...events])
    // All within the quarter of an hour for which a trace is held.
    const longest = Math.min(60, Math.floor(880 / (2 * events.length)))
    const delays = fc.array(fc.nat(longest), { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(again.chain((some) => fc.shuffledSubarray([...events, ...some], { minLength: events.length + some.length })), delays, (order, seconds) => {
      expect(meaning(assemble(delayed(order, seconds)))).toEqual(expected)
    }), { numRuns: 4 })
  })
})
