/** Records that the simulated company's assistants count: none of their numbers is lost, as coverage judges it. */
import { expect, it } from 'vitest'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { ARRIVAL } from '../../services/collector/normalise/sample-telemetry.ts'
import { decode } from '../../services/collector/otlp/decode.ts'
import { DECODE_LIMITS } from '../../services/collector/otlp/model.ts'
import { missingNumbers, type Numbered } from '../../services/coverage/sequence.ts'
import { attacksNamed, Simulation } from '../../services/simulate/simulate.ts'

it('misses no number of a session', () => {
  const normaliser = createNormaliser({ mcpPaths: [] })
  const company = new Simulation({ seed: 3, days: 2, history: 0, principals: 16, servers: 30, firstDay: 20_514, attacks: attacksNamed('none') })
  const sessions = new Map<string, Numbered[]>()
  for (const one of company.happenings()) {
    if (one.is !== 'request' || one.signal !== 'logs') continue
    const body = decode({ signal: 'logs', encoding: 'protobuf', bytes: one.body }, DECODE_LIMITS)
    if (body.signal !== 'logs') continue
    for (const { conversation, sequence, ended_at: at, emitter } of normaliser.logs(body.data, ARRIVAL).events) {
      if (emitter === 'claude-code') sessions.set(conversation, [...(sessions.get(conversation) ?? []), { at, number: sequence, receivedAt: 0n }])
    }
  }
  expect(sessions.size).toBeGreaterThan(3)
  expect([...sessions.values()].reduce((sum, records) => sum + missingNumbers(records, 1n), 0)).toBe(0)
})
