import { describe, expect, it } from 'vitest'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import type { Envelope } from '../../schemas/ports.ts'
import { type AlerterPorts, rulesOf } from './contracts.ts'
import { Desk } from './desk.ts'

const SECOND = 1_000_000_000n
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const rules = rulesOf({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24 })

/** A desk without receivers, its clock, and the offsets that it saved. */
async function play() {
  const clock = { at: 1_795_225_800n * SECOND }
  const saved: number[] = []
  let said = 0
  const ports = {
    snapshots: { load: async () => undefined, save: async (_: string, { nextOffset }: { readonly nextOffset: number }) => void saved.push(nextOffset) },
    bus: { publish: async () => void said++ }, clock: { now: () => clock.at }, notifiers: [], log: quiet, redact: (_: string, text: string) => text,
  } as unknown as AlerterPorts
  const desk = await Desk.open(0, ports, rules, { changed() {}, telemetry: { attempted() {} } })
  let offset = 0
  return {
    desk, clock, saved, said: () => said,
    async find(more: Partial<Finding> = {}): Promise<void> {
      const record = { ...exampleFinding, finding_id: offset.toString(16).padStart(32, '0'), severity: 'high' as const, ...more }
      await desk.take([{ partition: 0, offset: offset++, records: [record] } satisfies Envelope<Finding>])
    },
  }
}

/** So many findings of one alert: then it says new versions only every few seconds. */
const MANY = 60

describe('Desk', () => {
  it('saves what changed after a silence, and what is to be said, at once', async () => {
    const { desk, find, said } = await play()
    await find()
    expect([desk.saved, said()]).toEqual([1, 2])
    await find({ trace_id: 'another', conversation: 'another', actor: 'another' })
    expect([desk.saved, said()]).toEqual([2, 4])
  })

  it('saves changes that nobody hears of once a second', async () => {
    const { desk, clock, find, saved } = await play()
    for (let i = 0; i < MANY; i++) await find()
    clock.at += 10n * SECOND
    await desk.tick()
    const before = saved.length
    for (let i = 0; i < 20; i++) {
      clock.at += SECOND / 20n
      await find()
    }
    expect(saved.length - before).toBeLessThanOrEqual(3)
    clock.at += 1n
    await find()
    expect(desk.saved).toBeLessThan(MANY + 21)
    const due = desk.nextDue() ?? 0n
    expect(due - clock.at).toBeLessThanOrEqual(SECOND)
    clock.at = due
    await desk.tick()
    expect(desk.saved).toBe(MANY + 21)
  })
})
