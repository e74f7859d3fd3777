/** Whatever happens to the alerter, in whatever order: findings, orders, answers, restarts. What must hold all the same. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AlertEvent } from '../../schemas/alert-event.ts'
import { Alert } from '../../schemas/alert.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { takeFinding } from '../../services/alerter/group.ts'
import { bodyOf } from '../../services/alerter/queue.ts'
import { decodeState, encodeState, STATE_VERSION } from '../../services/alerter/state-codec.ts'
import { idOf, Scene, SECOND, silence } from './alerter-scene.ts'

const small = (most: number) => fc.integer({ min: 0, max: most })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({
    find: small(40), version: fc.integer({ min: 1, max: 3 }), actor: small(3), trace: small(5), severity: fc.constantFrom(...SEVERITY_ORDER),
    detector: fc.constantFrom('unexpected-command', 'unusual-volume', 'new-server', 'composite-risk'), parts: fc.array(small(40), { maxLength: 3 }), tenant: fc.constantFrom('default', 'other'),
  }) },
  { weight: 4, arbitrary: fc.record({ pass: fc.constantFrom(0, 1, 15, 60, 300, 4_000, 90_000) }) },
  { weight: 4, arbitrary: fc.record({ answer: fc.constantFrom(200, 204, 0, 503, 429, 400, 410, 401), nth: small(5), retryAfter: fc.constantFrom(undefined, 5, 1_000) }) },
  { weight: 3, arbitrary: fc.record({
    order: fc.constantFrom('acknowledge', 'start', 'reopen', 'note', 'resolve'), nth: small(8), verdict: fc.constantFrom('true', 'benign', 'duplicate'), stale: fc.boolean(), twice: fc.boolean(),
  }) },
  { weight: 1, arbitrary: fc.record({ silence: small(3), field: fc.constantFrom('actor', 'detector', 'family', 'severity'), value: fc.constantFrom('a1', 'unexpected-command', 'volume', 'high'), seconds: fc.constantFrom(1, 600, 5_000) }) },
  { weight: 1, arbitrary: fc.record({ unsilence: small(3) }) },
  { weight: 1, arbitrary: fc.record({ redeliver: small(3) }) },
  { weight: 1, arbitrary: fc.constant({ restart: true }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A scene that looks at everything that leaves it. */
class Watched extends Scene {
  readonly bodies = new Map<string, string>()
  readonly said = new Map<string, string>()
  readonly versions = new Map<string, number>()

