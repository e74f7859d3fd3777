/** A member of a group is killed at work and started again under the same name: it is not taken for its own double, and nothing is skipped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { compile } from './compile.ts'
import { Senders } from './kafka-senders.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const KILLS = 2
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

/** What one life of the member handled, in order. */
class Life {
  readonly handled: (readonly [partition: number, offset: number])[] = []
  readonly assigned: number[] = []
  readonly child: ChildProcess
  #rest = ''

  constructor(file: string, broker: string) {
    this.child = spawn(process.execPath, [file, broker, 'worker-1'], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.child.stdout!.on('data', (bytes: Buffer) => {
      const lines = (this.#rest + bytes.toString()).split('\n')
      this.#rest = lines.pop()!
      for (const line of lines) {
        const [first, second] = line.split(' ')
        if (first === 'assigned') this.assigned.push(Number(second))
        else this.handled.push([Number(first), Number(second)])
      }
    })
  }

  async until(met: () => boolean): Promise<void> {
    while (!met()) {
      expect(this.child.exitCode).toBe(null)
      await new Promise((resolve) => this.child.stdout!.once('data', resolve))
    }
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve))
    this.child.kill('SIGKILL')
    await ended
  }
}

describe.skipIf(missing !== '')('a member that is killed', () => {
  let broker: Broker
  let member: { file: string; directory: string }
  beforeAll(async () => {
    member = await compile('test/fault/kafka-member.ts')
    broker = await startBroker()
  }, 120_000)
  afterAll(async () => {
    await broker.stop()
    await rm(member.directory, { recursive: true, force: true })
  }, 60_000)

  test('comes back under its name, and begins no later than where it was', async () => {
    const bus = await openKafkaBus({ brokers: [broker.bootstrap], partitions: 4, clock, topics: ['sent'] })
    const senders = new Senders(bus, 4)
    const next = new Map<number, number>()
    for (let life = 0; life <= KILLS; life++) {
      const since = performance.now()
      const alive = new Life(member.file, broker.bootstrap)
      await alive.until(() => new Set(alive.handled.map(([partition]) => partition)).size === 4 && alive.handled.length > 100)
      console.log(`life ${life}: at work after ${Math.round(performance.now() - since)} ms`)
      await alive.kill()
      expect([...alive.assigned].sort()).toEqual([0, 1, 2, 3])
      for (const [partition, offset] of alive.handled) {
        expect(offset).toBeLessThanOrEqual(next.get(partition) ?? 0)
        next.set(partition, Math.max(next.get(partition) ?? 0, offset + 1))
      }
    }
    await senders.stop()
    await bus.close()
  }, 120_000)
})
