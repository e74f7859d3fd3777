/** A process whose Kafka or ClickHouse is away when it starts: it lives, says for whom it waits, and works when they come. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { startShim } from '../clickhouse-shim/shim.ts'
import { fixedPort } from '../fault/large-form/fixed-port.ts'

const CLI = join(process.cwd(), 'dist/services/cli.js')
const missing = await brokerMissing()
if (missing !== '') console.warn(`partly skipped: ${missing}`)

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Away {
  readonly child: ChildProcess
  readonly api: string
  said(): string
}

interface Plan {
  readonly part: string
  readonly brokers: readonly string[]
  readonly waitSeconds: number
  readonly clickhouse?: string
}

async function start({ part, brokers, waitSeconds, clickhouse }: Plan): Promise<Away> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-start-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, JSON.stringify({
    bus: { kafka: { brokers, partitions: 2, start_wait_seconds: waitSeconds } },
    ...(clickhouse === undefined ? {} : { store: { clickhouse: { url: clickhouse, user: 'default', start_wait_seconds: waitSeconds } } }),
  }))
  const address = `127.0.0.1:${await fixedPort()}`
  const child = spawn(process.execPath, [CLI, part, '--config', file, '--data-dir', join(folder, 'data'), '--api', address], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => { said += chunk })
  ends.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { child, api: `http://${address}`, said: () => said }
}

/** Asks until the answer is as wanted; the body. Throws when the process ends. */
async function answered({ child, api, said }: Away, path: string, wanted: (status: number, body: string) => boolean): Promise<string> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${said()}`)
    const response = await fetch(`${api}${path}`).catch(() => undefined)
    const body = await response?.text().catch(() => '') ?? ''
    if (response !== undefined && wanted(response.status, body)) return body
    await sleep(50)
  }
}

const ended = async ({ child }: Away): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

describe('a start while Kafka is away', () => {
  it('lives, is not ready, says why, and ends in order when asked to', async () => {
    const broker = `127.0.0.1:${await fixedPort()}`
    const worker = await start({ part: 'worker', brokers: [broker], waitSeconds: 600 })
    const body = await answered(worker, '/readyz', (status, text) => status === 503 && text.includes('ECONNREFUSED'))
    expect(JSON.parse(body)).toEqual({
      ready: false, missing: [{ part: 'start', missing: `Kafka: no broker answers at ${broker} (ECONNREFUSED): start it, or correct the address` }],
    })
    expect(await answered(worker, '/healthz', (status) => status === 200)).toContain('true')
    worker.child.kill('SIGTERM')
    expect(await ended(worker)).toBe(0)
    const lines = worker.said().split('\n').filter((line) => line.includes('is away'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(broker)
  })

  it('ends with 1 after the configured wait, and with 2 where no name like that is known', async () => {
    const broker = `127.0.0.1:${await fixedPort()}`
    const away = await start({ part: 'worker', brokers: [broker], waitSeconds: 0.5 })
    expect([await ended(away), away.said()]).toEqual([1, expect.stringContaining(`no broker answers at ${broker} (ECONNREFUSED)`)])
    expect(away.said()).toContain('bus.kafka.start_wait_seconds')
    const unknown = await start({ part: 'worker', brokers: ['no-such-broker.invalid:9092'], waitSeconds: 0.5 })
    const code = await ended(unknown)
    // A machine without any name server cannot tell whether there is such a name.
    expect(code).toBe(unknown.said().includes('EAI_AGAIN') ? 1 : 2)
  })

  it('waits for one that takes connections and says nothing, as a stalled broker does', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    ends.push(() => mute.close())
    const { port } = mute.address() as { port: number }
    const worker = await start({ part: 'worker', brokers: [`127.0.0.1:${port}`], waitSeconds: 600 })
    await answered(worker, '/readyz', (status, text) => status === 503 && text.includes('does not answer like a broker'))
  })
})

describe.skipIf(missing !== '')('a start whose neighbours come later', () => {
  it('is ready when Kafka and ClickHouse are there', async () => {
    const [kafkaPort, clickHousePort] = [await fixedPort(), await fixedPort()]
    const archiver = await start({
      part: 'archiver', brokers: [`127.0.0.1:${kafkaPort}`], waitSeconds: 600, clickhouse: `http://localhost:${clickHousePort}`,
    })
    await answered(archiver, '/readyz', (_status, text) => text.includes('no broker answers'))
    const broker: Broker = await startBroker({ port: kafkaPort })
    ends.push(() => broker.stop())
    await answered(archiver, '/readyz', (_status, text) => text.includes(`ClickHouse at http://localhost:${clickHousePort} cannot be reached`))
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-start-engine-'))
    const engine: Engine = openEngine({ directory: folder, readers: 4 })
    ends.push(() => rmSync(folder, { recursive: true, force: true }), () => engine.close())
    const shim = await startShim({ engine, port: clickHousePort })
    ends.push(() => shim.stop())
    await answered(archiver, '/readyz', (status) => status === 200)
    archiver.child.kill('SIGTERM')
    expect(await ended(archiver)).toBe(0)
  }, 180_000)
})
