import { describe, expect, it } from 'vitest'
import { type AuditEvent, blankAuditEvent } from '../schemas/audit-event.ts'
import { Interaction } from '../schemas/interaction.ts'
import type { Draft } from './detector.ts'
import { quietDays } from './quiet-day.ts'
import { REGISTRY } from './registry.ts'
import { rehearsal } from './rehearse.ts'

/** Two weeks that end with a month. */
const COMPANY = { people: 220, services: 24, firstDay: Date.UTC(2026, 9, 18) / 86_400_000, days: 14 }
const SEEDS = [1, 2026]

const asEvent = (call: Interaction): AuditEvent => ({
  ...blankAuditEvent(), event_id: call.interaction_id, tenant: call.tenant, started_at: call.started_at, ended_at: call.ended_at,
    received_at: call.received_at, method: call.method,
  tool: call.tool, resource: call.resource, server: call.server, actor: call.actor, actor_kind: call.actor_kind, arguments: call.arguments,
  trace_id: call.trace_id, outcome: call.outcome,
})

describe('quiet days', () => {
  it.each(SEEDS)('leave every detector silent, as observations and as interactions (seed %i)', (seed) => {
    const tools = { hash: (text: string) => text }
    const detectors = Object.values(REGISTRY).map((arm) => arm({})).map((armed) => ({ armed, play: rehearsal(armed) }))
    const said: (Draft & { readonly detector: string })[] = []
    let calls = 0
    for (const interaction of quietDays({ ...COMPANY, seed })) {
      calls++
      for (const { armed, play } of detectors) {
        for (const draft of [...play(interaction), ...armed.observe(asEvent(interaction), tools)]) said.push({ ...draft, detector: armed.rule.id })
      }
    }
    expect(calls).toBeGreaterThan(100_000)
    expect(said.slice(0, 5)).toEqual([])
  })

  it('are the same for the same seed, in order of time, and what the schema says', () => {
    const company = { people: 12, services: 6, firstDay: COMPANY.firstDay, days: 2, seed: 7 }
    const once = [...quietDays(company)]
    expect([...quietDays(company)]).toEqual(once)
    expect(once.every(({ ended_at }, i) => i === 0 || ended_at >= (once[i - 1]?.ended_at ?? 0n))).toBe(true)
    for (const interaction of once.slice(0, 200)) Interaction.parse(interaction)
    expect([...quietDays({ ...company, seed: 8 })]).not.toEqual(once)
  })

  it('know every detector by the id of its rule', () => {
    for (const [id, arm] of Object.entries(REGISTRY)) expect(arm({}).rule.id).toBe(id)
    expect(() => REGISTRY['unusual-volume']?.({ minCalls: -5 })).toThrow()
  })
})