  look(): void {
    for (const pending of [...this.state.pending, ...this.state.dead]) {
      const [key, body] = [`${pending.messageId} ${pending.receiver}`, bodyOf(pending)]
      expect(this.bodies.get(key) ?? body).toBe(body)
      this.bodies.set(key, body)
    }
    for (const event of this.state.events.splice(0)) {
      const words = JSON.stringify(AlertEvent.parse(event), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
      expect(this.said.get(event.event_id) ?? words).toBe(words)
      this.said.set(event.event_id, words)
    }
    for (const alert of [...this.state.closed.values(), ...[...this.state.groups.values()].map((group) => group.alert)]) {
      Alert.parse(alert)
      expect(alert.version).toBeGreaterThanOrEqual(this.versions.get(alert.alert_id) ?? 1)
      this.versions.set(alert.alert_id, alert.version)
    }
    this.state.closed.clear()
    for (const finding of this.state.raised.splice(0)) takeFinding(this.state, finding, this.now, this.rules)
    for (const [key, id] of this.state.byKey) expect(this.state.groups.has(id) || this.state.resolved.has(id), key).toBe(true)
    for (const id of this.state.groups.keys()) expect(this.state.resolved.has(id)).toBe(false)
  }

  /** Whether people were told of it by itself or in a summary; of those with words that were not looked away from. */
  isTold(id: string): boolean {
    return [...this.said.values()].some((words) => words.includes(id) && /"event":"(told|held_back)"/.test(words))
  }
}

async function take(scene: Watched, one: Step): Promise<void> {
  const alerts = [...scene.state.groups.keys(), ...scene.state.resolved.keys()]
  if ('find' in one) {
    const { find, version, actor, trace, severity, detector, parts, tenant } = one
    scene.find(find, { version, actor: actor === 0 ? '' : `a${actor}`, trace_id: trace === 0 ? '' : `t${trace}`, severity, detector, tenant, part_ids: detector === 'composite-risk' ? parts.map(idOf) : [] })
  } else if ('pass' in one) scene.pass(one.pass)
  else if ('answer' in one) {
    const pending = scene.ready[one.nth]
    if (pending !== undefined) scene.answer(pending, one.answer, one.retryAfter)
  } else if ('order' in one) {
    const [alert_id, tenant] = [alerts[one.nth] ?? idOf(0xeee), (scene.state.groups.get(alerts[one.nth] ?? '')?.alert ?? { tenant: 'default' }).tenant]
    const on = { alert_id, tenant, expected_version: one.stale ? 1 : 0, why: 'because' }
    const words = one.order === 'resolve' ? { ...on, order: 'resolve' as const, verdict: one.verdict, duplicate_of: '' } : { ...on, order: one.order }
    const order_id = scene.order(words)
    if (one.twice) scene.order({ ...words, order_id })
  } else if ('silence' in one) {
    scene.order({ order: 'silence', silence: silence({ silence_id: idOf(0xabc0 + one.silence), starts_at: scene.now, ends_at: scene.now + BigInt(one.seconds) * SECOND, matchers: [{ field: one.field, operator: 'is', value: one.value }] }) })
  } else if ('unsilence' in one) scene.order({ order: 'unsilence', silence_id: idOf(0xabc0 + one.unsilence), why: 'over' })
  else if ('redeliver' in one) {
    const dead = scene.state.dead[one.redeliver]
    if (dead !== undefined) scene.order({ order: 'redeliver', message_id: dead.messageId, receiver: dead.receiver, tenant: dead.tenant, why: '' })
  } else scene.state = decodeState({ version: STATE_VERSION, nextOffset: 0, state: await encodeState(scene.state) })
  scene.look()
}

it('keeps its words, and forgets nobody', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 120 }), small(3), async (steps, budget) => {
    const receivers = [{ name: 'hook', messagesPerHour: budget === 0 ? 2 : 60, sendResolved: true, fallback: 'spare' }, { name: 'spare', messagesPerHour: 60, sendResolved: false }]
    const scene = new Watched({ receivers }, ['hook', 'spare', 'other'])
    for (const one of steps) await take(scene, one)
    // From here on everybody is there and takes everything, and all silences end.
    for (let i = 0; i < 200; i++) {
      scene.pass(60)
      for (const pending of scene.ready) scene.answer(pending, 200)
      scene.look()
    }
    const waiting = scene.state.pending.filter(({ receiver }) => scene.state.lines.get(receiver)?.disabled !== true)
    expect(waiting.filter(({ nextAt }) => nextAt <= scene.now).map(({ messageId }) => messageId)).toEqual([])
    for (const { alert, notifyAt } of scene.state.groups.values()) {
      expect(alert.silenced_by).toBe('')
      if (alert.inhibited_by !== '') expect(scene.state.groups.get(alert.inhibited_by)?.alert.detectors).toContain('composite-risk')
      if (alert.inhibited_by !== '' || alert.status !== 'open' || SEVERITY_ORDER.indexOf(alert.severity) < 2 || alert.detectors.includes('receiver-down')) continue
      expect(notifyAt, alert.title).toBe(0n)
      // By itself or in a summary, unless a person opened again what nobody had been told of.
      if (alert.reopened === 0) expect(scene.isTold(alert.alert_id), alert.title).toBe(true)
    }
  }), { numRuns: 150 })
})
