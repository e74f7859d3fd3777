/** The large form on this machine: a broker, a ClickHouse (the shim over the engine, in a process of its own), and our services, each a process. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HEAP_FLAGS } from '../../../bench/server-process.ts'
import { type Broker, startBroker } from '../../../infra/kafka/broker/start-broker.ts'
import type { Part } from '../../../services/wiring/parts.ts'
import { built } from './built.ts'
import { fixedPort } from './fixed-port.ts'
import { Supervised } from './supervised.ts'

export interface LargeFormOptions {
  readonly folder: string
  /** How many processes of each part; none where absent. */
  readonly processes: Readonly<Partial<Record<Part, number>>>
  /** Over the configuration that all processes share. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Of all our processes. */
  readonly env?: Readonly<Record<string, string>>
  /** MiB of the container that each of a part's processes is to be as in: of so much Node makes half its heap's limit. */
  readonly memoryMib?: (part: Part) => number
}

export interface LargeForm {
  readonly broker: Broker
  readonly clickhouse: Supervised
  readonly services: readonly Supervised[]
  readonly prefix: string
  /** Base addresses of the collectors' OTLP/HTTP. */
  readonly otlp: readonly string[]
  service(name: string): Supervised
  /** Rows as arrays of text. */
  ask(sql: string): Promise<string[][]>
  /** Its `/metrics`. */
  metrics(name: string): Promise<string>
  stop(): Promise<void>
}

/** A broker or a store that is killed again and again on a busy machine is away for longer than a service waits by itself. */
const START_WAIT_SECONDS = 600
/** Few enough to start soon, more than one process of a part can hold. */
export const PARTITIONS = 4

const isOk = async (url: string): Promise<boolean> => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok

async function startClickHouse(folder: string): Promise<{ readonly clickhouse: Supervised; readonly url: string }> {
  const port = await fixedPort()
  const url = `http://localhost:${port}`
  const args = [built('test/fault/large-form/clickhouse-process.ts'), join(folder, 'clickhouse'), String(port)]
  const clickhouse = new Supervised({ name: 'clickhouse', args, env: { UV_THREADPOOL_SIZE: '16' }, folder, ready: () => isOk(`${url}/?query=SELECT%201`) })
  await clickhouse.start()
  return { clickhouse, url }
}

interface Place {
  readonly folder: string
  readonly config: string
  readonly env: Readonly<Record<string, string>>
  readonly memoryMib: LargeFormOptions['memoryMib']
}

interface Started {
  readonly service: Supervised
  readonly otlp: string | undefined
  readonly api: string
}

async function serviceOf(part: Part, number: number, { folder, config, env: more, memoryMib }: Place): Promise<Started> {
  const [http, grpc, api] = [`127.0.0.1:${await fixedPort()}`, `127.0.0.1:${await fixedPort()}`, `127.0.0.1:${await fixedPort()}`]
  const name = `${part}-${number}`
  const env = {
    UV_THREADPOOL_SIZE: '16', WATCHKEEPER_OTLP_HTTP: http, WATCHKEEPER_OTLP_GRPC: grpc, WATCHKEEPER_API: api, WATCHKEEPER_KAFKA_INSTANCE: name, ...more,
  }
  const heap = memoryMib === undefined ? [] : [`--max-old-space-size=${Math.floor(memoryMib(part) / 2)}`]
  const args = [...HEAP_FLAGS, ...heap, built('services/cli.ts'), part, '--config', config]
  const service = new Supervised({ name, args, env, folder, ready: () => isOk(`http://${api}/readyz`) })
  return { service, otlp: part === 'collector' ? `http://${http}` : undefined, api: `http://${api}` }
}

function configFile(folder: string, config: Readonly<Record<string, unknown>>): string {
  const file = join(folder, 'watchkeeper.yaml')
  writeFileSync(file, JSON.stringify(config))
  return file
}

/** Everything ready. Whoever starts it stops it. */
export async function startLargeForm({ folder, processes, config = {}, env = {}, memoryMib }: LargeFormOptions): Promise<LargeForm> {
  mkdirSync(folder, { recursive: true })
  const prefix = `fault-${randomBytes(4).toString('hex')}.`
  const broker = await startBroker({ port: await fixedPort() })
  const { clickhouse, url } = await startClickHouse(folder)
  const file = configFile(folder, {
    data_dir: join(folder, 'data'), log: { level: 'warn' }, assembler: { quiet_seconds: 2 }, alerting: { group_wait_seconds: 1 },
    bus: { kafka: { brokers: [broker.bootstrap], prefix, partitions: PARTITIONS, start_wait_seconds: START_WAIT_SECONDS } },
    store: { clickhouse: { url, user: 'default', start_wait_seconds: START_WAIT_SECONDS } }, ...config,
  })
  const started: Started[] = []
  for (const [part, count] of Object.entries(processes) as [Part, number][]) {
    for (let number = 1; number <= count; number++) started.push(await serviceOf(part, number, { folder, config: file, env, memoryMib }))
  }
  const services = started.map(({ service }) => service)
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()))
    await clickhouse.stop()
    await broker.stop()
  }
  try {
    // The first one makes topics and tables, for all.
    await services[0]?.start()
    await Promise.all(services.map((service) => service.start()))
  } catch (error) {
    await stop()
    throw error
  }
  const named = <T>(found: T | undefined, name: string): T => {
    if (found === undefined) throw new RangeError(`there is no ${name}`)
    return found
  }
  return {
    broker, clickhouse, services, prefix, stop,
    otlp: started.flatMap(({ otlp }) => otlp ?? []),
    service: (name) => named(services.find((service) => service.name === name), name),
    ask: (sql) => rowsOf(url, sql),
    metrics: async (name) => await (await fetch(`${named(started.find(({ service }) => service.name === name), name).api}/metrics`)).text(),
  }
}

async function rowsOf(url: string, sql: string): Promise<string[][]> {
  const response = await fetch(url, { method: 'POST', body: sql })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
  return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'))
}
