/** The alerter of the large form: findings and orders through a real broker, state on its compacted topic, and another process that goes on. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { openKafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { Alert } from '../../schemas/alert.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import type { Bus, Notifier } from '../../schemas/ports.ts'
import { alertEvents, alerts, desk, findings, type Topic } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const log = { debug() {}, info() {}, warn() {}, error() {} }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

const id = (number: number): string => number.toString(16).padStart(32, '0')

describe.skipIf(missing !== '')('the alerter on Kafka', () => {
  let broker: Broker
  let reader: Bus
  const options = () => ({ brokers: [broker.bootstrap], prefix, partitions: 2, clock })
  const prefix = `a${randomUUID().slice(0, 8)}.`
  let away = true
  const attempts: { readonly id: string; readonly body: string; readonly by: string; readonly taken: boolean }[] = []
  const [said, life]: [Alert[], AlertEvent[]] = [[], []]

  const notifier = (by: string, receiver: string): Notifier => ({
    receiver, kind: 'webhook', render: (notice) => JSON.stringify(notice),
    async send(message) {
      const taken = receiver === 'other' || !away
      if (receiver === 'hook') attempts.push({ id: message.id, body: message.body, by, taken })
      return { status: taken ? 200 : 503, text: '', retryAfterSeconds: undefined }
    },
  })

  async function process(by: string): Promise<() => Promise<void>> {
    const [bus, snapshots] = await Promise.all([openKafkaBus(options()), openKafkaSnapshots(options(), ({ name }) => expect.fail(`${name} is damaged`))])
    const alerter = createAlerter({ groupWaitSeconds: 0, groupIntervalSeconds: 1, resolveAfterHours: 24 }, { bus, snapshots, clock, notifiers: [notifier(by, 'hook'), notifier(by, 'other')], log, redact: (_tenant, text) => text })
    await alerter.start()
    return async () => {
      await alerter.stop()
      await snapshots.close()
      await bus.close()
    }
  }

  const listen = <T>(topic: Topic<T>, into: T[]) => reader.subscribe(topic, {
    group: `test-${topic.name}`, gap: async () => undefined, failed: (error) => expect.fail(String(error)), handle: async (envelopes) => void into.push(...envelopes.flatMap(({ records }) => records)),
  })
  const until = (isSo: () => boolean) => expect.poll(isSo, { timeout: 90_000, interval: 100 }).toBe(true)

  beforeAll(async () => {
    broker = await startBroker()
    reader = await openKafkaBus(options())
    await listen(alerts, said)
    await listen(alertEvents, life)
  }, 240_000)
  afterAll(async () => {
    await reader.close()
    await broker.stop()
  }, 60_000)

  it('carries out orders where the tenant\'s alerts are, and another process sends what this one could not', async () => {
    const stopFirst = await process('first')
    const tenants = ['acme', 'globex', 'initech']
    for (const [at, tenant] of tenants.entries()) {
      await reader.publish(findings, [{ key: tenant, record: { ...exampleFinding, finding_id: id(at), tenant, actor: tenant, trace_id: `t${at}`, conversation: '' } }])
    }
    await until(() => new Set(attempts.map(({ id: message }) => message)).size === 3)
    for (const tenant of tenants) {
      const alert = said.find((one) => one.tenant === tenant)!
      const order = { order: 'acknowledge', order_id: id(0xf00 + tenants.indexOf(tenant)), tenant, by: 'ada', at: clock.now(), alert_id: alert.alert_id, expected_version: 0, why: 'on it' } as const
      await reader.publish(desk, [{ key: tenant, record: order }, { key: tenant, record: order }])
    }
    await until(() => life.filter(({ event }) => event === 'acknowledged').length === 3)
    expect(life.filter(({ order_id: order }) => order !== '').map(({ event, by, tenant }) => `${tenant} ${event} ${by}`).toSorted()).toEqual(tenants.map((tenant) => `${tenant} acknowledged ada`))
    await stopFirst()
    away = false
    const stopSecond = await process('second')
    await until(() => new Set(attempts.filter(({ taken }) => taken).map(({ body }) => body)).size >= 6)
    await stopSecond()
    const bodies = new Map<string, Set<string>>()
    for (const one of attempts) bodies.set(one.id, (bodies.get(one.id) ?? new Set()).add(one.body))
    expect([...bodies.values()].every(({ size }) => size === 1)).toBe(true)
    expect(attempts.filter(({ taken }) => taken).map(({ body }) => (JSON.parse(body) as { type: string }).type).toSorted()).toEqual([
      'alert.acknowledged', 'alert.acknowledged', 'alert.acknowledged', 'alert.open', 'alert.open', 'alert.open',
    ])
    expect(attempts.filter(({ taken }) => taken).every(({ by }) => by === 'second')).toBe(true)
  }, 240_000)
})
