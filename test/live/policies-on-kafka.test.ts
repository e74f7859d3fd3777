/** Policies on a real Kafka: every process hears all of them, whoever publishes, also one that comes late; and the topic lets nothing go. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import type { Log } from '../../schemas/ports.ts'
import { Config } from '../../services/config/schema.ts'
import type { PoliciesService } from '../../services/policies/service.ts'
import { kafkaOptions } from '../../services/wiring/open-bus.ts'
import { openPolicies } from '../../services/wiring/policies.ts'

const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)
const nothing = (): void => undefined
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const TOPIC_RESOURCE = 2

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe.skipIf(missing !== '')('policies on Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-policies-'))
  const ends: (() => Promise<void>)[] = []
  let broker: Broker
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('reach every process, and one that comes late knows all that was', { timeout: 120_000 }, async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const config = Config.parse({ data_dir: folder, policy: { files: [join(folder, 'p.yaml')] }, bus: { kafka: { brokers: [broker.bootstrap], prefix, partitions: 3 } } })
    const put = (version: number): void => writeFileSync(join(folder, 'p.yaml'), `policy: p\nversion: ${version}\ntitle: T\nrules:\n  - {id: r, effect: deny, match: {tools: t${version}}}\n`, { mode: 0o600 })
    const kafka = config.bus.kafka
    if (kafka === undefined) throw new Error('no Kafka in the configuration')
    async function start(publishes: boolean): Promise<{ readonly service: PoliciesService; readonly bus: Awaited<ReturnType<typeof openKafkaBus>> }> {
      const bus = await openKafkaBus({ ...kafkaOptions(kafka as NonNullable<typeof kafka>, log), topics: ['policies'] })
      const service = openPolicies(publishes, { config, bus, log })
      await service.start()
      ends.push(async () => {
        await service.stop()
        await bus.close()
      })
      await service.known()
      return { service, bus }
    }
    put(1)
    const [scheduler, one, other] = [await start(true), await start(false), await start(false)]
    await until(() => [one, other].every(({ service }) => service.book.latest('default', 'p')?.version === 1))
    put(2)
    await until(() => [scheduler, one, other].every(({ service }) => service.book.latest('default', 'p')?.version === 2))

    const late = await start(false)
    const at = (scheduler.service.book.latest('default', 'p')?.in_force_from ?? 0n)
    const answers = [scheduler, one, other, late].map(({ service }) => [service.inForce('default', at - 1n), service.inForce('default', at)].map(([policy]) => policy?.version))
    expect(answers).toEqual([[1, 2], [1, 2], [1, 2], [1, 2]])

    const groups = new Set((await late.bus.lag()).map(({ group }) => group))
    expect([...groups]).toEqual([expect.stringMatching(/^policies~[0-9a-f]{8}$/)])
    const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const { resources: [topic] } = await admin.describeConfigs({ resources: [{ type: TOPIC_RESOURCE, name: `${prefix}policies` }], includeSynonyms: false })
    await admin.disconnect()
    expect(Number(topic?.configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue)).toBeGreaterThan(3e12)
  })
})
