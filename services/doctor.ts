/** `watchkeeper doctor`: what stands in the way of a start, each with what to do. */
import { createServer } from 'node:net'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../schemas/ports.ts'
import { makeFolder } from '../infra/durable-files/make-folder.ts'
import { hostPort } from './config/load.ts'
import type { Config } from './config/schema.ts'
import type { ClickHouseConfig, KafkaConfig } from './config/servers.ts'
import { systemClock } from './wiring/clock.ts'
import { nodeHint } from './wiring/node-hint.ts'
import { privateTargets } from './wiring/private-targets.ts'
import { kafkaOptions } from './wiring/open-bus.ts'
import { serverOptions } from './wiring/open-store.ts'

export interface Check {
  readonly what: string
  readonly ok: boolean
  /** Nothing is wrong, and still there is something to gain. */
  readonly note?: true
  readonly detail: string
}

const LEAST_FREE_BYTES = 2_000_000_000
const EARLIEST = Date.UTC(2026, 0)

/** `owner`: the process that runs on the data directory. */
export async function checkPort(what: string, address: string, owner?: number): Promise<Check> {
  const { host, port: number } = hostPort(address)
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(number, host, () => server.close(() => resolve(undefined)))
  })
  if (error === undefined) return { what, ok: true, detail: `${address} is free` }
  if (error.code === 'EADDRINUSE' && owner !== undefined) return { what, ok: true, detail: `${address} is in use, and the watchkeeper of this data directory runs (process ${owner})` }
  const why = error.code === 'EADDRINUSE'
    ? 'in use (by a running watchkeeper, or another program): stop that, or choose another address'
    : `cannot be listened on: ${error.code}`
  return { what, ok: false, detail: `${address} is ${why}` }
}

async function dataDirectory(directory: string): Promise<Check[]> {
  const probe = join(directory, `.doctor-${process.pid}`)
  try {
    makeFolder(directory)
    await writeFile(probe, 'x', { flush: true })
    await rm(probe)
  } catch (error) {
    return [{
      what: 'permissions', ok: false,
      detail: `${directory} cannot be written: ${(error as NodeJS.ErrnoException).code}. Give another --data-dir, or change its owner.`,
    }]
  }
  const { bavail, bsize } = await statfs(directory)
  const free = bavail * bsize
  return [
    { what: 'permissions', ok: true, detail: `${directory} can be written` },
    {
      what: 'disk', ok: free >= LEAST_FREE_BYTES,
      detail: `${(free / 1e9).toFixed(1)} GB free${free >= LEAST_FREE_BYTES ? '' : '; make room: below 2 GB the log will soon refuse'}`,
    },
  ]
}

