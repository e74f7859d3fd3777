/** A machine whose clock is far off must not write: its times would be everybody's. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { checkClock } from '../../infra/kafka/clock-check.ts'
import { withAdmin } from './kafka-rights.ts'

const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)
const off = (seconds: number) => ({ now: () => BigInt(Date.now() + seconds * 1000) * 1_000_000n })

describe.skipIf(missing !== '')('the clock of this machine', () => {
  let broker: Broker
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => { await broker.stop() }, 60_000)
  const check = (seconds: number, make = true, prefix = 'w.') =>
    checkClock({ brokers: [broker.bootstrap], prefix, partitions: 2, clock: off(seconds) }, make)

  test('near that of the broker is right, on a topic that is made once', async () => {
    await expect(check(-3600, false)).resolves.toBeUndefined()
    await Promise.all([check(0), check(40), check(-40)])
  })

  test('far from it is refused with a sentence', async () => {
    await expect(check(7200)).rejects.toMatchObject({ kind: 'misconfigured', code: 'kafka.clock', message: expect.stringMatching(/is 7\d\d\d s behind this machine's: set the wrong one/) as string })
    await expect(check(-7200, false)).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringMatching(/is 7\d\d\d s ahead of this machine's/) as string })
  })

  test('cannot be compared on a topic that keeps the time of writers', async () => {
    await withAdmin(broker.bootstrap, (admin) => admin.createTopics({
      topics: [{ topic: 'other.clock', numPartitions: 1, configEntries: [{ name: 'message.timestamp.type', value: 'CreateTime' }, { name: 'cleanup.policy', value: 'compact' }] }],
    }))
    await expect(check(0, true, 'other.')).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('set message.timestamp.type=LogAppendTime') as string })
  })

  test.each([7200, -7200])('%i s off ends the start of a collector at once with 2', async (seconds) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-clock-'))
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ bus: { kafka: { brokers: [broker.bootstrap], partitions: 2 } } }))
    const skewed = `const by = ${seconds * 1000}, now = Date.now, origin = performance.timeOrigin
      Date.now = () => now() + by
      Object.defineProperty(performance, 'timeOrigin', { get: () => origin + by })`
    const args = ['--import', `data:text/javascript,${encodeURIComponent(skewed)}`, join(process.cwd(), 'dist/services/cli.js'), 'collector', '--config', join(folder, 'config.yaml'),
      '--data-dir', join(folder, 'data'), '--api', '127.0.0.1:0', '--otlp-http', '127.0.0.1:0', '--otlp-grpc', '127.0.0.1:0']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => { said += chunk })
    const [code] = await once(child, 'exit') as [number]
    rmSync(folder, { recursive: true, force: true })
    expect([code, said]).toEqual([2, expect.stringMatching(/clock of the Kafka broker .* set the wrong one of the two/)])
  }, 60_000)
})