async function engine(): Promise<Check> {
  const directory = mkdtempSync(join(tmpdir(), 'watchkeeper-doctor-'))
  try {
    const { openStore } = await import('../infra/clickhouse/store.ts')
    const store = openStore({ directory, readers: 1 })
    const [row] = await store.query('SELECT version() AS version')
    await store.close()
    return { what: 'engine', ok: true, detail: `ClickHouse ${String(row?.['version'])} in this process` }
  } catch (error) {
    return { what: 'engine', ok: false, detail: `the ClickHouse engine does not start: ${error instanceof Error ? error.message : String(error)}` }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function clock(): Check {
  const now = new Date()
  const ok = now.getTime() >= EARLIEST
  return { what: 'clock', ok, detail: `${now.toISOString()}${ok ? '' : ': this is before Watchkeeper was made; set the clock'}` }
}

/** Older ones do the same work; that they need more CPU for it is no fault. */
export function checkNode(version: string): Check {
  const hint = nodeHint(version)
  return hint === undefined ? { what: 'node', ok: true, detail: version } : { what: 'node', ok: true, note: true, detail: `${version}. ${hint}` }
}

const DAY_MS = 86_400_000

/** MMDB files of places: kind, what they tell, and how old they are. */
async function placeFile(path: string, now: number): Promise<Check> {
  const { readMmdb } = await import('../infra/mmdb/mmdb-file.ts')
  return reached('places', async () => {
    const { type, builtAt, facts } = await readMmdb(path)
    const days = Math.floor((now - builtAt.getTime()) / DAY_MS)
    return `${path} is ${JSON.stringify(type.slice(0, 80))} of ${builtAt.toISOString().slice(0, 10)}, ${days} days old, and tells ${facts.join(', ')}`
  })
}

export const checkPlaces = ({ place }: Pick<Config, 'place'>): Promise<readonly Check[]> =>
  Promise.all(place.mmdb.map((path) => placeFile(path, Date.now())))

const quiet = (): void => undefined
const SILENT: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const CONNECT_MS = 5_000

/** What somebody else runs: an answer, or the sentence that a start would end with. */
async function reached(what: string, connect: () => Promise<string>): Promise<Check> {
  try {
    return { what, ok: true, detail: await connect() }
  } catch (error) {
    return { what, ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

const kafka = (config: KafkaConfig): Promise<Check> => reached('Kafka', async () => {
  const [{ openKafkaBus }, { checkClock }] = await Promise.all([import('../infra/kafka/kafka-bus.ts'), import('../infra/kafka/clock-check.ts')])
  // No topics: a look makes none.
  const options = { ...kafkaOptions(config, SILENT), topics: [], connectWithinMs: CONNECT_MS }
  const bus = await openKafkaBus(options)
  await bus.close()
  await checkClock(options, false)
  return `${config.brokers.join(', ')} takes us`
})

const clickHouse = (config: ClickHouseConfig): Promise<Check> => reached('ClickHouse', async () => {
  const { openServerStore } = await import('../infra/clickhouse/server/server-store.ts')
  const store = await openServerStore({ ...serverOptions(config, SILENT), connectWithinMs: CONNECT_MS })
  const [row] = await store.query('SELECT version() AS version').finally(() => store.close())
  return `${config.url} is ClickHouse ${String(row?.['version'])}`
})

/** Whether strangers would be kept out, and the files for that be read: a start refuses where not. */
export const checkDoors = (config: Config): Promise<Check> => reached('doors', async () => {
  const [{ refuseUnsafeDoors }, { usableTokens }, { tlsMaterial }, { EVERYTHING }] = await Promise.all([import('./wiring/servers.ts'), import('./wiring/edge.ts'), import('./wiring/tls.ts'), import('./main.ts')])
  refuseUnsafeDoors(config, EVERYTHING, await usableTokens(config))
  for (const { tls } of [config.otlp, config.sql, config.api]) tlsMaterial(tls)
  return 'open to this machine alone, or to nobody without a token, a certificate or a password'
})

/** Their secrets; nothing is sent. */
export async function checkReceivers({ alerting }: Pick<Config, 'alerting'>): Promise<readonly Check[]> {
  const { openReceivers } = await import('./wiring/receivers.ts')
  return await Promise.all([...alerting.receivers, ...alerting.webhooks.map((webhook) => ({ type: 'webhook', ...webhook }) as const)].map((receiver) => reached('receiver', async () => {
    openReceivers({ ...alerting, receivers: [receiver], webhooks: [] }, { clock: systemClock, log: SILENT }).close()
    return `${receiver.name} has what it needs; try it: watchkeeper alert test --receiver ${receiver.name}`
  })))
}

/** Those that nothing would be sent to. */
const checkTargets = async (config: Pick<Config, 'alerting' | 'audit' | 'response'>): Promise<readonly Check[]> =>
  (await privateTargets(config)).map(({ sentence }) => ({ what: 'target', ok: false, detail: sentence }))

async function ownerOfLog({ bus, data_dir: dataDir }: Config): Promise<number | undefined> {
  const { ownerOf } = await import('../infra/embedded-log/directory-lock.ts')
  return bus.kafka === undefined ? ownerOf(join(dataDir, 'bus')) : undefined
}

export async function checkMachine(config: Config): Promise<readonly Check[]> {
  const { otlp, sql, api, bus, store } = config
  const owner = await ownerOfLog(config)
  return [
    await checkPort('OTLP/HTTP', otlp.http, owner), await checkPort('OTLP/gRPC', otlp.grpc, owner),
    ...(store.clickhouse === undefined ? [await checkPort('SQL', sql.listen, owner)] : []), await checkPort('API', api.listen, owner),
    await checkDoors(config), ...(await checkReceivers(config)), ...(await checkTargets(config)),
    ...(await dataDirectory(config.data_dir)),
    ...(bus.kafka === undefined ? [] : [await kafka(bus.kafka)]),
    ...(await checkPlaces(config)),
    store.clickhouse === undefined ? await engine() : await clickHouse(store.clickhouse), clock(), checkNode(process.versions.node),
  ]
}
